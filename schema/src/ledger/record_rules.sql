-- The settings that callers in SQL are held to; written only where they are other.
UPDATE nexus.enqueue_rules
SET batch_max = $1, args_bytes_max = $2, entry_ids_max = $3, attempts_max = $4
WHERE (batch_max, args_bytes_max, entry_ids_max, attempts_max) IS DISTINCT FROM ($1, $2, $3, $4)
