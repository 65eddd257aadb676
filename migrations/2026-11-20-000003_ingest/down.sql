-- A dataset is one file again: what is kept of its loads is the first. The rows of later ones stay.

DELETE FROM nexus.datasets WHERE type IN ('parties', 'calendars');
DROP TABLE nexus.calendars, nexus.parties, nexus.dataset_columns;

ALTER TABLE nexus.datasets
    ADD COLUMN source text, ADD COLUMN profile_name text, ADD COLUMN profile text,
    ADD COLUMN job_id bigint, ADD COLUMN checkpoint json, ADD COLUMN sha256 text,
    ADD COLUMN bytes bigint, ADD COLUMN timing json,
    DROP CONSTRAINT datasets_type_check,
    ADD CONSTRAINT datasets_type_check CHECK (type IN ('transactions', 'expenses', 'bank_statements'));
COMMENT ON COLUMN nexus.datasets.state IS 'Rows of a dataset count only once it is loaded.';
COMMENT ON COLUMN nexus.datasets.rows_loaded IS NULL;
COMMENT ON COLUMN nexus.datasets.profile IS 'The whole profile as TOML, so that a load can be repeated as it was.';
COMMENT ON COLUMN nexus.datasets.checkpoint IS 'Committed with each chunk: where a next attempt resumes.';

-- An append that is under way cannot be told any more: its rows go. Its job's arguments are of no
-- shape that is known then, so it is discarded.
DELETE FROM nexus.transactions AS t USING nexus.dataset_loads AS l
WHERE t.dataset_id = l.dataset_id AND t.row_no > l.rows_before AND l.rows_before > 0 AND l.state = 'loading';
DELETE FROM nexus.expenses AS t USING nexus.dataset_loads AS l
WHERE t.dataset_id = l.dataset_id AND t.row_no > l.rows_before AND l.rows_before > 0 AND l.state = 'loading';
DELETE FROM nexus.bank_statements AS t USING nexus.dataset_loads AS l
WHERE t.dataset_id = l.dataset_id AND t.row_no > l.rows_before AND l.rows_before > 0 AND l.state = 'loading';

CREATE TEMPORARY TABLE first_load ON COMMIT DROP AS
SELECT DISTINCT ON (dataset_id) * FROM nexus.dataset_loads ORDER BY dataset_id, id;
UPDATE nexus.datasets AS d
SET source = l.source, profile_name = l.profile_name, profile = l.profile, job_id = l.job_id,
    checkpoint = l.checkpoint, sha256 = l.sha256, bytes = l.bytes, timing = l.timing, state = l.state,
    rows_read = CASE WHEN l.finished_at IS NULL THEN l.rows_read ELSE d.rows_read END,
    rows_loaded = CASE WHEN l.finished_at IS NULL THEN l.rows_loaded ELSE d.rows_loaded END,
    rows_rejected = CASE WHEN l.finished_at IS NULL THEN l.rows_rejected ELSE d.rows_rejected END
FROM first_load AS l WHERE l.dataset_id = d.id;
ALTER TABLE nexus.datasets ALTER COLUMN source SET NOT NULL,
    ALTER COLUMN profile_name SET NOT NULL, ALTER COLUMN profile SET NOT NULL;
CREATE INDEX datasets_unfinished ON nexus.datasets (id) WHERE state IN ('pending', 'loading');

UPDATE nexus.jobs AS j SET args = json_build_object('dataset_id', l.dataset_id)
FROM first_load AS l WHERE l.job_id = j.id AND j.kind = 'process_dataset';

DROP FUNCTION nexus.save_checkpoint(bigint, json);
CREATE FUNCTION nexus.save_checkpoint(dataset bigint, saved json) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE nexus.datasets
    SET state = 'loading', checkpoint = saved,
        rows_read = (saved -> 'tally' ->> 'rows_read')::bigint,
        rows_loaded = (saved -> 'tally' ->> 'loaded')::bigint,
        rows_rejected = (saved -> 'tally' ->> 'rows_read')::bigint
                      - (saved -> 'tally' ->> 'loaded')::bigint
    WHERE id = dataset AND state IN ('pending', 'loading');
$$;
REVOKE ALL ON FUNCTION nexus.save_checkpoint(bigint, json) FROM public;
GRANT EXECUTE ON FUNCTION nexus.save_checkpoint(bigint, json) TO nexus_loader;

-- Two files may have been rejected on the same line.
DELETE FROM nexus.dataset_rejects AS r USING nexus.dataset_loads AS l
WHERE r.dataset_id = l.dataset_id AND (r.line_no = 0 OR (l.rows_before > 0 AND r.row_no > l.rows_before));
ALTER TABLE nexus.dataset_rejects DROP CONSTRAINT dataset_rejects_pkey,
    ADD PRIMARY KEY (dataset_id, line_no, rejected_at);
COMMENT ON COLUMN nexus.dataset_rejects.line_no IS NULL;
REVOKE INSERT ON nexus.dataset_rejects FROM nexus_app;

DROP TABLE nexus.dataset_loads;
