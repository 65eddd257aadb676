-- Rows are locked in id order, as everywhere.
WITH said AS (
    SELECT s.* FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[])
        AS s(id, token, done, total, message)
    JOIN nexus.jobs AS j ON j.id = s.id AND j.token = s.token
    ORDER BY s.id FOR NO KEY UPDATE OF j
)
UPDATE nexus.jobs AS j
SET progress = json_build_object('done', s.done, 'total', s.total, 'message', s.message, 'at', now())
FROM said AS s WHERE j.id = s.id
