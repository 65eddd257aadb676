-- Dead letters among these that are nodes of workflows and were not run again.
SELECT id AS job_id, workflow_id FROM nexus.job_history
WHERE id = ANY ($1) AND state = 'discarded' AND workflow_node IS NOT NULL AND replayed_as IS NULL
ORDER BY id LIMIT 1
