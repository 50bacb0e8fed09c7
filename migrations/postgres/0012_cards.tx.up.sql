-- Cards that headed a ticket's topic before the present one: what is said below them still belongs to it. Twin of sqlite/0012_cards.
CREATE TABLE ticket_cards (
    card_id text NOT NULL PRIMARY KEY,
    ticket_id bigint NOT NULL
);
