-- Events that nobody fetched in time. The listeners come first and are skipped where they are locked:
-- who holds one is reading its rows.
--
-- $1 how long they are kept, in ms  $2 rows a listener
WITH RECURSIVE names AS (
    (SELECT listener FROM nexus.events ORDER BY listener LIMIT 1)
    UNION ALL
    SELECT (SELECT e.listener FROM nexus.events AS e WHERE e.listener > n.listener
            ORDER BY e.listener LIMIT 1)
    FROM names AS n WHERE n.listener IS NOT NULL
), held AS MATERIALIZED (
    SELECT name FROM nexus.listeners WHERE name IN (SELECT listener FROM names)
    ORDER BY name FOR NO KEY UPDATE SKIP LOCKED
), late AS MATERIALIZED (
    SELECT n.listener, e.id, e.at
    FROM names AS n CROSS JOIN LATERAL (
        SELECT o.id, o.at FROM nexus.events AS o WHERE o.listener = n.listener
        ORDER BY o.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS e
    WHERE (n.listener IN (SELECT name FROM held) AND e.at < now() - make_interval(secs => $1 / 1000.0))
       OR NOT EXISTS (SELECT FROM nexus.listeners AS l WHERE l.name = n.listener)
), gone AS (
    DELETE FROM nexus.events AS e USING late AS o WHERE e.listener = o.listener AND e.id = o.id
    RETURNING e.listener, e.at, cardinality(e.job_ids) AS events
), summed AS (
    SELECT listener, count(*) AS rows, sum(events)::bigint AS events, max(at) AS until
    FROM gone GROUP BY listener
), told AS (
    UPDATE nexus.listeners AS l SET lost = l.lost + s.events, lost_until = s.until
    FROM summed AS s WHERE l.name = s.listener
)
SELECT listener, rows, events FROM summed
