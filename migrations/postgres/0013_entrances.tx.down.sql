ALTER TABLE conversations DROP COLUMN module;
DROP TABLE entrances;
