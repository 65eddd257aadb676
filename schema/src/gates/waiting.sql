-- Gates at which jobs may wait, after a name.
SELECT gate,
       (in_use - coalesce((SELECT sum(jobs) FROM nexus.gate_ends AS e WHERE e.gate = g.gate), 0))::integer
           AS in_use,
       waiting,
       coalesce(greatest(extract(epoch FROM next_at - now()) * 1000000, 0), 0)::bigint AS ahead_us
FROM nexus.gates AS g WHERE waiting AND gate > $1 ORDER BY gate LIMIT $2
