-- Schedules by name, all or one.
--
-- $1 the kinds that are built in  $2 the one; null: all
SELECT s.*,
       CASE WHEN s.kind <> ALL ($1) AND NOT EXISTS (SELECT FROM nexus.kinds AS k WHERE k.kind = s.kind)
            THEN format('no worker knows kind "%s"', s.kind) END AS inactive
FROM nexus.schedules AS s WHERE $2::text IS NULL OR s.name = $2 ORDER BY s.name
