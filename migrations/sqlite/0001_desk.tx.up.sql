-- Twin of postgres/0001_desk: same tables, columns and indexes. Times are UTC text, to the microsecond; NULL = never.
-- "Clock" is the time of people, "machine" the time of leases and back-off. Id 0 = none, '' = none.
-- There are foreign keys in the directory only: on the write path each would cost as much as the insert it guards.

CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    tier TEXT NOT NULL,
    all_hours BOOLEAN NOT NULL,
    locale TEXT NOT NULL,
    timezone TEXT NOT NULL,
    chat_group TEXT NOT NULL
);
CREATE UNIQUE INDEX customers_code ON customers (code);
CREATE INDEX customers_name ON customers (name);

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    wecom_id TEXT NOT NULL,
    mobile TEXT NOT NULL,
    locale TEXT NOT NULL,
    noticed_at TIMESTAMP,
    created_at TIMESTAMP
);
CREATE UNIQUE INDEX contacts_wecom_id ON contacts (wecom_id) WHERE wecom_id <> '';
CREATE INDEX contacts_customer_id ON contacts (customer_id);
CREATE INDEX contacts_name ON contacts (name);

CREATE TABLE staff (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    mobile TEXT NOT NULL,
    open_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    roles TEXT,
    skills TEXT,
    active BOOLEAN NOT NULL,
    place INTEGER NOT NULL -- in the order of the directory
);
CREATE UNIQUE INDEX staff_mobile ON staff (mobile) WHERE mobile <> '';
CREATE UNIQUE INDEX staff_open_id ON staff (open_id) WHERE open_id <> '';
CREATE INDEX staff_name ON staff (name);

CREATE TABLE assignments (
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    role TEXT NOT NULL,
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    PRIMARY KEY (customer_id, role)
);
CREATE INDEX assignments_staff_id ON assignments (staff_id);

CREATE TABLE modules (
    name TEXT NOT NULL PRIMARY KEY,
    place INTEGER NOT NULL
);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    contact_id INTEGER NOT NULL,
    current_ticket INTEGER NOT NULL,
    asked TEXT NOT NULL,
    asked_ticket INTEGER NOT NULL,
    asked_at TIMESTAMP,
    asked_entry INTEGER NOT NULL,
    window_last_in TIMESTAMP,
    window_last_click TIMESTAMP,
    window_sent INTEGER NOT NULL,
    window_shut BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX conversations_account_peer ON conversations (account, peer);
CREATE INDEX conversations_contact_id ON conversations (contact_id);

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    contact_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL,
    urgent BOOLEAN NOT NULL,
    title TEXT NOT NULL,
    owner_id INTEGER NOT NULL,
    last_words TEXT NOT NULL,
    solution TEXT NOT NULL,
    rating INTEGER NOT NULL,
    nudges INTEGER NOT NULL,
    reopened INTEGER NOT NULL,
    chat_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    card_shown INTEGER NOT NULL,
    card_edited_at TIMESTAMP, -- machine time
    opened_at TIMESTAMP,
    responded_at TIMESTAMP,
    solved_at TIMESTAMP,
    confirmed_at TIMESTAMP,
    closed_at TIMESTAMP,
    updated_at TIMESTAMP
);
CREATE UNIQUE INDEX tickets_number ON tickets (number);
CREATE INDEX tickets_status ON tickets (status, id);
CREATE INDEX tickets_owner_id ON tickets (owner_id, status);
CREATE INDEX tickets_customer_id ON tickets (customer_id, id);
CREATE INDEX tickets_contact_id ON tickets (contact_id);
CREATE INDEX tickets_conversation_id ON tickets (conversation_id, status);
CREATE INDEX tickets_card_id ON tickets (card_id) WHERE card_id <> '';

-- Every number a ticket ever had.
CREATE TABLE ticket_numbers (
    number TEXT NOT NULL PRIMARY KEY,
    ticket_id INTEGER NOT NULL
);
CREATE INDEX ticket_numbers_ticket_id ON ticket_numbers (ticket_id);

