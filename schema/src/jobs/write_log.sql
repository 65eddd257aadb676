-- A line's time is Postgres's, less the age that its process measured.
INSERT INTO nexus.job_logs (tenant_id, job_id, run, line, level, message, fields, logged_at)
SELECT n.tenant_id, n.job_id, n.run, n.line, n.level, n.message, n.fields::json,
       now() - make_interval(secs => n.age_ms / 1000.0)
FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::text[], $6::text[],
            $7::text[], $8::bigint[])
     AS n(tenant_id, job_id, run, line, level, message, fields, age_ms)
WHERE NOT EXISTS (SELECT FROM nexus.job_logs AS l
                  WHERE l.job_id = n.job_id AND l.run = n.run AND l.line = n.line)
