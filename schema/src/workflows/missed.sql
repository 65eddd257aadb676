-- Jobs by their ends, locked in the order of their ids, with what another run of each takes over.
SELECT h.id, h.finished_at, h.tenant_id, h.kind, h.queue, h.band, h.attempts_max, h.timeout_ms, h.tags,
       h.args::text AS args, h.order_key, h.limit_key, h.backoff::text AS backoff,
       NULL::bigint AS called_by, now() AS now
FROM unnest($1::bigint[], $2::timestamptz[]) AS m(id, finished_at)
JOIN nexus.job_history AS h ON h.id = m.id AND h.finished_at = m.finished_at
ORDER BY h.id FOR UPDATE OF h
