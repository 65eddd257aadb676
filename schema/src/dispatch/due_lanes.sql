-- Every lane with an unpushed dispatch row, when its first one is due, and the broker that
-- its queue's row names, if any: a skip scan over dispatch_due, one probe a lane however
-- many rows wait.
WITH RECURSIVE lane AS (
    (SELECT queue, band, due_at FROM nexus.dispatch
     WHERE epoch IS NULL ORDER BY queue, band, due_at LIMIT 1)
    UNION ALL
    SELECT next.queue, next.band, next.due_at FROM lane CROSS JOIN LATERAL (
        SELECT queue, band, due_at FROM nexus.dispatch
        WHERE epoch IS NULL AND (queue, band) > (lane.queue, lane.band)
        ORDER BY queue, band, due_at LIMIT 1
    ) AS next
)
SELECT queue, band, (extract(epoch FROM due_at - now()) * 1000)::double precision AS due_in_ms,
       (SELECT transport FROM nexus.queues WHERE name = lane.queue) AS transport
FROM lane
