-- Jobs that were asked to stop and wait again: nobody runs them, so they are buried. By array, so
-- that the live table is never read for what few rows name.
WITH waiting AS MATERIALIZED (
    SELECT j.id, j.token, c.reason, c.asked_by
    FROM nexus.jobs AS j JOIN nexus.cancellations AS c ON c.job_id = j.id
    WHERE j.id = ANY (ARRAY(SELECT job_id FROM nexus.cancellations)) AND j.token IS NULL
    ORDER BY j.id LIMIT $1 FOR UPDATE OF j SKIP LOCKED
), buried AS MATERIALIZED (
    SELECT b.id
    FROM (SELECT asked_by, array_agg(id ORDER BY id) AS ids, array_agg(token ORDER BY id) AS tokens,
                 array_agg('cancelled'::text) AS states, array_agg(reason ORDER BY id) AS reasons
          FROM waiting GROUP BY asked_by) AS w
    CROSS JOIN LATERAL nexus.bury(w.ids, w.tokens, w.states, w.reasons, w.asked_by) AS b
), told AS (
    DELETE FROM nexus.cancellations AS c USING buried AS b WHERE c.job_id = b.id
)
SELECT id FROM buried
