-- Deletes rows whose natural key a later row of the load has: the last row of a key wins.
--
-- On the key's text see reject.sql.
WITH repeated AS MATERIALIZED (
    SELECT ROW({key})::text COLLATE "C" AS key, max(t.row_no) AS last
    FROM {table} AS t
    WHERE t.dataset_id = $1 AND num_nonnulls({key}) > 0
    GROUP BY 1
    HAVING count(*) > 1 AND max(t.row_no) > $2
), gone AS (
    DELETE FROM {table} AS t USING repeated AS r
    WHERE t.dataset_id = $1 AND t.row_no < r.last
      AND num_nonnulls({key}) > 0 AND ROW({key})::text COLLATE "C" = r.key
    RETURNING r.key
)
SELECT count(*) AS rows, count(DISTINCT key) AS keys FROM gone
