-- To the dead letters, each with its reason.
WITH refused AS (
    SELECT * FROM unnest($1::bigint[], $2::text[]) AS r(id, error)
), gone AS (
    SELECT b.* FROM nexus.bury($1, array_fill(NULL::uuid, ARRAY[cardinality($1)]),
        array_fill('discarded'::text, ARRAY[cardinality($1)]), $2) AS b
)
INSERT INTO nexus.attempt_errors (tenant_id, job_id, run, attempt, reason, error)
SELECT tenant_id, id, run, attempt, $3, error FROM gone JOIN refused USING (id)
