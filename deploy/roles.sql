-- The three database roles of NEXUS Jobs. Roles belong to the whole server, not
-- to one database, so they stand outside the migrations: a superuser runs this
-- file once a server, before the first `nexus migrate`. Running it again
-- changes nothing.
--
-- No role gets a password here. The private servers of `scripts/services` and
-- `deploy/compose.yaml` trust loopback connections. In production the operator
-- sets each password and keeps it out of files, for example in psql:
--
--     \password nexus_owner
--
-- and creates the database: CREATE DATABASE nexus OWNER nexus_owner;
--
--   nexus_owner    runs the migrations and owns the schema
--   nexus_loader   creates leaf partitions and COPYs into them
--   nexus_app      reads and writes through the parent tables only
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['nexus_owner', 'nexus_loader', 'nexus_app'] LOOP
        BEGIN
            EXECUTE format(
                'CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
                wanted
            );
        EXCEPTION
            -- unique_violation: somebody else creates the same role at this moment.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END
$$;
