-- app.record_usage is told each customer's meter once: its arguments and its result are others.

set local lock_timeout = '5s';

drop function if exists app.record_usage(
  text[], text[], bytea[], text[], text[], text[], text[], numeric[], timestamptz[], jsonb[], text[], int, timestamptz);
