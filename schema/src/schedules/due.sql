-- Schedules with a tick that is due, held; with their jobs that have not ended, and what is known of
-- their kinds.
--
-- $1 the time  $2 how many  $3 but these
SELECT s.name, s.version, s.definition, s.next_at,
       ARRAY(SELECT o.id FROM unnest(s.open_jobs) AS o(id)
             WHERE EXISTS (SELECT FROM nexus.jobs AS j WHERE j.id = o.id OFFSET 0) ORDER BY o.id) AS open_jobs,
       k.kind, k.queue, k.band, k.entry_ids, k.attempts_max
FROM nexus.schedules AS s LEFT JOIN nexus.kinds AS k ON k.kind = s.kind
WHERE s.next_at <= $1 AND s.name <> ALL ($3)
ORDER BY s.next_at, s.name LIMIT $2
FOR NO KEY UPDATE OF s SKIP LOCKED
