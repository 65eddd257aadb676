-- Locks a workflow that runs, and notes that it is called off; who asked first stays.
UPDATE nexus.workflows
SET called_off_at = coalesce(called_off_at, now()), called_off_by = coalesce(called_off_by, $2),
    reason = CASE WHEN called_off_at IS NULL THEN $3 ELSE reason END
WHERE id = $1 RETURNING id
