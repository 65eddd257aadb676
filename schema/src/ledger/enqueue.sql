-- Job rows and their dispatch rows, in one statement. Ids are drawn in input
-- order; a dispatch row carries up to entry_ids ids of one lane, tenant and due
-- time. NOTIFY only when a relay has recorded that it sleeps: NOTIFY serialises
-- commits. An unknown tenant among them: nothing is written, no row returned.
WITH input AS MATERIALIZED (
    SELECT nextval('nexus.jobs_id_seq') AS id, i.*,
           CASE WHEN i.at IS NOT NULL THEN i.at
                ELSE now() + make_interval(secs => i.delay_ms / 1000.0) END AS due_at
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::integer[], $6::bigint[],
                $7::timestamptz[], $8::integer[], $9::bigint[], $10::text[], $11::text[])
         WITH ORDINALITY
         AS i(tenant_id, kind, queue, band, entry_ids, delay_ms, at, attempts_max, timeout_ms, tags, args, ord)
    WHERE NOT EXISTS (SELECT FROM unnest($1::bigint[]) AS given(id)
                      WHERE given.id NOT IN (SELECT id FROM nexus.tenants))
    ORDER BY ord
), job AS (
    INSERT INTO nexus.jobs (id, tenant_id, kind, queue, band, state, due_at, attempts_max,
                            timeout_ms, tags, args, created_by)
    SELECT id, tenant_id, kind, queue, band,
           CASE WHEN due_at > now() THEN 'scheduled' ELSE 'available' END, due_at, attempts_max,
           timeout_ms, tags::text[], args::json, $12
    FROM input
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, job_ids)
    SELECT tenant_id, queue, band, due_at, array_agg(id ORDER BY id)
    FROM (SELECT *, (row_number() OVER (PARTITION BY tenant_id, queue, band, due_at, entry_ids
                                        ORDER BY id) - 1) / entry_ids AS chunk
          FROM input) AS chunked
    GROUP BY tenant_id, queue, band, due_at, entry_ids, chunk
    ORDER BY min(id)
), wake AS (
    SELECT pg_notify('nexus_relay', '') FROM nexus.relays
    WHERE sleeping AND seen_at > now() - interval '30 s' LIMIT 1
)
SELECT id, (SELECT count(*) FROM wake) AS woken FROM input ORDER BY ord
