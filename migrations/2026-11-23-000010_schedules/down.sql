DROP TABLE nexus.ticks, nexus.schedule_versions, nexus.schedules;
DROP FUNCTION nexus.schedule_clock();
DELETE FROM nexus.reservations WHERE key LIKE 'tick:%';
