-- Jobs whose deadline passed before any run, parked ones too. The claim leaves them alone from the
-- same moment on, so this and no other thing is their way forward.
WITH late AS MATERIALIZED (
    SELECT id, token FROM nexus.jobs
    WHERE expires_at <= now() AND run = 0 AND token IS NULL
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
SELECT b.id
FROM (SELECT array_agg(id ORDER BY id) AS ids, array_agg(token) AS tokens,
             array_agg('discarded'::text) AS states, array_agg($2::text) AS reasons
      FROM late) AS l
CROSS JOIN LATERAL nexus.bury(l.ids, l.tokens, l.states, l.reasons) AS b
