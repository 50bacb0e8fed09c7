-- What is promised, and how much of it is used. Twin of postgres/0006_promises. Lengths are nanoseconds.

-- Policies that were edited; those nobody touched stand in the program. '' in type, tier or contract = any.
CREATE TABLE policies (
    type TEXT NOT NULL,
    tier TEXT NOT NULL,
    contract TEXT NOT NULL,
    response INTEGER NOT NULL,
    workaround INTEGER NOT NULL,
    solution INTEGER NOT NULL,
    all_hours BOOLEAN NOT NULL,
    PRIMARY KEY (type, tier, contract)
);

CREATE TABLE policy_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMP,
    editor TEXT NOT NULL,
    policy TEXT NOT NULL,
    was TEXT NOT NULL,
    is_now TEXT NOT NULL
);

-- The clocks of tickets. Each has a timer of its own (kind "clock:<kind>", subject = ticket) that fires at the next stage.
CREATE TABLE clocks (
    ticket_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    policy TEXT NOT NULL,
    target INTEGER NOT NULL,
    all_hours BOOLEAN NOT NULL,
    round INTEGER NOT NULL,
    started_at TIMESTAMP,
    used INTEGER NOT NULL,
    runs_since TIMESTAMP, -- NULL = stands
    pauses TEXT,
    due_at TIMESTAMP,
    met_at TIMESTAMP,
    breached_at TIMESTAMP,
    stage INTEGER NOT NULL,
    hollow BOOLEAN NOT NULL,
    flagged_at TIMESTAMP,
    PRIMARY KEY (ticket_id, kind)
);
-- Tickets that owe something, for aiming their clocks anew in small steps.
CREATE INDEX clocks_owed ON clocks (ticket_id) WHERE met_at IS NULL;
-- Broken and still owed.
CREATE INDEX clocks_overdue ON clocks (ticket_id) WHERE breached_at IS NOT NULL AND met_at IS NULL;
