DROP TABLE ticket_cards;
