-- What stands of a dataset, by currency; and of that, what is of the load behind row $2.
SELECT {currency} AS currency, count({amount}) AS amounts, coalesce(sum({amount}), 0) AS amount_sum,
       count(*) AS rows,
       count(*) FILTER (WHERE {amount} < 0) AS negative,
       count(*) FILTER (WHERE {amount} = 0) AS zero,
       min({date}) AS date_min,
       max({date}) AS date_max,
       count(*) FILTER (WHERE t.row_no > $2) AS load_rows,
       count(*) FILTER (WHERE t.row_no > $2 AND {amount} < 0) AS load_negative,
       count(*) FILTER (WHERE t.row_no > $2 AND {amount} = 0) AS load_zero,
       min({date}) FILTER (WHERE t.row_no > $2) AS load_date_min,
       max({date}) FILTER (WHERE t.row_no > $2) AS load_date_max
FROM {table} AS t
WHERE t.dataset_id = $1
GROUP BY 1
ORDER BY 1
