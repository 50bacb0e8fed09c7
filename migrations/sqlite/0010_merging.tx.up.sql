-- Merges and splits, so that they can be undone. NULL in undone_at = it holds.
CREATE TABLE merges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    ticket_id INTEGER NOT NULL, -- merge: what was taken in; split: what was made
    into_id INTEGER NOT NULL,
    staff_id INTEGER NOT NULL, -- 0 = the contact himself
    at TIMESTAMP,
    undone_at TIMESTAMP,
    was TEXT -- what undoing brings back
);
CREATE INDEX merges_ticket_id ON merges (ticket_id);
CREATE INDEX merges_into_id ON merges (into_id);
