DROP FUNCTION nexus.enqueue(text, jsonb, jsonb);
DROP FUNCTION nexus.enqueue_many(jsonb);
DROP FUNCTION nexus.told_job(jsonb, bigint, nexus.enqueue_rules);
DROP FUNCTION nexus.told_unique(jsonb, text);
DROP FUNCTION nexus.told_keys(jsonb, text[], text);
DROP FUNCTION nexus.told_list(jsonb, text, text, integer, integer);
DROP FUNCTION nexus.told_time(jsonb, text, text);
DROP FUNCTION nexus.told_ms(jsonb, text, text, bigint);
DROP FUNCTION nexus.told_integer(jsonb, text, text, bigint);
DROP FUNCTION nexus.told_text(jsonb, text, text, integer);
DROP FUNCTION nexus.enqueue_jobs(bigint[], text[], text[], smallint[], integer[], bigint[], timestamptz[],
    integer[], bigint[], text[], text[], text, jsonb[]);
DROP FUNCTION nexus.enqueue_told(bigint[], text[], text[], smallint[], integer[], bigint[], timestamptz[],
    integer[], bigint[], text[], text[], text, jsonb[]);
DROP FUNCTION nexus.replace_job(bigint, text, timestamptz, timestamptz);
DROP FUNCTION nexus.reserve(text, bigint, bigint, timestamptz, boolean, jsonb);
DROP FUNCTION nexus.chosen(jsonb, jsonb);
DROP FUNCTION nexus.unique_key(bigint, text, jsonb);
DROP FUNCTION nexus.holds(bigint, timestamptz, jsonb);
DROP FUNCTION nexus.state_now(text, timestamptz, timestamptz, integer);
DROP FUNCTION nexus.refuse(text, text);
DROP TABLE nexus.enqueue_rules, nexus.kinds;
