-- The jobs that are next at each of some gates: more urgent bands first, then older ones.
SELECT j.id, j.tenant_id, j.kind, j.queue, j.band, j.limit_key, j.slots IS NOT NULL AS is_admitted
FROM unnest($1::text[], $2::integer[]) AS g(gate, most)
CROSS JOIN LATERAL (
    SELECT * FROM nexus.jobs
    WHERE parked = 'gate' AND coalesce(parked_on, kind) = g.gate ORDER BY band, id LIMIT g.most
) AS j
