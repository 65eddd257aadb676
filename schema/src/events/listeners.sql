-- Who listens, to what, and what waits for them.
SELECT l.name, l.since, l.seen_at, l.lost, l.lost_until,
       ARRAY(SELECT type FROM nexus.listened WHERE listener = l.name ORDER BY type) AS types,
       coalesce(w.waiting, 0) AS waiting, w.waiting_since
FROM nexus.listeners AS l
LEFT JOIN LATERAL (
    SELECT sum(cardinality(e.job_ids))::bigint AS waiting, min(e.at) AS waiting_since
    FROM (SELECT job_ids, at FROM nexus.events WHERE listener = l.name ORDER BY id LIMIT 10000) AS e
) AS w ON true
ORDER BY l.name
