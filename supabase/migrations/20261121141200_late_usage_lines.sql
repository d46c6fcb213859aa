-- Use that was reported after its period was closed has a line of its own on the next invoice.

set local lock_timeout = '5s';

alter table invoice_lines
  drop constraint invoice_lines_kind_check,
  add constraint invoice_lines_kind_check
    check (kind in ('recurring', 'usage', 'late_usage', 'proration', 'tax', 'discount', 'manual'));
