-- The one way in: every enqueue, from Rust or from SQL, is nexus.enqueue_jobs. What may be said of a
-- job in SQL, and the checks of it, are nexus.enqueue and nexus.enqueue_many.

-- What a kind's jobs have unless they say otherwise, for callers who know it only by name.
CREATE TABLE nexus.kinds (
    kind text PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT 0,
    queue text NOT NULL,
    band smallint NOT NULL CHECK (band BETWEEN 0 AND 3),
    entry_ids integer CHECK (entry_ids >= 1),
    attempts_max integer CHECK (attempts_max >= 1),
    seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE nexus.kinds IS 'Written by worker processes for the kinds they know, by serve and migrate for those built in.';
COMMENT ON COLUMN nexus.kinds.entry_ids IS 'Ids in one dispatch row; null: as enqueue_rules has it.';
COMMENT ON COLUMN nexus.kinds.attempts_max IS 'Null: as enqueue_rules has it.';

-- The settings that SQL callers are held to. One row.
CREATE TABLE nexus.enqueue_rules (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    tenant_id bigint NOT NULL DEFAULT 0,
    batch_max integer NOT NULL,
    args_bytes_max bigint NOT NULL,
    entry_ids_max integer NOT NULL,
    attempts_max integer NOT NULL
);
COMMENT ON TABLE nexus.enqueue_rules IS 'Written by serve and migrate from [enqueue] and [retry].';
INSERT INTO nexus.enqueue_rules (batch_max, args_bytes_max, entry_ids_max, attempts_max)
VALUES (1000, 65536, 100, 5);

GRANT SELECT, INSERT, UPDATE, DELETE ON nexus.kinds, nexus.enqueue_rules TO nexus_app;

-- Refuses a job. The constraint's name tells Rust that the caller is at fault.
CREATE FUNCTION nexus.refuse(place text, wrong text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', place, wrong USING ERRCODE = 'NX010', CONSTRAINT = 'nexus_enqueue';
END $$;

-- The functions without FROM are folded into the statements that call them.

-- The state of an unfinished job as it is shown. One that may not start any more counts as discarded
-- before it is swept.
CREATE FUNCTION nexus.state_now(state text, due_at timestamptz, expires_at timestamptz, run integer)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN expires_at <= now() AND run = 0 THEN 'discarded'
                WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END
$$;

-- Whether a reservation holds against one who minds these states. One whose job nobody knows any
-- more does not.
CREATE FUNCTION nexus.holds(job bigint, until timestamptz, states jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT (until IS NULL OR until > now()) AND coalesce(states ? coalesce(
        (SELECT nexus.state_now(j.state, j.due_at, j.expires_at, j.run) FROM nexus.jobs AS j WHERE j.id = job),
        (SELECT h.state FROM nexus.job_history AS h WHERE h.id = job)), false)
$$;

-- Two jobs of a tenant and kind are the same if these arguments are.
CREATE FUNCTION nexus.unique_key(tenant bigint, kind text, compared jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(tenant::text || E'\n' || kind || E'\n' || compared::text, 'UTF8')), 'hex')
$$;

-- These fields of the arguments; null where they have none of them.
CREATE FUNCTION nexus.chosen(args jsonb, fields jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(args) = 'object' THEN
        (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(args) AS f WHERE fields ? f.key) END
$$;

-- Takes a key for a job, or tells which job holds it against `states`.
CREATE FUNCTION nexus.reserve(wanted text, tenant bigint, job bigint, held_until timestamptz,
                              stays boolean, states jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    held nexus.reservations;
BEGIN
    LOOP
        INSERT INTO nexus.reservations (key, tenant_id, job_id, until, outlives)
        VALUES (wanted, tenant, job, held_until, stays) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN NULL;
        END IF;
        SELECT r.* INTO held FROM nexus.reservations AS r WHERE r.key = wanted FOR UPDATE;
        CONTINUE WHEN NOT FOUND; -- released between the two
        -- A statement of its own, so that it sees what the lock was waited for.
        IF nexus.holds(held.job_id, held.until, states) THEN
            RETURN held.job_id;
        END IF;
        UPDATE nexus.reservations AS r SET job_id = job, until = held_until, outlives = stays
        WHERE r.key = wanted;
        RETURN NULL;
    END LOOP;
END $$;

-- Gives a waiting job other arguments, or another due time and with it another deadline; null
-- leaves them. False: it runs, or somebody has it in hand just now.
CREATE FUNCTION nexus.replace_job(job bigint, new_args text, new_due timestamptz, new_end timestamptz)
RETURNS boolean LANGUAGE sql AS $$
    WITH waiting AS (
        SELECT id, due_at AS old_due FROM nexus.jobs
        WHERE id = job AND state IN ('scheduled', 'available', 'retryable')
        FOR NO KEY UPDATE SKIP LOCKED
    ), replaced AS (
        UPDATE nexus.jobs AS j
        SET args = coalesce(new_args::json, j.args), due_at = coalesce(new_due, j.due_at),
            expires_at = CASE WHEN new_due IS NULL THEN j.expires_at ELSE new_end END,
            state = CASE WHEN new_due IS NULL OR j.state = 'retryable' THEN j.state
                         WHEN new_due > now() THEN 'scheduled' ELSE 'available' END
        FROM waiting AS w WHERE j.id = w.id
        RETURNING j.*, w.old_due
    ), entry AS (
        INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
        SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM replaced
        WHERE parked IS NULL AND due_at <> old_due
    )
    SELECT EXISTS (SELECT FROM replaced)
$$;

-- Jobs of which some have options beside the plain ones. `options` holds, for each that has any:
-- unique {by, window_ms, states, outlives, reject, replace_args, replace_due}, order_key, limit_key,
-- expires_in_ms or expires_at, backoff, replay_of.
--
-- Locks are waited for in one order everywhere: jobs by id, reservations by key, ordering keys by key,
-- the job that a turn passes to. An enqueue waits for no job. So neither enqueues nor the ends of jobs
-- wait for one another in a circle.
CREATE FUNCTION nexus.enqueue_told(
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

-- Job rows and their dispatch rows: the ids in input order, and what became of each. Plain jobs, of
-- which none has options, are one statement. Ids are drawn in input order; a dispatch row carries up
-- to entry_ids ids of one lane, tenant and due time. NOTIFY only when a relay has recorded that it
-- sleeps: NOTIFY serialises commits. An unknown tenant among them: nothing is written, no row returned.
CREATE FUNCTION nexus.enqueue_jobs(
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

-- What a caller in SQL says of a job is read by the functions below: the same checks as in Rust, and
-- the same names as in the HTTP API, but durations are intervals ('5 min'). Each refusal names the
-- job's place and the option.

CREATE FUNCTION nexus.told_text(told jsonb, option text, place text, bytes_max integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    said text := told ->> option;
BEGIN
    IF said IS NULL THEN
        RETURN NULL;
    END IF;
    IF jsonb_typeof(told -> option) <> 'string' OR octet_length(said) NOT BETWEEN 1 AND bytes_max
       OR said ~ '[[:cntrl:]]' THEN
        PERFORM nexus.refuse(place, format('%s must be text of 1 to %s bytes without control characters',
            option, bytes_max));
    END IF;
    RETURN said;
END $$;

CREATE FUNCTION nexus.told_integer(told jsonb, option text, place text, most bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    said numeric;
BEGIN
    IF jsonb_typeof(told -> option) = 'number' THEN
        said := (told ->> option)::numeric;
    END IF;
    IF told ->> option IS NOT NULL AND (said IS NULL OR said <> trunc(said) OR said NOT BETWEEN 1 AND most) THEN
        PERFORM nexus.refuse(place, format('%s must be a whole number from 1 to %s', option, most));
    END IF;
    RETURN said::bigint;
END $$;

-- A duration in milliseconds.
CREATE FUNCTION nexus.told_ms(told jsonb, option text, place text, lowest bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    years_max CONSTANT bigint := 100;
    millis numeric;
BEGIN
    IF told ->> option IS NULL THEN
        RETURN NULL;
    END IF;
    BEGIN
        millis := round(extract(epoch FROM (told ->> option)::interval) * 1000);
    EXCEPTION WHEN data_exception THEN
        NULL; -- no interval
    END;
    IF millis IS NULL OR jsonb_typeof(told -> option) <> 'string'
       OR millis NOT BETWEEN lowest AND years_max * 366 * 86400000 THEN
        PERFORM nexus.refuse(place, format('%s must be an interval such as "5 min", %s and at most %s years',
            option, CASE lowest WHEN 0 THEN 'not below zero' ELSE 'above zero' END, years_max));
    END IF;
    RETURN millis::bigint;
END $$;

CREATE FUNCTION nexus.told_time(told jsonb, option text, place text) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
    time timestamptz;
BEGIN
    IF told ->> option IS NULL THEN
        RETURN NULL;
    END IF;
    BEGIN
        time := (told ->> option)::timestamptz;
    EXCEPTION WHEN data_exception THEN
        NULL; -- no time
    END;
    IF time IS NULL OR jsonb_typeof(told -> option) <> 'string' OR NOT isfinite(time)
       OR extract(year FROM time) NOT BETWEEN 1 AND 9999 THEN
        PERFORM nexus.refuse(place, format('%s must be a time such as "2030-01-01T08:00:00+01:00"', option));
    END IF;
    RETURN time;
END $$;

-- A list of texts; null where it is left out.
CREATE FUNCTION nexus.told_list(told jsonb, option text, place text, most integer, bytes_max integer)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    said jsonb := told -> option;
    texts text[];
BEGIN
    IF said IS NULL OR said = 'null' THEN
        RETURN NULL;
    END IF;
    IF jsonb_typeof(said) = 'array' AND jsonb_array_length(said) <= most THEN
        SELECT array_agg(e.value #>> '{}') INTO texts FROM jsonb_array_elements(said) AS e
        HAVING bool_and(jsonb_typeof(e.value) = 'string'
                        AND octet_length(e.value #>> '{}') BETWEEN 1 AND bytes_max
                        AND (e.value #>> '{}') !~ '[[:cntrl:]]');
        IF FOUND OR said = '[]' THEN
            RETURN texts;
        END IF;
    END IF;
    PERFORM nexus.refuse(place, format(
        '%s must be a list of at most %s texts, each of 1 to %s bytes without control characters',
        option, most, bytes_max));
END $$;

CREATE FUNCTION nexus.told_keys(told jsonb, allowed text[], place text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    unknown text;
BEGIN
    IF jsonb_typeof(told) <> 'object' THEN
        PERFORM nexus.refuse(place, 'it must be a JSON object');
    END IF;
    SELECT given INTO unknown FROM jsonb_object_keys(told) AS given WHERE given <> ALL (allowed) LIMIT 1;
    IF FOUND THEN
        PERFORM nexus.refuse(place, format('unknown option "%s"; there are %s', unknown,
            array_to_string(allowed, ', ')));
    END IF;
END $$;

-- "unique": true, or {by, for, states, on_conflict}, as nexus.enqueue_told takes it.
CREATE FUNCTION nexus.told_unique(told jsonb, place text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    unfinished CONSTANT text[] := ARRAY['scheduled', 'available', 'running', 'retryable'];
    final CONSTANT text[] := ARRAY['completed', 'discarded', 'cancelled'];
    here text := place || ', unique';
    fields text[];
    window_ms bigint;
    states text[];
    act text;
BEGIN
    IF coalesce(told, 'null') IN ('null', 'false') THEN
        RETURN NULL;
    END IF;
    IF told = 'true' THEN
        told := '{}';
    END IF;
    PERFORM nexus.told_keys(told, ARRAY['by', 'for', 'states', 'on_conflict'], here);
    fields := nexus.told_list(told, 'by', here, 20, 200);
    window_ms := nexus.told_ms(told, 'for', here, 1);
    states := coalesce(nexus.told_list(told, 'states', here, 7, 20),
        CASE WHEN window_ms IS NULL THEN unfinished ELSE unfinished || 'completed'::text END);
    IF NOT states <@ (unfinished || final) THEN
        PERFORM nexus.refuse(here, format('states must be among %s',
            array_to_string(unfinished || final, ', ')));
    END IF;
    IF states && final AND window_ms IS NULL THEN
        PERFORM nexus.refuse(here, 'a final state needs "for": the key would be taken for ever');
    END IF;
    act := coalesce(nexus.told_text(told, 'on_conflict', here, 20), 'existing');
    IF act <> ALL (ARRAY['existing', 'replace', 'debounce', 'reject']) THEN
        PERFORM nexus.refuse(here, 'on_conflict must be existing, replace, debounce or reject');
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object('by', fields, 'window_ms', window_ms, 'states', states,
        'outlives', states && final, 'reject', act = 'reject',
        'replace_args', act IN ('replace', 'debounce'), 'replace_due', act = 'debounce'));
END $$;

-- One job as nexus.enqueue_jobs takes it.
CREATE FUNCTION nexus.told_job(
    told jsonb, nth bigint, rules nexus.enqueue_rules, OUT tenant bigint, OUT kind text, OUT queue text,
    OUT band smallint, OUT entry_ids integer, OUT delay_ms bigint, OUT at timestamptz,
    OUT attempts integer, OUT timeout_ms bigint, OUT tags text, OUT args text, OUT options jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    bands CONSTANT text[] := ARRAY['critical', 'high', 'normal', 'low'];
    place text := format('job %s', nth);
    known nexus.kinds;
    said text;
    given jsonb := coalesce(told -> 'args', '{}');
BEGIN
    PERFORM nexus.told_keys(told, ARRAY['kind', 'args', 'queue', 'band', 'tenant', 'delay', 'at',
        'expires_in', 'expires_at', 'attempts', 'timeout', 'backoff', 'tags', 'unique', 'order_key',
        'limit_key'], place);
    kind := told ->> 'kind';
    IF coalesce(kind, '') !~ '^[a-z0-9_.-]{1,100}$' THEN
        PERFORM nexus.refuse(place, format(
            'kind "%s" is not allowed: use 1 to 100 characters of a-z, 0-9, "_", "-" and "."', kind));
    END IF;
    place := format('job %s (%s)', nth, kind);
    SELECT k.* INTO known FROM nexus.kinds AS k WHERE k.kind = told ->> 'kind';

    queue := coalesce(told ->> 'queue', known.queue, 'default');
    IF queue !~ '^[a-z0-9_-]{1,64}$' THEN
        PERFORM nexus.refuse(place, format(
            'queue name "%s" is not allowed: use 1 to 64 characters of a-z, 0-9, "_" and "-"', queue));
    END IF;
    said := nexus.told_text(told, 'band', place, 20);
    IF said <> ALL (bands) THEN
        PERFORM nexus.refuse(place, format('no band "%s": use %s', said, array_to_string(bands, ', ')));
    END IF;
    band := coalesce(array_position(bands, said) - 1, known.band, 2);
    entry_ids := coalesce(known.entry_ids, rules.entry_ids_max);
    tenant := coalesce(nexus.told_integer(told, 'tenant', place, 9223372036854775807), 1);

    at := nexus.told_time(told, 'at', place);
    delay_ms := nexus.told_ms(told, 'delay', place, 0);
    IF at IS NOT NULL AND delay_ms IS NOT NULL THEN
        PERFORM nexus.refuse(place, 'give delay or at, not both');
    END IF;
    delay_ms := coalesce(delay_ms, 0);
    attempts := coalesce(nexus.told_integer(told, 'attempts', place, 32767), known.attempts_max,
        rules.attempts_max);
    -- Not the kind's: what is set for a kind where its worker runs goes before that.
    timeout_ms := nexus.told_ms(told, 'timeout', place, 1);
    tags := nexus.told_list(told, 'tags', place, 20, 100)::text;

    args := given::text;
    IF octet_length(args) > rules.args_bytes_max THEN
        PERFORM nexus.refuse(place, format(
            '%s bytes of arguments; at most %s are allowed (enqueue.args_bytes_max): store the data and pass its id',
            octet_length(args), rules.args_bytes_max));
    END IF;
    -- Nobody who reads arguments as JSON of doubles could show them.
    IF given @? 'strict $.** ? (@ > 1.797e308 || @ < -1.797e308)' OR given @? 'strict $.**{120}' THEN
        PERFORM nexus.refuse(place, 'arguments with a number beyond 64-bit floats, or nested over 120 deep');
    END IF;

    IF told ?| ARRAY['expires_in', 'expires_at'] AND told ->> 'expires_in' IS NOT NULL
       AND told ->> 'expires_at' IS NOT NULL THEN
        PERFORM nexus.refuse(place, 'give expires_in or expires_at, not both');
    END IF;
    IF jsonb_typeof(told -> 'backoff') NOT IN ('object', 'null') OR octet_length(told ->> 'backoff') > 4000 THEN
        PERFORM nexus.refuse(place, 'backoff must be an object such as {"strategy": "fixed", "wait_ms": 1000}');
    END IF;
    options := nullif(jsonb_strip_nulls(jsonb_build_object(
        'unique', nexus.told_unique(told -> 'unique', place),
        'order_key', nexus.told_text(told, 'order_key', place, 200),
        'limit_key', nexus.told_text(told, 'limit_key', place, 200),
        'expires_in_ms', nexus.told_ms(told, 'expires_in', place, 1),
        'expires_at', nexus.told_time(told, 'expires_at', place),
        'backoff', told -> 'backoff')), '{}');
END $$;

-- Enqueues up to enqueue.batch_max jobs in the caller's transaction: [{"kind", "args", …}, …].
-- `outcome` is new, existing, replaced or rejected; of the last three, `id` is the job that has the
-- unique key.
CREATE FUNCTION nexus.enqueue_many(jobs jsonb)
RETURNS TABLE (index integer, id bigint, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    rules nexus.enqueue_rules;
    unknown bigint;
BEGIN
    SELECT * INTO rules FROM nexus.enqueue_rules;
    IF coalesce(jsonb_typeof(jobs), '') <> 'array' THEN
        PERFORM nexus.refuse('jobs', 'it must be a JSON array');
    END IF;
    IF jsonb_array_length(jobs) > rules.batch_max THEN
        PERFORM nexus.refuse('jobs', format('%s jobs in one call; at most %s are allowed (enqueue.batch_max)',
            jsonb_array_length(jobs), rules.batch_max));
    END IF;
    RETURN QUERY
    SELECT e.ord::integer - 1, e.id, e.outcome
    FROM (SELECT array_agg(t.tenant ORDER BY j.ord) AS tenants, array_agg(t.kind ORDER BY j.ord) AS kinds,
                 array_agg(t.queue ORDER BY j.ord) AS queues, array_agg(t.band ORDER BY j.ord) AS bands,
                 array_agg(t.entry_ids ORDER BY j.ord) AS entry_ids,
                 array_agg(t.delay_ms ORDER BY j.ord) AS delays, array_agg(t.at ORDER BY j.ord) AS ats,
                 array_agg(t.attempts ORDER BY j.ord) AS attempts,
                 array_agg(t.timeout_ms ORDER BY j.ord) AS timeouts,
                 array_agg(t.tags ORDER BY j.ord) AS tags, array_agg(t.args ORDER BY j.ord) AS argses,
                 CASE WHEN bool_or(t.options IS NOT NULL) THEN array_agg(t.options ORDER BY j.ord) END AS options
          FROM jsonb_array_elements(jobs) WITH ORDINALITY AS j(told, ord)
          CROSS JOIN LATERAL nexus.told_job(j.told, j.ord - 1, rules) AS t) AS a
    CROSS JOIN LATERAL nexus.enqueue_jobs(a.tenants, a.kinds, a.queues, a.bands, a.entry_ids, a.delays,
        a.ats, a.attempts, a.timeouts, a.tags, a.argses, 'sql:' || session_user, a.options) AS e
    WHERE a.kinds IS NOT NULL
    ORDER BY e.ord;
    IF NOT FOUND AND jobs <> '[]' THEN
        SELECT given.id INTO unknown
        FROM (SELECT coalesce((j.told ->> 'tenant')::bigint, 1) FROM jsonb_array_elements(jobs) AS j(told))
            AS given(id)
        WHERE given.id NOT IN (SELECT t.id FROM nexus.tenants AS t) LIMIT 1;
        RAISE EXCEPTION 'no tenant %', unknown USING ERRCODE = 'NX011', CONSTRAINT = 'nexus_enqueue';
    END IF;
END $$;

-- Enqueues one job in the caller's transaction and returns its id; of one that its unique key found
-- there already, that one's id. Fails where that was to be rejected.
CREATE FUNCTION nexus.enqueue(kind text, args jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    job record;
BEGIN
    options := coalesce(options, '{}');
    IF jsonb_typeof(options) <> 'object' OR options ?| ARRAY['kind', 'args'] THEN
        PERFORM nexus.refuse('options', 'they must be a JSON object, without kind and args');
    END IF;
    SELECT e.id, e.outcome INTO job FROM nexus.enqueue_many(jsonb_build_array(
        options || jsonb_build_object('kind', kind, 'args', coalesce(args, '{}')))) AS e;
    IF job.outcome = 'rejected' THEN
        RAISE EXCEPTION 'job % has the same unique key', job.id
            USING ERRCODE = 'NX012', CONSTRAINT = 'nexus_enqueue';
    END IF;
    RETURN job.id;
END $$;

REVOKE ALL ON FUNCTION nexus.enqueue(text, jsonb, jsonb), nexus.enqueue_many(jsonb) FROM public;
GRANT EXECUTE ON FUNCTION nexus.enqueue(text, jsonb, jsonb), nexus.enqueue_many(jsonb) TO nexus_app;
