-- What a claim may find waiting, and by what its gates are known. In order of id, so
-- that a lock appended to this is taken in that order.
--
-- $1 ids  $2 kinds known  $3 whether these are suspects
SELECT id, tenant_id, kind, queue, band, limit_key, slots IS NOT NULL AS is_admitted
FROM nexus.jobs
WHERE id = ANY ($1) AND state IN ('available', 'scheduled', 'retryable') AND due_at <= now()
  AND parked IS NULL AND kind = ANY ($2) AND (lost_leases = 0 OR $3)
  AND (expires_at IS NULL OR expires_at > now() OR run > 0)
ORDER BY id
