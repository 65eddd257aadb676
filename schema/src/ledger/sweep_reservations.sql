-- Takes away reservations that ran out.
DELETE FROM nexus.reservations WHERE key IN (
    SELECT key FROM nexus.reservations WHERE until < now() ORDER BY until LIMIT $1
    FOR UPDATE SKIP LOCKED)
