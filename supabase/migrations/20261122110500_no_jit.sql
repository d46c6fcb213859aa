-- Statements here take microseconds, and name the indexes they go by through settings that make other plans look
-- expensive. A Postgres that compiles what looks expensive, as those before 18 then do, spent half a second compiling each
-- recording of usage. For all that the API's role does, whatever the connection came through.
alter role billingos_api set jit = off;
