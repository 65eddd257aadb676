-- Those of some jobs that are still parked at a gate. Who holds a row is about to change it.
SELECT id FROM nexus.jobs WHERE id = ANY ($1) AND parked = 'gate'
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
