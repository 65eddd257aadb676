DROP TABLE nexus.attempt_errors, nexus.job_history, nexus.relays, nexus.workers, nexus.leases,
    nexus.dispatch, nexus.jobs, nexus.tenants;
DROP FUNCTION nexus.fence(bigint, uuid);
DROP FUNCTION nexus.month_leaf(text, date);
DROP SCHEMA nexus;
