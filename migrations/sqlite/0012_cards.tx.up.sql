-- Cards that headed a ticket's topic before the present one: what is said below them still belongs to it. Twin of postgres/0012_cards.
CREATE TABLE ticket_cards (
    card_id TEXT NOT NULL PRIMARY KEY,
    ticket_id INTEGER NOT NULL
);
