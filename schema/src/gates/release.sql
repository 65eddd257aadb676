-- Sends on who was let in, holding the slots, and moves who was refused elsewhere to that gate. The
-- gates are locked, so what waits at one is seen here, or has not been parked yet.
--
-- $1 ids let in, ascending  $2 which of $8 are their slots: none is an empty array, by which a claim
-- knows that they were let in  $3 ids refused, ascending  $4 by which of $9
-- $5 gates looked at, or that let in or refused  $6 by how much their rate moves on, in us, or null
-- $7 whether jobs were moved there  $8 slots, each set once  $9 gates that refuse
--
-- Slots and gates are looked up as `Lookup` says.
WITH let_in AS (
    UPDATE nexus.jobs AS j
    SET parked = NULL, parked_on = NULL,
        slots = coalesce(j.slots, (($8::text[])[($2::integer[])[width_bucket(j.id, $1::bigint[])]])::text[])
    WHERE j.id = ANY ($1)
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.lost_leases,
              (($8::text[])[($2::integer[])[width_bucket(j.id, $1::bigint[])]])::text[] AS new_slots
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM let_in ORDER BY band, id
), moved AS (
    UPDATE nexus.jobs AS j
    SET parked_on = ($9::text[])[($4::integer[])[width_bucket(j.id, $3::bigint[])]]
    WHERE j.id = ANY ($3)
      AND j.parked_on IS DISTINCT FROM ($9::text[])[($4::integer[])[width_bucket(j.id, $3::bigint[])]]
    RETURNING j.id
), held AS (
    SELECT gate, count(*)::integer AS jobs FROM (SELECT unnest(new_slots) AS gate FROM let_in) AS s
    GROUP BY gate
), counted AS (
    UPDATE nexus.gates AS g
    SET in_use = g.in_use + coalesce(w.jobs, 0),
        next_at = CASE WHEN w.advance_us IS NULL THEN g.next_at
                       ELSE greatest(g.next_at, now()) + make_interval(secs => w.advance_us / 1000000.0) END,
        waiting = w.waits OR EXISTS (
            SELECT FROM nexus.jobs AS j WHERE j.parked = 'gate' AND coalesce(j.parked_on, j.kind) = g.gate
              AND j.id <> ALL ($1) AND j.id <> ALL ($3))
    FROM (SELECT * FROM unnest($5::text[], $6::bigint[], $7::boolean[]) AS l(gate, advance_us, waits)
          LEFT JOIN held AS h USING (gate)) AS w
    WHERE g.gate = w.gate
), wake AS (
    SELECT pg_notify('nexus_relay', '') FROM nexus.relays
    WHERE sleeping AND seen_at > now() - interval '30 s' AND cardinality($1) > 0 LIMIT 1
)
SELECT (SELECT count(*) FROM let_in) AS admitted, (SELECT count(*) FROM moved) AS moved,
       (SELECT count(*) FROM wake) AS woken
