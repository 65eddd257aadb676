-- How many unfinished jobs match, and the last of them.
SELECT count(*) AS jobs, max(id) AS last FROM nexus.jobs
WHERE ($1::text[] IS NULL
      OR CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END = ANY ($1))
  AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR queue = $3)
  AND ($4::bigint IS NULL OR tenant_id = $4) AND ($5::text IS NULL OR $5 = ANY (tags))
