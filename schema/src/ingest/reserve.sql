-- Takes keys that nobody has, or whose time has passed. Who has one in an open transaction is
-- waited for. In the order of keys, as everybody takes them.
--
-- Their job is 0: what matters is that the message is known, whatever became of its job. To write the
-- job in afterwards would touch every row twice, and find them by a plan that was made when the table
-- was empty and reads all of it.
INSERT INTO nexus.reservations AS r (key, tenant_id, job_id, until, outlives)
SELECT t.key, t.tenant_id, 0, now() + make_interval(secs => $3 / 1000.0), true
FROM unnest($1::text[], $2::bigint[]) AS t(key, tenant_id)
ORDER BY t.key
ON CONFLICT (key) DO UPDATE
    SET tenant_id = EXCLUDED.tenant_id, job_id = 0, until = EXCLUDED.until, outlives = true
    WHERE r.until <= now()
RETURNING r.key
