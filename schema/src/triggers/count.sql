-- $1 names  $2 fired  $3 skipped  $4 failed  $5 by how much the rate moves on, in us  $6 why
UPDATE nexus.triggers AS t
SET fired = t.fired + c.fired, skipped = t.skipped + c.skipped, failed = t.failed + c.failed,
    fired_at = CASE WHEN c.fired > 0 THEN now() ELSE t.fired_at END,
    skipped_at = CASE WHEN c.why IS NOT NULL THEN now() ELSE t.skipped_at END,
    skipped_why = coalesce(c.why, t.skipped_why),
    next_at = CASE WHEN c.advance_us = 0 THEN t.next_at
                   ELSE greatest(t.next_at, now()) + make_interval(secs => c.advance_us / 1000000.0) END
FROM unnest($1, $2, $3, $4, $5, $6) AS c(name, fired, skipped, failed, advance_us, why)
WHERE t.name = c.name
