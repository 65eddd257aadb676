-- $1 names  $2 next ticks  $3 open jobs  $4 fired  $5 skipped  $6 missed  $7 failed  $8 last ticks
-- $9 last jobs  $10 why a tick became none
UPDATE nexus.schedules AS s
SET next_at = a.next_at, open_jobs = a.open_jobs::bigint[], fired = s.fired + a.fired,
    skipped = s.skipped + a.skipped, missed = s.missed + a.missed, failed = s.failed + a.failed,
    last_tick_at = CASE WHEN a.last_tick_at < s.last_tick_at THEN s.last_tick_at
                        ELSE coalesce(a.last_tick_at, s.last_tick_at) END,
    last_job = CASE WHEN a.last_tick_at < s.last_tick_at THEN s.last_job
                    ELSE coalesce(a.last_job, s.last_job) END,
    last_why = coalesce(a.why, s.last_why)
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::timestamptz[], $9::bigint[], $10::text[])
    AS a(name, next_at, open_jobs, fired, skipped, missed, failed, last_tick_at, last_job, why)
WHERE s.name = a.name
