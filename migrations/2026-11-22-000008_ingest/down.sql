DROP TABLE nexus.job_origins;
