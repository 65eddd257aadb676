-- Jobs that wait for one another, or for room, are sent on: nobody would release them any more.
WITH released AS (
    UPDATE nexus.jobs SET parked = NULL WHERE parked IN ('order', 'gate')
    RETURNING id, tenant_id, queue, band, due_at, lost_leases
)
INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM released;

DROP FUNCTION nexus.bury(bigint[], uuid[], text[], text[], text, boolean);
DROP TABLE nexus.job_logs, nexus.cancellations, nexus.queues, nexus.gates, nexus.gate_ends, nexus.limits, nexus.breakers, nexus.order_keys,
    nexus.reservations;
DROP FUNCTION nexus.gates_took(bigint, bigint);
DROP FUNCTION nexus.pass_order();
DROP FUNCTION nexus.order_place(bigint, text);
ALTER TABLE nexus.workers DROP COLUMN asked, DROP COLUMN asked_by, DROP COLUMN asked_at;
DROP INDEX nexus.job_history_dead, nexus.job_history_dead_kind;
ALTER TABLE nexus.job_history
    DROP COLUMN expires_at, DROP COLUMN order_key, DROP COLUMN limit_key, DROP COLUMN backoff,
    DROP COLUMN replay_of, DROP COLUMN progress, DROP COLUMN ended_by, DROP COLUMN replayed_as;
DROP INDEX nexus.jobs_expiring, nexus.jobs_parked, nexus.dispatch_fair;
ALTER TABLE nexus.jobs
    DROP COLUMN expires_at, DROP COLUMN unique_key, DROP COLUMN order_key, DROP COLUMN limit_key,
    DROP COLUMN backoff, DROP COLUMN replay_of, DROP COLUMN progress, DROP COLUMN slots,
    DROP COLUMN parked_on;
CREATE INDEX jobs_parked ON nexus.jobs (parked, kind) WHERE parked IS NOT NULL;
