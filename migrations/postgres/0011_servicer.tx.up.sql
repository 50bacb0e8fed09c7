-- A human servicer who holds a conversation in the WeCom client. Twin of sqlite/0011_servicer.
ALTER TABLE conversations ADD COLUMN hold_by text NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN hold_since timestamptz;
ALTER TABLE conversations ADD COLUMN hold_doubted boolean NOT NULL DEFAULT FALSE;
