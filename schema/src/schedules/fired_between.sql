-- Ticks that became jobs, whoever asked for them: in the months that this was decided in, so each is
-- looked into.
--
-- $1 schedule  $2 first  $3 last
SELECT DISTINCT tick_at FROM nexus.ticks
WHERE schedule = $1 AND outcome = 'fired' AND tick_at BETWEEN $2 AND $3
