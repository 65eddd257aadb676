-- Leads until the transaction ends, if nobody else does. A leader that falls silent is ended by the
-- server, and so is one that waits for a lock.
--
-- Whoever holds what a tick's job needs (a unique key in a transaction that stays open) holds up no other
-- schedule for long: the wait is short, and that tick is decided later.
--
-- $1 the lock  $2 for how long it may be silent, in ms
SELECT pg_try_advisory_xact_lock($1) AS leads, nexus.schedule_clock() AS clock,
       set_config('idle_in_transaction_session_timeout', $2, true) AS silence,
       set_config('lock_timeout', '500ms', true) AS waiting
