-- As claim.sql, through gates. Takes jobs with the slots they are to hold, parks those that a gate
-- refused, and counts both at the gates, less those that ended since. Where a gate does not stand as
-- hoped, nothing is done and the statement fails: a claim that has locked the gates before never meets
-- that.
--
-- $1 ids, ascending  $2 token  $3 kinds known  $4 worker  $5 lease in ms
-- $6 dispatch rows whose ids are all in $1  $7 whether these are suspects
-- $8 a dispatch row of which only a part is in $1, or null  $9 what remains of it
-- $10 ids let in, ascending  $11 which of $20 are their slots; 0 for those that hold theirs or need none
-- $12 ids refused, ascending  $13 by which of $21
-- $14 gates that let in or refused  $15 how many starts they count  $16 jobs at once
-- $17 by how much their rate moves on, in us, or null  $18 and how far ahead it may be
-- $19 whether jobs wait there from now on  $20 slots, each set once  $21 gates that refuse
--
-- `counted` stands where its rows are locked last, for the shortest time: Postgres runs what nobody
-- reads in the reverse order, and this is read last.
--
-- Slots and gates are looked up as `Lookup` says. Gates are locked in the order of their names.
WITH claimed AS (
    UPDATE nexus.jobs AS j
    SET state = 'running', token = $2, run = run + 1, attempt = attempt + 1, started_at = now(),
        slots = coalesce(j.slots, (($20::text[])[($11::integer[])[width_bucket(j.id, $10::bigint[])]])::text[])
    WHERE j.id = ANY ($10)
      AND state IN ('available', 'scheduled', 'retryable') AND due_at <= now()
      AND parked IS NULL AND kind = ANY ($3) AND (lost_leases = 0 OR $7)
      AND (expires_at IS NULL OR expires_at > now() OR run > 0)
      AND (j.slots IS NULL OR ($11::integer[])[width_bucket(j.id, $10::bigint[])] = 0)
    RETURNING j.id, tenant_id, kind, args, run, attempt, attempts_max, timeout_ms, backoff, due_at,
              queue, depth,
              (($20::text[])[($11::integer[])[width_bucket(j.id, $10::bigint[])]])::text[] AS new_slots
), found AS MATERIALIZED (
    SELECT count(*) AS jobs, array_agg(id) AS ids FROM claimed
), refused AS (
    UPDATE nexus.jobs AS j
    SET parked = 'gate',
        parked_on = ($21::text[])[($13::integer[])[width_bucket(j.id, $12::bigint[])]]
    WHERE j.id = ANY ($12) AND j.parked IS NULL AND j.token IS NULL
      AND (SELECT jobs FROM found) >= 0
), unknown AS (
    UPDATE nexus.jobs SET parked = 'unknown_kind'
    WHERE id = ANY ($1) AND state IN ('available', 'scheduled', 'retryable') AND due_at <= now()
      AND parked IS NULL AND kind <> ALL ($3)
      AND (SELECT jobs FROM found) + cardinality($12) < cardinality($1)
), settled AS (
    DELETE FROM nexus.dispatch WHERE id = ANY ($6) AND (SELECT jobs FROM found) >= 0
), trimmed AS (
    UPDATE nexus.dispatch SET job_ids = $9 WHERE id = $8 AND (SELECT jobs FROM found) >= 0
), leased AS (
    INSERT INTO nexus.leases (token, worker_id, job_ids, expires_at)
    SELECT $2, $4, ids, now() + make_interval(secs => $5 / 1000.0) FROM found WHERE jobs > 0
), event AS (
    INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs)
    SELECT l.listener, e.tenant_id, 'job.started', e.kind, e.queue, coalesce(e.depth, 0),
           array_agg(e.id ORDER BY e.id), array_agg(e.run ORDER BY e.id)
    FROM nexus.listened AS l JOIN claimed AS e ON l.kinds IS NULL OR e.kind = ANY (l.kinds)
    WHERE l.type IN ('job.started', '*')
    GROUP BY l.listener, e.tenant_id, e.kind, e.queue, e.depth
), held AS (
    SELECT gate, count(*)::integer AS jobs FROM (SELECT unnest(new_slots) AS gate FROM claimed) AS s
    GROUP BY gate
), ended AS (
    DELETE FROM nexus.gate_ends WHERE (gate, id) IN (
        SELECT gate, id FROM nexus.gate_ends WHERE gate = ANY ($14) FOR UPDATE SKIP LOCKED)
    RETURNING gate, jobs
), off AS MATERIALIZED (
    SELECT gate, sum(jobs)::integer AS jobs FROM ended GROUP BY gate
), counted AS (
    UPDATE nexus.gates AS g
    SET in_use = g.in_use + w.jobs, waiting = g.waiting OR w.waits,
        next_at = CASE WHEN w.advance IS NULL THEN g.next_at
                       ELSE greatest(g.next_at, now()) + w.advance END
    FROM (SELECT l.gate, l.starts, l.most, l.waits, coalesce(h.jobs, 0) - coalesce(off.jobs, 0) AS jobs,
                 make_interval(secs => l.advance_us / 1000000.0) AS advance,
                 make_interval(secs => l.ahead_us / 1000000.0) AS ahead
          FROM unnest($14::text[], $15::integer[], $16::integer[], $17::bigint[], $18::bigint[], $19::boolean[])
              AS l(gate, starts, most, advance_us, ahead_us, waits)
          JOIN nexus.gates AS o USING (gate) LEFT JOIN held AS h USING (gate)
          LEFT JOIN off USING (gate)
          ORDER BY l.gate FOR NO KEY UPDATE OF o) AS w
    WHERE g.gate = w.gate
      AND (w.starts = 0 OR NOT g.waiting AND g.in_use + w.jobs <= w.most
           AND (w.advance IS NULL OR greatest(g.next_at, now()) + w.advance <= now() + w.ahead))
    RETURNING g.gate
)
SELECT id, tenant_id, kind, args::text, run, attempt, attempts_max, timeout_ms, backoff::text, due_at,
       coalesce(depth, 0::smallint) AS depth
FROM claimed
WHERE (SELECT nexus.gates_took(cardinality($14)::bigint, (SELECT count(*) FROM counted)))
ORDER BY id
