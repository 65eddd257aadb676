-- Counts ends, and sends on or calls off who waited for them. A later statement than the one that locked
-- the workflows, so that it sees what whoever held them before did. What it costs depends on the ends and
-- on the edges that leave them, not on how many nodes there are.
--
-- A node is released once all before it have ended, and, if it needs them completed, have completed; if
-- one did not, it is buried, and its own end is counted by the next such statement.
--
-- $1 workflows  $2 most ends of each  $3 why a job is buried
WITH ends AS (
    DELETE FROM nexus.workflow_ends AS e
    USING (SELECT t.workflow_id, t.job_id FROM unnest($1::bigint[]) AS w(id)
           CROSS JOIN LATERAL (SELECT o.workflow_id, o.job_id FROM nexus.workflow_ends AS o
                               WHERE o.workflow_id = w.id ORDER BY o.job_id LIMIT $2) AS t) AS t
    WHERE e.workflow_id = t.workflow_id AND e.job_id = t.job_id
    RETURNING e.workflow_id, e.node, e.job_id, e.state, e.at
), told AS MATERIALIZED (
    SELECT e.workflow_id, e.node, e.state, e.at, n.next
    FROM ends AS e JOIN nexus.workflow_nodes AS n ON n.workflow_id = e.workflow_id AND n.node = e.node
    WHERE n.job_id = e.job_id AND n.finished_at IS NULL
), touched AS MATERIALIZED (
    -- Each node once, whether it ended, or some before it did, or both.
    SELECT workflow_id, node, max(state) AS state, max(at) AS at,
           count(*) FILTER (WHERE state IS NULL)::integer AS before,
           count(*) FILTER (WHERE missed)::integer AS missed
    FROM (SELECT workflow_id, node, state, at, false AS missed FROM told
          UNION ALL
          SELECT t.workflow_id, s.node, NULL, NULL, t.state <> 'completed'
          FROM told AS t CROSS JOIN LATERAL unnest(t.next) AS s(node)) AS each
    GROUP BY workflow_id, node
), moved AS (
    UPDATE nexus.workflow_nodes AS n
    SET waits_for = n.waits_for - t.before, missed = n.missed + t.missed,
        finished_at = coalesce(n.finished_at, t.at),
        state = coalesce(t.state,
            CASE WHEN n.state = 'waiting' AND n.waits_for = t.before
                      AND (n.needs = 'settled' OR n.missed + t.missed = 0) THEN 'released' END, n.state)
    FROM touched AS t WHERE n.workflow_id = t.workflow_id AND n.node = t.node
    RETURNING n.job_id, n.entry_ids, n.delay_ms, n.state = 'released' AND t.state IS NULL AS goes,
              n.state = 'waiting' AND n.needs = 'completed' AND n.missed > 0 AS in_vain
), held AS MATERIALIZED (
    SELECT j.id, m.goes, m.entry_ids, make_interval(secs => coalesce(m.delay_ms, 0) / 1000.0) AS delay
    FROM moved AS m JOIN nexus.jobs AS j ON j.id = m.job_id
    WHERE (m.goes OR m.in_vain) AND j.parked = 'workflow'
    ORDER BY j.id FOR NO KEY UPDATE OF j
), released AS (
    UPDATE nexus.jobs AS j
    SET parked = NULL, parked_on = NULL, due_at = greatest(j.due_at, now() + h.delay),
        state = CASE WHEN greatest(j.due_at, now() + h.delay) > now() THEN 'scheduled' ELSE 'available' END
    FROM held AS h WHERE j.id = h.id AND h.goes
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, h.entry_ids
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, job_ids)
    SELECT tenant_id, queue, band, due_at, array_agg(id ORDER BY id)
    FROM (SELECT *, (row_number() OVER (PARTITION BY tenant_id, queue, band, due_at, entry_ids
                                        ORDER BY id) - 1) / entry_ids AS chunk
          FROM released) AS chunked
    GROUP BY tenant_id, queue, band, due_at, entry_ids, chunk
    ORDER BY min(id)
), buried AS (
    SELECT b.id
    FROM (SELECT array_agg(id ORDER BY id) AS ids, array_agg(NULL::uuid) AS tokens,
                 array_agg('cancelled'::text) AS states, array_agg($3::text) AS reasons
          FROM held WHERE NOT goes) AS v
    CROSS JOIN LATERAL nexus.bury(v.ids, v.tokens, v.states, v.reasons) AS b
), counted AS (
    UPDATE nexus.workflows AS w
    SET unfinished = w.unfinished - c.ended, completed = w.completed + c.completed,
        discarded = w.discarded + c.discarded, cancelled = w.cancelled + c.cancelled
    FROM (SELECT workflow_id, count(*)::integer AS ended,
                 count(*) FILTER (WHERE state = 'completed')::integer AS completed,
                 count(*) FILTER (WHERE state = 'discarded')::integer AS discarded,
                 count(*) FILTER (WHERE state = 'cancelled')::integer AS cancelled
          FROM told GROUP BY workflow_id) AS c
    WHERE w.id = c.workflow_id
    RETURNING w.id, w.unfinished, c.ended
), wake AS (
    SELECT pg_notify('nexus_relay', '') FROM nexus.relays
    WHERE sleeping AND seen_at > now() - interval '30 s' AND EXISTS (SELECT FROM released) LIMIT 1
)
SELECT id, unfinished, ended::bigint AS ended, (SELECT count(*) FROM released) AS released,
       (SELECT count(*) FROM buried) + 0 * (SELECT count(*) FROM wake) AS in_vain
FROM counted ORDER BY id
