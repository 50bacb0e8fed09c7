-- Escalation gates, who may answer in somebody's place, and the direct lines of contacts. Twin of postgres/0007_gates.
CREATE TABLE gates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    round INTEGER NOT NULL, -- how often the ticket had been reopened: each round begins at the first gate
    level INTEGER NOT NULL, -- 2 product manager, 3 leader
    person_id INTEGER NOT NULL, -- whose gate it is
    acting_id INTEGER NOT NULL, -- who is asked: himself, or who stands in
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_by INTEGER NOT NULL,
    note TEXT NOT NULL,
    cents INTEGER NOT NULL, -- granted money, in 分 (1/100 CNY)
    helper_id INTEGER NOT NULL,
    kept TEXT NOT NULL, -- whether what was granted came: '' not known yet
    repeats INTEGER NOT NULL,
    opened_at TIMESTAMP,
    due_at TIMESTAMP,
    ended_at TIMESTAMP
);
CREATE INDEX gates_ticket_id ON gates (ticket_id, id);
CREATE UNIQUE INDEX gates_open ON gates (ticket_id) WHERE state = 'open';
CREATE INDEX gates_acting_id ON gates (acting_id) WHERE state = 'open';

CREATE TABLE gate_delegates (
    staff_id INTEGER NOT NULL PRIMARY KEY,
    delegate_id INTEGER NOT NULL,
    until TIMESTAMP
);

CREATE TABLE direct_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    contact_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    staff_id INTEGER NOT NULL, -- who was asked
    words TEXT NOT NULL,
    asked_at TIMESTAMP,
    due_at TIMESTAMP,
    answered_at TIMESTAMP,
    reminded INTEGER NOT NULL
);
CREATE INDEX direct_lines_ticket_id ON direct_lines (ticket_id, staff_id);
