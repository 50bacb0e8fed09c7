ALTER TABLE conversations DROP COLUMN hold_doubted;
ALTER TABLE conversations DROP COLUMN hold_since;
ALTER TABLE conversations DROP COLUMN hold_by;
