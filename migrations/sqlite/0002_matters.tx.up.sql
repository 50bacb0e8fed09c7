-- What the service model adds to a ticket. Twin of postgres/0002_matters.
ALTER TABLE tickets ADD COLUMN module TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN level INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tickets ADD COLUMN diagnosed_at TIMESTAMP;
ALTER TABLE tickets ADD COLUMN workaround TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN workaround_at TIMESTAMP;
ALTER TABLE tickets ADD COLUMN spoken_at TIMESTAMP; -- the last word of a person to the customer
ALTER TABLE tickets ADD COLUMN parent_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN followed TEXT NOT NULL DEFAULT ''; -- the status that clocks, gates and reminders were last told
CREATE INDEX tickets_parent_id ON tickets (parent_id) WHERE parent_id <> 0;
CREATE INDEX tickets_merged_into ON tickets (merged_into) WHERE merged_into <> 0;
