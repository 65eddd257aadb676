-- Gates at which jobs may wait, after a name.
SELECT gate, in_use, waiting,
       coalesce(greatest(extract(epoch FROM next_at - now()) * 1000000, 0), 0)::bigint AS ahead_us
FROM nexus.gates WHERE waiting AND gate > $1 ORDER BY gate LIMIT $2
