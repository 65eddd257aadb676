-- How many of a load's rows have a natural key that an earlier row has, and how many such keys.
--
-- On the key's text see reject.sql.
SELECT coalesce(sum(mine - (first > $2)::int), 0)::bigint AS rows, count(*) AS keys
FROM (
    SELECT min(t.row_no) AS first, count(*) FILTER (WHERE t.row_no > $2) AS mine
    FROM {table} AS t
    WHERE t.dataset_id = $1 AND num_nonnulls({key}) > 0
    GROUP BY ROW({key})::text COLLATE "C"
    HAVING count(*) > 1 AND max(t.row_no) > $2
) AS repeated
