DROP TABLE clocks;
DROP TABLE policy_changes;
DROP TABLE policies;
DELETE FROM timers WHERE kind LIKE 'clock:%';
