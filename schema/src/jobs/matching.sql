-- Ids of unfinished jobs that match, the oldest first.
SELECT id FROM nexus.jobs
WHERE id > $1 AND id <= $2 AND ($3::text[] IS NULL
      OR CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END = ANY ($3))
  AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR queue = $5)
  AND ($6::bigint IS NULL OR tenant_id = $6) AND ($7::text IS NULL OR $7 = ANY (tags))
ORDER BY id LIMIT $8
