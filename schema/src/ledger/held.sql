-- What decides the end of an attempt, while its claim holds.
SELECT kind, attempt::integer, attempts_max::integer, timeout_ms, backoff::text
FROM nexus.jobs WHERE id = $1 AND token = $2
