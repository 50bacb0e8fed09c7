-- Links by which a customer's people come in: whoever enters by one belongs to that customer. Twin of postgres/0013_entrances.
CREATE TABLE entrances (
    token TEXT NOT NULL PRIMARY KEY, -- the link's scene_param
    customer_id INTEGER NOT NULL,
    module TEXT NOT NULL,
    staff_id INTEGER NOT NULL, -- who asked for it first
    created_at TIMESTAMP
);
CREATE UNIQUE INDEX entrances_customer_module ON entrances (customer_id, module);
ALTER TABLE conversations ADD COLUMN module TEXT NOT NULL DEFAULT ''; -- of the link he came by last
