-- Takes away reservations that ran out. An array of keys, since a join with so many as the limit
-- might be planned as a scan of the whole table.
DELETE FROM nexus.reservations WHERE key = ANY (ARRAY(
    SELECT key FROM nexus.reservations WHERE until < now() ORDER BY until LIMIT $1
    FOR UPDATE SKIP LOCKED))
