-- How tickets are judged and routed. Twin of postgres/0005_routing.
ALTER TABLE tickets ADD COLUMN judged TEXT; -- why type, priority and module are what they are
ALTER TABLE tickets ADD COLUMN routed TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN tags TEXT NOT NULL DEFAULT '';

CREATE TABLE rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    place INTEGER NOT NULL,
    event TEXT NOT NULL,
    doc TEXT,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP
);
CREATE INDEX rules_place ON rules (place, id);
