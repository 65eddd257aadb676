-- Locks gates in the order of their names, and makes those that are missing.
INSERT INTO nexus.gates AS g (gate) SELECT unnest($1::text[]) ORDER BY 1
ON CONFLICT (gate) DO UPDATE SET waiting = g.waiting
RETURNING gate, in_use, waiting,
          coalesce(greatest(extract(epoch FROM next_at - now()) * 1000000, 0), 0)::bigint AS ahead_us
