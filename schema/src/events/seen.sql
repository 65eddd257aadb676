UPDATE nexus.listeners SET seen_at = now() WHERE name = (
    SELECT name FROM nexus.listeners WHERE name = $1 FOR NO KEY UPDATE SKIP LOCKED)
