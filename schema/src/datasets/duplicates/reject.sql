-- Turns a load's rows whose natural key an earlier row has into rejects.
--
-- The text of a row of the key's columns tells null from empty, and NULL = NULL; and unlike IS NOT
-- DISTINCT FROM it can be hashed. By its bytes: no language's order is needed, and those are slow.
WITH repeated AS MATERIALIZED (
    SELECT ROW({key})::text COLLATE "C" AS key, min(t.row_no) AS first
    FROM {table} AS t
    WHERE t.dataset_id = $1 AND num_nonnulls({key}) > 0
    GROUP BY 1
    HAVING count(*) > 1 AND max(t.row_no) > $2
), gone AS (
    DELETE FROM {table} AS t USING repeated AS r
    WHERE t.dataset_id = $1 AND t.row_no > $2 AND t.row_no > r.first
      AND num_nonnulls({key}) > 0 AND ROW({key})::text COLLATE "C" = r.key
    RETURNING t.tenant_id, t.case_id, t.row_no, r.key
), kept AS (
    INSERT INTO nexus.dataset_rejects (tenant_id, case_id, dataset_id, line_no, row_no, reason, raw)
    -- Without the row's parentheses.
    SELECT tenant_id, case_id, $1, 0, row_no, 'duplicate_key', left(substr(key, 2, length(key) - 2), $3)
    FROM gone
)
SELECT count(*) AS rows, count(DISTINCT key) AS keys FROM gone
