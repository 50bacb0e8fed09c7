-- Profiles, contracts, stand-ins, and who changed what. Twin of postgres/0003_directory.
-- Days are text (2006-01-02), '' = none; lists inside a text are joined by 、.
ALTER TABLE customers ADD COLUMN profile_about TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_industry TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_business TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_architecture TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_projects TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_preferences TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_sites TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_modules TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN profile_notes TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN contract_start TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN contract_end TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN contract_service TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN contract_hours INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN birthday TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN anniversary TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN preferences TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN left_at TIMESTAMP;
ALTER TABLE staff ADD COLUMN teams TEXT;
ALTER TABLE staff ADD COLUMN location TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN load_limit INTEGER NOT NULL DEFAULT 0;

-- place 0 is who holds the role, 1, 2 … are his stand-ins in the order in which they are asked.
CREATE TABLE assignments_new (
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    role TEXT NOT NULL,
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    place INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (customer_id, role, place)
);
INSERT INTO assignments_new (customer_id, role, staff_id) SELECT customer_id, role, staff_id FROM assignments;
DROP TABLE assignments;
ALTER TABLE assignments_new RENAME TO assignments;
CREATE INDEX assignments_staff_id ON assignments (staff_id);

-- What people and imports changed, old and new as TEXT. editor_id 0 = an import; its file stands in editor.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMP,
    editor_id INTEGER NOT NULL,
    editor TEXT NOT NULL,
    import_id INTEGER NOT NULL,
    noun TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    subject TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    field TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL
);
CREATE INDEX changes_customer_id ON changes (customer_id, id);
CREATE INDEX changes_subject ON changes (noun, subject_id, id);
CREATE INDEX changes_import_id ON changes (import_id, id) WHERE import_id <> 0;

CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMP,
    file TEXT NOT NULL,
    beside INTEGER NOT NULL, -- rows changed that are not in changes
    undone_at TIMESTAMP
);
