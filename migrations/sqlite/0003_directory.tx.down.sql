DROP TABLE imports;
DROP TABLE changes;
CREATE TABLE assignments_old (
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    role TEXT NOT NULL,
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    PRIMARY KEY (customer_id, role)
);
INSERT INTO assignments_old (customer_id, role, staff_id) SELECT customer_id, role, staff_id FROM assignments WHERE place = 0;
DROP TABLE assignments;
ALTER TABLE assignments_old RENAME TO assignments;
CREATE INDEX assignments_staff_id ON assignments (staff_id);
ALTER TABLE staff DROP COLUMN load_limit;
ALTER TABLE staff DROP COLUMN location;
ALTER TABLE staff DROP COLUMN teams;
ALTER TABLE contacts DROP COLUMN left_at;
ALTER TABLE contacts DROP COLUMN preferences;
ALTER TABLE contacts DROP COLUMN anniversary;
ALTER TABLE contacts DROP COLUMN birthday;
ALTER TABLE contacts DROP COLUMN email;
ALTER TABLE customers DROP COLUMN contract_hours;
ALTER TABLE customers DROP COLUMN contract_service;
ALTER TABLE customers DROP COLUMN contract_end;
ALTER TABLE customers DROP COLUMN contract_start;
ALTER TABLE customers DROP COLUMN profile_notes;
ALTER TABLE customers DROP COLUMN profile_modules;
ALTER TABLE customers DROP COLUMN profile_sites;
ALTER TABLE customers DROP COLUMN profile_preferences;
ALTER TABLE customers DROP COLUMN profile_projects;
ALTER TABLE customers DROP COLUMN profile_architecture;
ALTER TABLE customers DROP COLUMN profile_business;
ALTER TABLE customers DROP COLUMN profile_industry;
ALTER TABLE customers DROP COLUMN profile_about;
