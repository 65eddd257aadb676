-- Claims what is waiting and due, settles the broker's entries, and opens the
-- lease. The update of the job's row is the only exclusion between duplicates:
-- whoever comes second finds the row running and leaves it.
--
-- $1 ids, ascending  $2 token  $3 kinds known  $4 worker  $5 lease in ms
-- $6 dispatch rows whose ids are all in $1  $7 whether these are suspects
-- $8 a dispatch row of which only a part is in $1, or null  $9 what remains of it
--
-- What has expired stays unclaimed, and loses its dispatch row: the sweep by `expires_at` is its
-- way forward.
--
-- Rows are locked in id order because the plan is an index scan over the key;
-- should it ever differ, a deadlock is retried. `settled` reads `claimed` so that
-- dispatch rows are locked after job rows, everywhere.
WITH claimed AS (
    UPDATE nexus.jobs
    SET state = 'running', token = $2, run = run + 1, attempt = attempt + 1, started_at = now()
    WHERE id = ANY ($1) AND state IN ('available', 'scheduled', 'retryable') AND due_at <= now()
      AND parked IS NULL AND kind = ANY ($3) AND (lost_leases = 0 OR $7)
      AND (expires_at IS NULL OR expires_at > now() OR run > 0)
    RETURNING id, tenant_id, kind, args, run, attempt, attempts_max, timeout_ms, backoff, due_at,
              queue, depth
), found AS MATERIALIZED (
    SELECT count(*) AS jobs, array_agg(id) AS ids FROM claimed
), parked AS (
    UPDATE nexus.jobs SET parked = 'unknown_kind'
    WHERE id = ANY ($1) AND state IN ('available', 'scheduled', 'retryable') AND due_at <= now()
      AND parked IS NULL AND kind <> ALL ($3) AND (SELECT jobs FROM found) < cardinality($1)
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
)
SELECT id, tenant_id, kind, args::text, run, attempt, attempts_max, timeout_ms, backoff::text, due_at,
       coalesce(depth, 0::smallint) AS depth
FROM claimed
ORDER BY id
