-- In the order given, so that ids rise with the ticks.
INSERT INTO nexus.ticks (schedule, version, tenant_id, tick_at, through_at, ticks, outcome, reason, job_id,
    asked_by, backfill)
SELECT t.schedule, t.version, t.tenant_id, t.tick_at, t.through_at, t.ticks, t.outcome, t.reason, t.job_id,
       t.asked_by, t.backfill
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::bigint[],
            $7::text[], $8::text[], $9::bigint[], $10::text[], $11::boolean[]) WITH ORDINALITY
    AS t(schedule, version, tenant_id, tick_at, through_at, ticks, outcome, reason, job_id, asked_by,
         backfill, ord)
ORDER BY t.ord
