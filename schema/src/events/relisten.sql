-- What a listener listens to, no more and no less.
--
-- $1 listener  $2 types  $3 kinds of each as a JSON array, or null for any
WITH wanted AS MATERIALIZED (
    SELECT w.type, CASE WHEN w.kinds IS NOT NULL
                        THEN ARRAY(SELECT json_array_elements_text(w.kinds::json)) END AS kinds
    FROM unnest($2, $3) AS w(type, kinds)
), gone AS (
    DELETE FROM nexus.listened WHERE listener = $1 AND type NOT IN (SELECT type FROM wanted)
)
INSERT INTO nexus.listened AS l (listener, type, kinds) SELECT $1, type, kinds FROM wanted
ON CONFLICT (listener, type) DO UPDATE SET kinds = excluded.kinds
WHERE l.kinds IS DISTINCT FROM excluded.kinds
