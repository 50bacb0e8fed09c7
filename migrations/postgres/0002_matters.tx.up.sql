-- What the service model adds to a ticket. Twin of sqlite/0002_matters.
ALTER TABLE tickets ADD COLUMN module text NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN source text NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN level integer NOT NULL DEFAULT 1;
ALTER TABLE tickets ADD COLUMN diagnosed_at timestamptz;
ALTER TABLE tickets ADD COLUMN workaround text NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN workaround_at timestamptz;
ALTER TABLE tickets ADD COLUMN spoken_at timestamptz; -- the last word of a person to the customer
ALTER TABLE tickets ADD COLUMN parent_id bigint NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN merged_into bigint NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN followed text NOT NULL DEFAULT ''; -- the status that clocks, gates and reminders were last told
CREATE INDEX tickets_parent_id ON tickets (parent_id) WHERE parent_id <> 0;
CREATE INDEX tickets_merged_into ON tickets (merged_into) WHERE merged_into <> 0;
