-- compose.yaml makes the database before the roles exist; this gives it its owner.
ALTER DATABASE nexus OWNER TO nexus_owner;
