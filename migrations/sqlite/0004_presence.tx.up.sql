-- Who is away, who is on duty, and which days are worked. Twin of postgres/0004_presence.
CREATE TABLE absences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id INTEGER NOT NULL,
    kind TEXT NOT NULL, -- busy, leave, calendar; back = he is there whatever his calendar says
    reason TEXT NOT NULL,
    from_at TIMESTAMP,
    until_at TIMESTAMP
);
CREATE INDEX absences_staff_id ON absences (staff_id, until_at);
CREATE INDEX absences_until_at ON absences (until_at);

CREATE TABLE rosters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    start_day TEXT NOT NULL, -- 2006-01-02; '' = the first day on which the desk looks
    days INTEGER NOT NULL,
    handover INTEGER NOT NULL, -- minutes since midnight
    timezone TEXT NOT NULL,
    members TEXT,
    place INTEGER NOT NULL -- in the order of the directory
);
CREATE UNIQUE INDEX rosters_name ON rosters (name);

-- Who has the duty in place of whose turn it is; of two at once the later row counts.
CREATE TABLE shifts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    roster_id INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    origin TEXT NOT NULL, -- directory, swap
    from_at TIMESTAMP,
    until_at TIMESTAMP
);
CREATE INDEX shifts_roster_id ON shifts (roster_id, until_at);

-- Days that are not what their weekday says; customer 0 = the statutory ones of calendar_years.
CREATE TABLE calendar_days (
    customer_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    work BOOLEAN NOT NULL,
    set_by INTEGER NOT NULL, -- staff; 0 = a file
    set_at TIMESTAMP,
    PRIMARY KEY (customer_id, day)
);

-- Years whose statutory days were imported; they count in place of those the desk brings along.
CREATE TABLE calendar_years (
    year INTEGER NOT NULL PRIMARY KEY,
    set_at TIMESTAMP
);

CREATE TABLE calendar_hours (
    customer_id INTEGER NOT NULL PRIMARY KEY,
    spans TEXT,
    timezone TEXT NOT NULL
);
