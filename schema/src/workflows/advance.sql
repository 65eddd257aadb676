-- Counts ends, and sends on or calls off who waited for them. A later statement than the one that locked
-- the workflows, so that it sees what whoever held them before did; and since nobody else writes their
-- nodes meanwhile, rows may be named by where they are. What it costs depends on the ends and on the edges
-- that leave them, not on how many nodes there are.
--
-- A node goes once all before it have ended, and, if it needs them completed, have completed. If one did
-- not, it waits in vain: it is buried, and its own end is counted by the next such statement.
--
-- Of an end that many wait for, a part is passed on at a time, so that the first of them start while the last
-- are still parked. No end is of another job than its node's: a workflow is retried once all are counted.
--
-- Ends share what may be passed on; each passes on a few at least, so that all of them get on.
--
-- $1 workflows  $2 most ends  $3 why a job is buried  $4 most nodes that ends are passed on to, together
WITH ends AS MATERIALIZED (
    SELECT o.* FROM unnest($1::bigint[]) AS w(id)
    CROSS JOIN LATERAL (SELECT o.*, o.ctid AS place FROM nexus.workflow_ends AS o
                        WHERE o.workflow_id = w.id ORDER BY o.job_id LIMIT $2) AS o
    LIMIT $2
), share AS MATERIALIZED (
    SELECT greatest(10, $4 / greatest(count(*), 1))::integer AS nodes FROM ends
), told AS MATERIALIZED (
    SELECT e.workflow_id, e.state, e.at, e.place AS end_place, n.ctid AS place, e.passed = 0 AS first,
           e.passed + s.nodes AS passed, n.next[e.passed + 1 : e.passed + s.nodes] AS next,
           e.passed + s.nodes >= cardinality(n.next) AS whole
    FROM share AS s CROSS JOIN ends AS e
    JOIN nexus.workflow_nodes AS n ON n.workflow_id = e.workflow_id AND n.node = e.node
), parts AS (
    UPDATE nexus.workflow_ends AS e SET passed = t.passed
    FROM told AS t WHERE e.ctid = t.end_place AND NOT t.whole
    RETURNING 1
), gone AS (
    DELETE FROM nexus.workflow_ends AS e USING told AS t WHERE e.ctid = t.end_place AND t.whole
), ended AS (
    -- With its first part: who is sent on by that finds the end, and its result.
    UPDATE nexus.workflow_nodes AS n SET state = t.state, finished_at = t.at
    FROM told AS t WHERE n.ctid = t.place AND t.first
), edge AS MATERIALIZED (
    SELECT t.workflow_id, s.node, count(*)::integer AS ended,
           count(*) FILTER (WHERE t.state <> 'completed')::integer AS missed
    FROM told AS t CROSS JOIN LATERAL unnest(t.next) AS s(node)
    GROUP BY t.workflow_id, s.node
), reached AS MATERIALIZED (
    -- But for those whose own job has ended: that end was taken just now, or stands in line.
    SELECT n.ctid AS place, n.job_id, n.entry_ids, n.delay_ms, n.waits_for - e.ended AS waits_for,
           n.missed + e.missed AS missed, n.needs = 'completed' AND n.missed + e.missed > 0 AS in_vain,
           n.waits_for = e.ended AND (n.needs = 'settled' OR n.missed + e.missed = 0) AS goes
    FROM edge AS e JOIN nexus.workflow_nodes AS n ON n.workflow_id = e.workflow_id AND n.node = e.node
    WHERE n.state = 'waiting' AND NOT EXISTS (
        SELECT FROM nexus.workflow_ends AS o WHERE o.workflow_id = n.workflow_id AND o.job_id = n.job_id)
), moved AS (
    -- Who goes needs no note of it: none before it is left to end, and its job says how far it is.
    UPDATE nexus.workflow_nodes AS n SET waits_for = r.waits_for, missed = r.missed
    FROM reached AS r WHERE n.ctid = r.place AND NOT r.goes
), locked AS MATERIALIZED (
    -- Only where both sorts meet: otherwise each is locked in the order of ids as it is changed.
    SELECT j.id FROM reached AS r JOIN nexus.jobs AS j ON j.id = r.job_id
    WHERE (r.goes OR r.in_vain) AND EXISTS (SELECT FROM reached AS v WHERE v.in_vain)
    ORDER BY j.id FOR UPDATE OF j
), going AS MATERIALIZED (
    SELECT job_id, entry_ids, make_interval(secs => coalesce(delay_ms, 0) / 1000.0) AS delay
    FROM reached WHERE goes AND (SELECT count(*) FROM locked) >= 0 ORDER BY job_id
), released AS (
    UPDATE nexus.jobs AS j
    SET parked = NULL, parked_on = NULL, due_at = greatest(j.due_at, now() + g.delay),
        state = CASE WHEN greatest(j.due_at, now() + g.delay) > now() THEN 'scheduled' ELSE 'available' END
    FROM going AS g WHERE j.id = g.job_id AND j.parked = 'workflow'
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, g.entry_ids
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, job_ids)
    SELECT tenant_id, queue, band, due_at, array_agg(id ORDER BY id)
    FROM (SELECT *, (row_number() OVER (PARTITION BY tenant_id, queue, band, due_at, entry_ids
                                        ORDER BY id) - 1) / entry_ids AS chunk
          FROM released) AS chunked
    GROUP BY tenant_id, queue, band, due_at, entry_ids, chunk
    ORDER BY min(id)
), in_vain AS MATERIALIZED (
    SELECT j.id FROM reached AS r JOIN nexus.jobs AS j ON j.id = r.job_id
    WHERE r.in_vain AND j.parked = 'workflow' AND (SELECT count(*) FROM locked) >= 0
    ORDER BY j.id FOR UPDATE OF j
), buried AS (
    SELECT b.id
    FROM (SELECT array_agg(id ORDER BY id) AS ids, array_agg(NULL::uuid) AS tokens,
                 array_agg('cancelled'::text) AS states, array_agg($3::text) AS reasons
          FROM in_vain HAVING count(*) > 0) AS v
    CROSS JOIN LATERAL nexus.bury(v.ids, v.tokens, v.states, v.reasons) AS b
), counted AS (
    UPDATE nexus.workflows AS w
    SET unfinished = w.unfinished - c.ended, completed = w.completed + c.completed,
        discarded = w.discarded + c.discarded, cancelled = w.cancelled + c.cancelled
    FROM (SELECT workflow_id, count(*) FILTER (WHERE whole)::integer AS ended,
                 count(*) FILTER (WHERE whole AND state = 'completed')::integer AS completed,
                 count(*) FILTER (WHERE whole AND state = 'discarded')::integer AS discarded,
                 count(*) FILTER (WHERE whole AND state = 'cancelled')::integer AS cancelled
          FROM told GROUP BY workflow_id) AS c
    WHERE w.id = c.workflow_id
    RETURNING w.id, w.unfinished, c.ended
), wake AS (
    SELECT pg_notify('nexus_relay', '') FROM nexus.relays
    WHERE sleeping AND seen_at > now() - interval '30 s' AND EXISTS (SELECT FROM released) LIMIT 1
)
SELECT id, unfinished, ended::bigint AS ended, (SELECT count(*) FROM released) AS released,
       (SELECT count(*) FROM buried) + 0 * (SELECT count(*) FROM wake) AS in_vain,
       (SELECT count(*) FROM parts) AS parts
FROM counted ORDER BY id
