-- The emergency lane: who was called, who has it, the rooms, the consultations. Twin of postgres/0009_emergency.
CREATE TABLE emergencies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    text TEXT NOT NULL,
    cycle INTEGER NOT NULL,
    callee_id INTEGER NOT NULL,
    buzz TEXT NOT NULL,
    tried TEXT,
    called TEXT,
    holder_id INTEGER NOT NULL,
    room_id INTEGER NOT NULL,
    summary TEXT NOT NULL,
    cause TEXT NOT NULL,
    actions TEXT NOT NULL,
    started_at TIMESTAMP,
    rung_at TIMESTAMP, -- when the next rung is due
    acked_at TIMESTAMP,
    next_at TIMESTAMP, -- the next word that the contacts were promised
    ended_at TIMESTAMP,
    reviewed_at TIMESTAMP
);
CREATE INDEX emergencies_ticket_id ON emergencies (ticket_id, id);
CREATE UNIQUE INDEX emergencies_running ON emergencies (ticket_id) WHERE ended_at IS NULL;

CREATE TABLE rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    chat TEXT NOT NULL,
    card TEXT NOT NULL,
    members TEXT, -- staff
    opened_at TIMESTAMP,
    closed_at TIMESTAMP
);
CREATE INDEX rooms_ticket_id ON rooms (ticket_id);
CREATE INDEX rooms_chat ON rooms (chat) WHERE chat <> '';

CREATE TABLE consults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    room_id INTEGER NOT NULL,
    asker_id INTEGER NOT NULL,
    experts TEXT, -- staff
    brief TEXT NOT NULL,
    minutes TEXT NOT NULL,
    opened_at TIMESTAMP,
    written_at TIMESTAMP
);
CREATE INDEX consults_ticket_id ON consults (ticket_id);
