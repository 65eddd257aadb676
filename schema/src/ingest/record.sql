-- Which job holds which key, where it came from, and which attempts it spent there. One that has
-- spent all of them has one left: whoever sent it wants it run.
WITH new AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::json[],
                         $7::integer[])
        AS n(id, key, tenant_id, source, source_id, metadata, spent)
), origin AS (
    INSERT INTO nexus.job_origins (tenant_id, job_id, source, source_id, metadata)
    SELECT tenant_id, id, source, source_id, metadata FROM new
), spent AS (
    UPDATE nexus.jobs AS j SET attempt = least(n.spent, j.attempts_max - 1)
    FROM new AS n WHERE j.id = n.id AND n.spent > 0
)
UPDATE nexus.reservations AS r SET job_id = n.id FROM new AS n WHERE r.key = n.key AND r.key = ANY ($2)
