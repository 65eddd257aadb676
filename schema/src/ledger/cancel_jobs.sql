-- Calls jobs off. Their rows are locked first, in id order, so that each is judged by what it is by
-- then: who waits is buried at once, and its dispatch row finds nothing; who runs is asked to stop.
--
-- $1 ids  $2 states to be in, or null  $3 reason  $4 who
WITH held AS MATERIALIZED (
    SELECT id, tenant_id, token FROM nexus.jobs
    WHERE id = ANY ($1) AND ($2::text[] IS NULL
          OR CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END = ANY ($2))
    ORDER BY id FOR UPDATE
), buried AS MATERIALIZED (
    SELECT b.id
    FROM (SELECT array_agg(id) AS ids, array_agg(token) AS tokens,
                 array_agg('cancelled'::text) AS states, array_agg($3::text) AS reasons
          FROM held WHERE token IS NULL) AS w
    CROSS JOIN LATERAL nexus.bury(w.ids, w.tokens, w.states, w.reasons, $4) AS b
), asked AS (
    INSERT INTO nexus.cancellations (job_id, tenant_id, reason, asked_by)
    SELECT id, tenant_id, $3, $4 FROM held WHERE token IS NOT NULL
    ON CONFLICT (job_id) DO NOTHING
)
SELECT id, true AS waited FROM buried
UNION ALL
SELECT id, false FROM held WHERE token IS NOT NULL
