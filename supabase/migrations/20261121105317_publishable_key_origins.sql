-- Web pages from which a publishable key may be used.

set local lock_timeout = '5s';

alter table api_keys add column allowed_origins text[] not null default '{}';
alter table api_keys add constraint api_keys_origins_of_publishable
  check (type = 'publishable' or allowed_origins = '{}');
comment on column api_keys.allowed_origins is 'Origins of web pages that may use a publishable key. Empty: any.';
