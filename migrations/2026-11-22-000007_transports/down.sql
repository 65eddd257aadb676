ALTER TABLE nexus.queues DROP COLUMN transport;
