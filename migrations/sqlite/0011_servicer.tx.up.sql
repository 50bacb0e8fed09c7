-- A human servicer who holds a conversation in the WeCom client. Twin of postgres/0011_servicer.
ALTER TABLE conversations ADD COLUMN hold_by TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN hold_since TIMESTAMP;
ALTER TABLE conversations ADD COLUMN hold_doubted BOOLEAN NOT NULL DEFAULT FALSE;
