-- Tasks, promises in words, exceptions, progress drafts, and what quiet hours hold. Twin of postgres/0008_supervision.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    call BOOLEAN NOT NULL, -- doing it is a person's word to the customer
    created_at TIMESTAMP,
    done_at TIMESTAMP,
    done_by INTEGER NOT NULL
);
CREATE UNIQUE INDEX tasks_key ON tasks (key);
CREATE INDEX tasks_open ON tasks (staff_id, id) WHERE done_at IS NULL;

CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    card TEXT,
    created_at TIMESTAMP,
    told_at TIMESTAMP
);
CREATE UNIQUE INDEX notices_key ON notices (staff_id, key);
CREATE INDEX notices_held ON notices (staff_id, id) WHERE told_at IS NULL;

CREATE TABLE silences (
    ticket_id INTEGER PRIMARY KEY,
    since TIMESTAMP
);

CREATE TABLE pledges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    words TEXT NOT NULL,
    due_at TIMESTAMP,
    state TEXT NOT NULL,
    created_at TIMESTAMP,
    settled_at TIMESTAMP
);
CREATE UNIQUE INDEX pledges_key ON pledges (key);
CREATE INDEX pledges_ticket_id ON pledges (ticket_id, id);
CREATE INDEX pledges_staff_id ON pledges (staff_id, state);
CREATE INDEX pledges_broken ON pledges (ticket_id) WHERE state = 'broken';

CREATE TABLE waivers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    until TIMESTAMP,
    state TEXT NOT NULL,
    asked_by INTEGER NOT NULL,
    decided_by INTEGER NOT NULL,
    created_at TIMESTAMP
);
CREATE UNIQUE INDEX waivers_key ON waivers (key);
CREATE INDEX waivers_ticket_id ON waivers (ticket_id, id);

CREATE TABLE drafts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL,
    week TEXT NOT NULL,
    text TEXT NOT NULL,
    tickets TEXT,
    state TEXT NOT NULL,
    created_at TIMESTAMP,
    settled_at TIMESTAMP,
    settled_by INTEGER NOT NULL
);
CREATE UNIQUE INDEX drafts_customer_week ON drafts (customer_id, week);

CREATE INDEX tickets_customer_module ON tickets (customer_id, module, opened_at) WHERE module <> '';
