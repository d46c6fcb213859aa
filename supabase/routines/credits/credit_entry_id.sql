-- The id of a new entry of the ledger.
create or replace function app.credit_entry_id() returns text
language sql volatile set search_path = ''
as $$ select 'cent_' || app.time_sorted_uuid() $$;

revoke execute on function app.credit_entry_id from public;
grant execute on function app.credit_entry_id to billingos_api;
