-- Which attempts jobs spent elsewhere. One that has spent all of them has one left: whoever sent it
-- wants it run.
--
-- $1 ids  $2 attempts spent  $3 the first id  $4 the last id. The ids were drawn together, so a range
-- of the key holds them and little else; and a range is looked up in the index even by a plan that was
-- made when the table was empty.
UPDATE nexus.jobs AS j SET attempt = least(n.spent, j.attempts_max - 1)
FROM unnest($1::bigint[], $2::integer[]) AS n(id, spent)
WHERE j.id = n.id AND j.id BETWEEN $3 AND $4
