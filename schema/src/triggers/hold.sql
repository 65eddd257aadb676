-- Locks triggers in the order of their names.
SELECT name, version, enabled,
       coalesce(greatest(extract(epoch FROM next_at - now()) * 1000000, 0), 0)::bigint AS ahead_us
FROM nexus.triggers WHERE name = ANY ($1) ORDER BY name FOR NO KEY UPDATE
