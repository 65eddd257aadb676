-- Gates that say nothing any more: a claim or a release makes them anew.
DELETE FROM nexus.gates WHERE gate IN (
    SELECT gate FROM nexus.gates
    WHERE in_use = 0 AND NOT waiting AND (next_at IS NULL OR next_at <= now()) AND gate <> ALL ($1)
    LIMIT $2 FOR UPDATE SKIP LOCKED)
