-- Which broker carries a queue's ids. A relay locks the row while it pushes, so that once a change
-- has committed, nothing more goes the old way.
ALTER TABLE nexus.queues ADD COLUMN transport text CHECK (transport IN ('redis', 'kafka'));
COMMENT ON COLUMN nexus.queues.transport IS 'The broker that carries its ids; null: redis.';
