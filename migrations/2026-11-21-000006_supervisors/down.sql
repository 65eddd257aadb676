DROP TABLE nexus.supervisors;