-- The last number given, per customer; 0 counts the NEW- numbers.
CREATE TABLE counters (
    customer_id INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
);

CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL,
    at TIMESTAMP,
    kind TEXT NOT NULL,
    author_kind TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    author_name TEXT NOT NULL,
    internal BOOLEAN NOT NULL,
    text TEXT NOT NULL,
    platform TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    attached TEXT,
    data TEXT
);
CREATE INDEX entries_ticket_id ON entries (ticket_id, id);
CREATE INDEX entries_remote_id ON entries (platform, remote_id) WHERE remote_id <> '';

-- What we owe. NULL in next_at = due at once; queued_at and next_at are machine time, the others clock time.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL,
    key TEXT NOT NULL,
    use TEXT NOT NULL,
    state TEXT NOT NULL,
    ticket_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    chat TEXT NOT NULL,
    target TEXT NOT NULL,
    body TEXT,
    urgency INTEGER NOT NULL,
    expires_at TIMESTAMP,
    created_at TIMESTAMP,
    queued_at TIMESTAMP,
    next_at TIMESTAMP,
    attempts INTEGER NOT NULL,
    first_try TIMESTAMP,
    doubted BOOLEAN NOT NULL,
    remote_id TEXT NOT NULL,
    last_error TEXT NOT NULL,
    merged_in INTEGER NOT NULL,
    source TEXT NOT NULL -- the engineer's message whose words these are, the first of them
);
CREATE UNIQUE INDEX outbox_key ON outbox (key);
CREATE INDEX outbox_pending ON outbox (lane, id) WHERE state = 'pending';
CREATE INDEX outbox_held ON outbox (lane, id) WHERE state = 'held';
CREATE INDEX outbox_remote_id ON outbox (remote_id) WHERE remote_id <> '';
CREATE INDEX outbox_source ON outbox (source) WHERE source <> '';
CREATE INDEX outbox_bodies ON outbox (created_at) WHERE body IS NOT NULL;

CREATE TABLE timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    gen INTEGER NOT NULL,
    due_at TIMESTAMP,
    urgency INTEGER NOT NULL,
    armed BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX timers_kind_subject ON timers (kind, subject);
CREATE INDEX timers_due_at ON timers (due_at) WHERE armed;

-- What we were told. received_at is clock time, next_at machine time.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT NOT NULL,
    event_key TEXT NOT NULL,
    message_key TEXT NOT NULL,
    lane TEXT NOT NULL,
    raw BLOB NOT NULL,
    received_at TIMESTAMP,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at TIMESTAMP,
    last_error TEXT NOT NULL DEFAULT '',
    done BOOLEAN NOT NULL DEFAULT FALSE,
    dead BOOLEAN NOT NULL DEFAULT FALSE -- given up; done as well
);
CREATE UNIQUE INDEX inbox_event_key ON inbox (platform, event_key);
CREATE UNIQUE INDEX inbox_message_key ON inbox (platform, message_key) WHERE message_key <> '';
CREATE INDEX inbox_undone ON inbox (lane, id) WHERE NOT done;

-- Who works on a lane; NULL in lease_until (machine time) = nobody.
CREATE TABLE lanes (
    box TEXT NOT NULL,
    lane TEXT NOT NULL,
    fence INTEGER NOT NULL,
    lease_until TIMESTAMP,
    PRIMARY KEY (box, lane)
);

CREATE TABLE pulls (
    account TEXT NOT NULL PRIMARY KEY,
    cursor TEXT NOT NULL,
    token TEXT NOT NULL,
    token_at TIMESTAMP,
    wanted INTEGER NOT NULL,
    done INTEGER NOT NULL
);

CREATE TABLE ticks (
    job TEXT NOT NULL,
    tick_at TIMESTAMP NOT NULL,
    PRIMARY KEY (job, tick_at)
);
CREATE INDEX ticks_tick_at ON ticks (tick_at);
