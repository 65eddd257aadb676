-- $1 workflow  $2 tenant  $3 nodes  $4 names  $5 kinds  $6 jobs  $7 needs  $8 those before, as array
-- literals  $9 those after  $10 ids an entry  $11 delays
INSERT INTO nexus.workflow_nodes (workflow_id, tenant_id, node, name, kind, job_id, state, needs,
                                  waits_for, before, next, entry_ids, delay_ms)
SELECT $1, $2, n.node, n.name, n.kind, n.job, CASE n.before WHEN '{}' THEN 'free' ELSE 'waiting' END,
       n.needs, cardinality(n.before::integer[]), n.before::integer[], n.next::integer[], n.entry_ids, n.delay
FROM unnest($3::integer[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[],
            $10::integer[], $11::bigint[]) AS n(node, name, kind, job, needs, before, next, entry_ids, delay)
