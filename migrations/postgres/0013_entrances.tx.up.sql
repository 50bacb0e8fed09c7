-- Links by which a customer's people come in: whoever enters by one belongs to that customer. Twin of sqlite/0013_entrances.
CREATE TABLE entrances (
    token text NOT NULL PRIMARY KEY, -- the link's scene_param
    customer_id bigint NOT NULL,
    module text NOT NULL,
    staff_id bigint NOT NULL, -- who asked for it first
    created_at timestamptz
);
CREATE UNIQUE INDEX entrances_customer_module ON entrances (customer_id, module);
ALTER TABLE conversations ADD COLUMN module text NOT NULL DEFAULT ''; -- of the link he came by last
