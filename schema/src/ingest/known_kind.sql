-- What workers recorded of a kind.
SELECT queue, band, entry_ids, attempts_max FROM nexus.kinds WHERE kind = $1
