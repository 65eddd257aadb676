-- The functions as they were.
CREATE OR REPLACE FUNCTION nexus.chosen(args jsonb, fields jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(args) = 'object' THEN
        (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(args) AS f WHERE fields ? f.key) END
$$;

CREATE OR REPLACE FUNCTION nexus.bury(ids bigint[], tokens uuid[], states text[], reasons text[],
                           by text DEFAULT NULL, lost boolean DEFAULT false)
RETURNS TABLE (id bigint, tenant_id bigint, run integer, attempt integer)
LANGUAGE sql AS $$
    WITH ended AS (
        SELECT * FROM unnest(ids, tokens, states, reasons) AS e(id, token, state, reason)
    ), gone AS (
        DELETE FROM nexus.jobs AS j USING ended AS e
        WHERE j.id = e.id AND j.token IS NOT DISTINCT FROM e.token
        RETURNING j.*, e.state AS final, e.reason
    ), kept AS (
        INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, attempt,
            attempts_max, lost_leases, timeout_ms, tags, args, created_at, created_by, started_at,
            expires_at, order_key, limit_key, backoff, replay_of, progress,
            finished_at, reason, ended_by)
        SELECT id, tenant_id, kind, queue, band, final, due_at, run, attempt, attempts_max,
               lost_leases + lost::integer, timeout_ms, tags, args, created_at, created_by, started_at,
               expires_at, order_key, limit_key, backoff, replay_of, progress, now(), reason, by
        FROM gone
    ), freed AS (
        INSERT INTO nexus.gate_ends (gate, jobs)
        SELECT unnest(slots), count(*) FROM gone WHERE slots IS NOT NULL GROUP BY 1
    ), held AS (
        SELECT r.key FROM gone AS g JOIN nexus.reservations AS r ON r.key = g.unique_key AND r.job_id = g.id
        WHERE g.unique_key IS NOT NULL AND NOT r.outlives ORDER BY r.key FOR UPDATE OF r
    ), released AS (
        DELETE FROM nexus.reservations AS r USING held AS h WHERE r.key = h.key RETURNING 1
    ), turns AS (
        SELECT o.tenant_id, o.key FROM gone AS g
        JOIN nexus.order_keys AS o ON o.tenant_id = g.tenant_id AND o.key = g.order_key AND o.head = g.id
        WHERE g.order_key IS NOT NULL AND (SELECT count(*) FROM released) >= 0
        ORDER BY o.tenant_id, o.key FOR NO KEY UPDATE OF o
    ), passed AS (
        UPDATE nexus.order_keys AS o SET head = NULL FROM turns AS t
        WHERE o.tenant_id = t.tenant_id AND o.key = t.key
    )
    SELECT id, tenant_id, run, attempt FROM gone
$$;

CREATE OR REPLACE FUNCTION nexus.enqueue_jobs(
    tenants bigint[], kinds text[], queues text[], bands smallint[], entry_ids integer[],
    delays_ms bigint[], ats timestamptz[], attempts integer[], timeouts_ms bigint[],
    tag_lists text[], argses text[], actor text, options jsonb[] DEFAULT NULL)
RETURNS TABLE (ord bigint, id bigint, outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF options IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM unnest(tenants) AS given(id)
                       WHERE given.id NOT IN (SELECT t.id FROM nexus.tenants AS t)) THEN
            RETURN QUERY SELECT * FROM nexus.enqueue_told(tenants, kinds, queues, bands, entry_ids,
                delays_ms, ats, attempts, timeouts_ms, tag_lists, argses, actor, options);
        END IF;
        RETURN;
    END IF;
    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT nextval('nexus.jobs_id_seq') AS id, i.*,
               CASE WHEN i.at IS NOT NULL THEN i.at
                    ELSE now() + make_interval(secs => i.delay_ms / 1000.0) END AS due_at
        FROM unnest(tenants, kinds, queues, bands, entry_ids, delays_ms, ats, attempts, timeouts_ms,
                    tag_lists, argses) WITH ORDINALITY
             AS i(tenant_id, kind, queue, band, entry_ids, delay_ms, at, attempts_max, timeout_ms, tags, args, ord)
        WHERE NOT EXISTS (SELECT FROM unnest(tenants) AS given(id)
                          WHERE given.id NOT IN (SELECT t.id FROM nexus.tenants AS t))
        ORDER BY i.ord
    ), job AS (
        INSERT INTO nexus.jobs (id, tenant_id, kind, queue, band, state, due_at, attempts_max,
                                timeout_ms, tags, args, created_by)
        SELECT id, tenant_id, kind, queue, band,
               CASE WHEN due_at > now() THEN 'scheduled' ELSE 'available' END, due_at, attempts_max,
               timeout_ms, tags::text[], args::json, actor
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
    SELECT i.ord, i.id, 'new'::text FROM input AS i WHERE (SELECT count(*) FROM wake) >= 0;
END $$;

DROP TABLE nexus.trigger_log, nexus.trigger_versions, nexus.triggers, nexus.events, nexus.listened,
    nexus.listeners;
ALTER TABLE nexus.jobs DROP COLUMN depth;
