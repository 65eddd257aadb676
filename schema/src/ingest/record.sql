-- Where jobs came from.
INSERT INTO nexus.job_origins (tenant_id, job_id, source, source_id, metadata)
SELECT n.tenant_id, n.id, n.source, n.source_id, n.metadata
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::json[])
    AS n(id, tenant_id, source, source_id, metadata)
