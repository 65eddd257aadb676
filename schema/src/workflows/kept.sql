-- Locks a workflow that has ended.
SELECT state, depth, nodes FROM nexus.workflow_history WHERE id = $1 FOR UPDATE
