-- What the jobs of these kinds have unless they say otherwise. A row is written only where it is
-- new, other, or an hour old; in the order of kinds, so that processes do not lock crosswise.
INSERT INTO nexus.kinds AS k (kind, queue, band, entry_ids, attempts_max)
SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::integer[], $5::integer[])
    AS given(kind, queue, band, entry_ids, attempts_max)
ORDER BY kind
ON CONFLICT (kind) DO UPDATE
SET queue = excluded.queue, band = excluded.band, entry_ids = excluded.entry_ids,
    attempts_max = excluded.attempts_max, seen_at = now()
WHERE (k.queue, k.band, k.entry_ids, k.attempts_max)
          IS DISTINCT FROM (excluded.queue, excluded.band, excluded.entry_ids, excluded.attempts_max)
   OR k.seen_at < now() - interval '1 h'
