-- Alerts are also told by mail and to a web address.

set local lock_timeout = '5s';

alter table notification_settings
  add column email_addresses text[] not null default '{}' check (cardinality(email_addresses) <= 10),
  add column webhook_url text,
  add column webhook_secret text,
  add constraint notification_settings_webhook_check check ((webhook_url is null) = (webhook_secret is null));
comment on column notification_settings.webhook_url is 'Sealed, like Slack''s.';
comment on column notification_settings.webhook_secret is 'Sealed. Signs what is posted, by Standard Webhooks.';
