-- The one way in, for every caller: see nexus.enqueue_jobs in the migrations.
SELECT id, outcome FROM nexus.enqueue_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ORDER BY ord
