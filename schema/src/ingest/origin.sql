-- Where a job came from: in the month that it was taken in, so each is looked into.
SELECT source, source_id, metadata, taken_at FROM nexus.job_origins WHERE job_id = $1 LIMIT 1
