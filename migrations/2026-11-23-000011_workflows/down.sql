-- The functions as they were.
CREATE OR REPLACE FUNCTION nexus.enqueue_told(
    tenants bigint[], kinds text[], queues text[], bands smallint[], entry_ids integer[],
    delays_ms bigint[], ats timestamptz[], attempts integer[], timeouts_ms bigint[],
    tag_lists text[], argses text[], actor text, options jsonb[])
RETURNS TABLE (ord bigint, id bigint, outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    ids bigint[];
    dues timestamptz[];
    ends timestamptz[];
    keys text[];
    outcomes text[];
    u record;
    former bigint; -- which job of this batch took the key, and the key
    former_key text;
    holder bigint;
    replacing bigint[] := '{}'; -- those that change a job that was there before
    nth bigint;
BEGIN
    SELECT array_agg(nextval('nexus.jobs_id_seq')), array_agg(t.due_at), array_agg(t.ends_at),
           array_agg(t.key), array_agg('new'::text)
    INTO ids, dues, ends, keys, outcomes
    FROM (SELECT CASE WHEN i.at IS NOT NULL THEN i.at
                      ELSE now() + make_interval(secs => i.delay_ms / 1000.0) END AS due_at,
                 coalesce((o ->> 'expires_at')::timestamptz,
                     now() + make_interval(secs => (o ->> 'expires_in_ms')::bigint / 1000.0)) AS ends_at,
                 CASE WHEN o ? 'unique' THEN nexus.unique_key(i.tenant_id, i.kind,
                     CASE WHEN o -> 'unique' ? 'by' THEN nexus.chosen(i.args::jsonb, o #> '{unique,by}')
                          ELSE i.args::jsonb END) END AS key
          FROM unnest(tenants, kinds, delays_ms, ats, argses, options) WITH ORDINALITY
              AS i(tenant_id, kind, delay_ms, at, args, o, ord)
          ORDER BY i.ord) AS t;

    SELECT i.ord INTO nth FROM unnest(dues, ends) WITH ORDINALITY AS i(due_at, ends_at, ord)
    WHERE i.ends_at <= greatest(i.due_at, now()) ORDER BY i.ord LIMIT 1;
    IF FOUND THEN
        PERFORM nexus.refuse(format('job %s (%s)', nth - 1, kinds[nth]),
            'its deadline passes before it is due');
    END IF;
    SELECT i.ord INTO nth FROM unnest(options, keys) WITH ORDINALITY AS i(o, key, ord)
    WHERE i.o ? 'unique' AND i.key IS NULL ORDER BY i.ord LIMIT 1;
    IF FOUND THEN
        PERFORM nexus.refuse(format('job %s (%s)', nth - 1, kinds[nth]),
            'its arguments have none of the fields that it is to be unique by');
    END IF;

    FOR u IN
        SELECT w.*, (SELECT r.job_id FROM nexus.reservations AS r JOIN nexus.jobs AS j ON j.id = r.job_id
                     WHERE r.key = w.key AND (r.until IS NULL OR r.until > now()) AND NOT w.replaces
                       AND w.states ? nexus.state_now(j.state, j.due_at, j.expires_at, j.run)) AS held_by
        FROM (SELECT i.ord, i.key, i.tenant_id, i.told, i.told -> 'states' AS states,
                     i.told @? '$ ? (@.replace_args == true || @.replace_due == true)' AS replaces
              FROM (SELECT n.ord, n.key, n.tenant_id, n.o -> 'unique' AS told
                    FROM unnest(tenants, keys, options) WITH ORDINALITY AS n(tenant_id, key, o, ord)
                    WHERE n.key IS NOT NULL) AS i) AS w
        ORDER BY w.key, w.ord
    LOOP
        IF u.key IS DISTINCT FROM former_key THEN
            former := NULL;
            former_key := u.key;
        END IF;
        IF former IS NULL THEN
            -- Who is only told of the holder need not lock the reservation, and so never makes the
            -- end of a job wait for a caller's transaction. Who replaces does, one after another.
            holder := coalesce(u.held_by, nexus.reserve(u.key, u.tenant_id, ids[u.ord],
                now() + make_interval(secs => (u.told ->> 'window_ms')::bigint / 1000.0),
                (u.told ->> 'outlives')::boolean, u.states));
        ELSIF (u.states ? CASE WHEN dues[former] > now() THEN 'scheduled' ELSE 'available' END) THEN
            holder := ids[former];
        ELSE
            holder := nexus.reserve(u.key, u.tenant_id, ids[u.ord],
                now() + make_interval(secs => (u.told ->> 'window_ms')::bigint / 1000.0),
                (u.told ->> 'outlives')::boolean, u.states);
        END IF;
        IF holder IS NULL THEN
            former := u.ord;
            CONTINUE;
        END IF;

        ids[u.ord] := holder;
        outcomes[u.ord] := CASE WHEN (u.told ->> 'reject')::boolean THEN 'rejected' ELSE 'existing' END;
        IF NOT u.replaces THEN
            CONTINUE;
        ELSIF former IS NULL OR holder <> ids[former] THEN
            replacing := replacing || u.ord;
            CONTINUE;
        END IF;
        outcomes[u.ord] := 'replaced';
        IF (u.told ->> 'replace_args')::boolean THEN
            argses[former] := argses[u.ord];
        END IF;
        IF (u.told ->> 'replace_due')::boolean THEN
            dues[former] := dues[u.ord];
            ends[former] := ends[u.ord];
        END IF;
    END LOOP;

    -- The ordering keys' rows are locked before the jobs are written: whoever ends the head later
    -- finds them parked. An existing row has a head that is unfinished, since its end takes the row.
    WITH input AS MATERIALIZED (
        SELECT i.*, i.o ->> 'order_key' AS order_key
        FROM unnest(ids, tenants, kinds, queues, bands, entry_ids, dues, attempts, timeouts_ms,
                    tag_lists, argses, ends, keys, options, outcomes)
            AS i(id, tenant_id, kind, queue, band, entry_ids, due_at, attempts_max, timeout_ms,
                 tags, args, ends_at, key, o, outcome)
        WHERE i.outcome = 'new' ORDER BY i.id
    ), turn AS (
        INSERT INTO nexus.order_keys AS o (tenant_id, key, head)
        SELECT tenant_id, order_key, min(id) FROM input WHERE order_key IS NOT NULL
        GROUP BY tenant_id, order_key ORDER BY tenant_id, order_key
        ON CONFLICT (tenant_id, key) DO UPDATE SET head = o.head
        RETURNING o.tenant_id, o.key, o.head
    ), placed AS MATERIALIZED (
        SELECT i.*, i.order_key IS NOT NULL AND i.id NOT IN (SELECT head FROM turn) AS waits FROM input AS i
    ), job AS (
        INSERT INTO nexus.jobs (id, tenant_id, kind, queue, band, state, due_at, attempts_max,
            timeout_ms, tags, args, created_by, expires_at, unique_key, order_key, limit_key, backoff,
            replay_of, parked, parked_on)
        SELECT id, tenant_id, kind, queue, band,
               CASE WHEN due_at > now() THEN 'scheduled' ELSE 'available' END, due_at, attempts_max,
               timeout_ms, tags::text[], args::json, actor, ends_at, key, order_key, o ->> 'limit_key',
               (o -> 'backoff')::json, (o ->> 'replay_of')::bigint, CASE WHEN waits THEN 'order' END,
               CASE WHEN waits THEN nexus.order_place(tenant_id, order_key) END
        FROM placed
    )
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, job_ids)
    SELECT tenant_id, queue, band, due_at, array_agg(id ORDER BY id)
    FROM (SELECT *, (row_number() OVER (PARTITION BY tenant_id, queue, band, due_at, entry_ids
                                        ORDER BY id) - 1) / entry_ids AS chunk
          FROM placed WHERE NOT waits) AS chunked
    GROUP BY tenant_id, queue, band, due_at, entry_ids, chunk
    ORDER BY min(id);

    -- Last, and without waiting for a lock, since claims and the ends of jobs lock jobs first. Who has
    -- one in hand is mostly a claim; a few milliseconds tell it from what leaves the job waiting.
    FOR pass IN 1 .. 10 LOOP
        FOREACH nth IN ARRAY replacing LOOP
            IF nexus.replace_job(ids[nth],
                   CASE WHEN (options[nth] #>> '{unique,replace_args}')::boolean THEN argses[nth] END,
                   CASE WHEN (options[nth] #>> '{unique,replace_due}')::boolean THEN dues[nth] END,
                   ends[nth]) THEN
                outcomes[nth] := 'replaced';
            END IF;
        END LOOP;
        replacing := ARRAY(SELECT r.ord FROM unnest(replacing) AS r(ord)
                           WHERE outcomes[r.ord] <> 'replaced' AND EXISTS (
                               SELECT FROM nexus.jobs AS j WHERE j.id = ids[r.ord]
                                 AND j.state IN ('scheduled', 'available', 'retryable')));
        EXIT WHEN replacing = '{}';
        PERFORM pg_sleep(0.002);
    END LOOP;

    PERFORM pg_notify('nexus_relay', '') FROM nexus.relays
    WHERE sleeping AND seen_at > now() - interval '30 s' LIMIT 1;
    RETURN QUERY SELECT r.ord, r.id, r.outcome
                 FROM unnest(ids, outcomes) WITH ORDINALITY AS r(id, outcome, ord);
END $$;

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
    ), event AS (
        INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs)
        SELECT l.listener, g.tenant_id, 'job.' || g.final, g.kind, g.queue, coalesce(g.depth, 0),
               array_agg(g.id ORDER BY g.id), array_agg(g.run ORDER BY g.id)
        FROM nexus.listened AS l JOIN gone AS g
             ON l.type IN ('job.' || g.final, '*') AND (l.kinds IS NULL OR g.kind = ANY (l.kinds))
        GROUP BY l.listener, g.tenant_id, g.final, g.kind, g.queue, g.depth
    )
    SELECT id, tenant_id, run, attempt FROM gone
$$;

DROP TABLE nexus.workflow_history, nexus.workflow_ends, nexus.workflow_nodes, nexus.workflows;
ALTER TABLE nexus.job_history DROP COLUMN workflow_id, DROP COLUMN workflow_node;
ALTER TABLE nexus.jobs DROP COLUMN workflow_id, DROP COLUMN workflow_node;
COMMENT ON COLUMN nexus.jobs.parked IS 'Why a waiting job has no dispatch row: unknown_kind (released by a worker that knows it), order (by the end of the job before it), gate (by the releaser).';
COMMENT ON COLUMN nexus.jobs.parked_on IS 'The order key or the gate that it is parked on.';
