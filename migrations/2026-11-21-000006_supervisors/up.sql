-- Supervisors of worker processes, and how many processes the operator wants of
-- each. The row outlives its process: whoever comes up under the same name next
-- finds what was asked for.
CREATE TABLE nexus.supervisors (
    name text PRIMARY KEY CHECK (name <> ''),
    tenant_id bigint NOT NULL DEFAULT 0,
    host text NOT NULL,
    pid integer NOT NULL,
    processes_desired integer NOT NULL CHECK (processes_desired BETWEEN 0 AND 1024),
    processes integer NOT NULL DEFAULT 0,
    scaled_at timestamptz,
    scaled_by text,
    restart_asked_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    health json NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
COMMENT ON COLUMN nexus.supervisors.processes IS 'Processes that work: their rows in nexus.workers were seen, and they do not drain.';
COMMENT ON COLUMN nexus.supervisors.scaled_at IS 'When the operator last asked for a number; null: never, so processes_desired is what the command line said.';
COMMENT ON COLUMN nexus.supervisors.restart_asked_at IS 'A change of it is a rolling restart.';

GRANT SELECT, INSERT, UPDATE, DELETE ON nexus.supervisors TO nexus_app;
