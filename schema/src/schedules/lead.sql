-- Leads until the transaction ends, if nobody else does. A leader that falls silent is ended by the
-- server, and so is one that waits for a lock.
--
-- $1 the lock  $2 for how long it may be silent, in ms
SELECT pg_try_advisory_xact_lock($1) AS leads, nexus.schedule_clock() AS clock,
       set_config('idle_in_transaction_session_timeout', $2, true) AS silence,
       set_config('lock_timeout', $2, true) AS waiting
