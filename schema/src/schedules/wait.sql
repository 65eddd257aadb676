-- How long it is until a tick is due, in us; negative where one is. Without those of $1.
SELECT (extract(epoch FROM min(next_at) - nexus.schedule_clock()) * 1000000)::bigint AS wait_us
FROM nexus.schedules WHERE next_at IS NOT NULL AND name <> ALL ($1)
