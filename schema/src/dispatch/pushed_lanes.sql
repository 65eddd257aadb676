-- Every lane with a pushed dispatch row, and the broker that its queue's row names, if any: a
-- skip scan over dispatch_pushed.
WITH RECURSIVE lane AS (
    (SELECT queue, band FROM nexus.dispatch
     WHERE epoch IS NOT NULL ORDER BY queue, band LIMIT 1)
    UNION ALL
    SELECT next.queue, next.band FROM lane CROSS JOIN LATERAL (
        SELECT queue, band FROM nexus.dispatch
        WHERE epoch IS NOT NULL AND (queue, band) > (lane.queue, lane.band)
        ORDER BY queue, band LIMIT 1
    ) AS next
)
SELECT queue, band, (SELECT transport FROM nexus.queues WHERE name = lane.queue) AS transport
FROM lane
