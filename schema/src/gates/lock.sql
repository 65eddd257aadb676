-- Locks gates in the order of their names, and makes those that are missing. Takes off who has ended;
-- ends that somebody else is taking off are left to him, and until then count as in use.
WITH ended AS (
    DELETE FROM nexus.gate_ends WHERE (gate, id) IN (
        SELECT gate, id FROM nexus.gate_ends WHERE gate = ANY ($1) FOR UPDATE SKIP LOCKED)
    RETURNING gate, jobs
), off AS MATERIALIZED (
    SELECT gate, sum(jobs)::integer AS jobs FROM ended GROUP BY gate
)
INSERT INTO nexus.gates AS g (gate) SELECT unnest($1::text[]) ORDER BY 1
ON CONFLICT (gate) DO UPDATE
SET in_use = g.in_use - coalesce((SELECT jobs FROM off WHERE off.gate = g.gate), 0)
RETURNING gate, in_use, waiting,
          coalesce(greatest(extract(epoch FROM next_at - now()) * 1000000, 0), 0)::bigint AS ahead_us
