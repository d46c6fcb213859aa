-- API keys that are replaced by another one, and end after a grace.

set local lock_timeout = '5s';

alter table api_keys
  add column expires_at timestamptz,
  add column rotated_to text,
  add constraint api_keys_rotated_to foreign key (environment_id, rotated_to) references api_keys (environment_id, id),
  add constraint api_keys_expire_when_rotated check (expires_at is null or rotated_to is not null);
comment on column api_keys.expires_at is 'End of the grace of a key that was rotated. Null: until it is revoked.';
comment on column api_keys.rotated_to is 'The key that replaces this one. Both are valid until this one expires.';
create index api_keys_rotated_to on api_keys (environment_id, rotated_to) where rotated_to is not null;

-- It says when a key ends, too.
drop function if exists app.authenticate_api_key(bytea);
