package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
)

// MaxCustomerText is the longest text a kf message carries, in bytes (developer.work.weixin.qq.com, document 94677).
const MaxCustomerText = 2048

// maxTopicText keeps a topic message well below Feishu's 30 KB for rich text, in bytes.
const maxTopicText = 20000

// Owe enqueues a delivery and stamps it. Its key need only be unique in its lane.
func (d *Desk) Owe(ctx context.Context, tx Tx, out Delivery) error {
	out.CreatedAt, out.QueuedAt = d.Now(), d.Machine()
	out.NextAt = out.QueuedAt
	out.Key = string(out.Lane) + " " + out.Key
	return tx.Enqueue(ctx, &out)
}

// toContact is a delivery to the contact of a conversation.
func toContact(c *Conversation, t TicketID, use Use, key string, body Body) Delivery {
	return Delivery{Lane: c.Lane(), ConversationID: c.ID, TicketID: t, Use: use, Key: key, Body: body, Urgency: UrgencyInteractive}
}

// toTopic is a delivery into the ticket's topic.
func toTopic(t *Ticket, use Use, key string, body Body) Delivery {
	return Delivery{Lane: TopicLane(t.ID), TicketID: t.ID, Use: use, Key: key, Body: body, Urgency: urgencyOf(t)}
}

// toStaff is a delivery into the direct chat with a colleague.
func toStaff(s customers.Staff, t TicketID, key string, body Body) Delivery {
	return Delivery{Lane: DirectLane(s.ID), StaffID: s.ID, TicketID: t, Use: UseDirect, Key: key, Body: body, Urgency: UrgencyInteractive}
}

// partKey names the parts of one text; the first has the plain key.
func partKey(key string, i int) string {
	if i == 0 {
		return key
	}
	return fmt.Sprintf("%s/%d", key, i+1)
}

// tellContact owes a text to the contact of a conversation; long texts become several messages.
func (d *Desk) tellContact(ctx context.Context, tx Tx, c *Conversation, t TicketID, use Use, key, text string) error {
	for i, part := range SplitText(text, MaxCustomerText) {
		if err := d.Owe(ctx, tx, toContact(c, t, use, partKey(key, i), Body{Text: part})); err != nil {
			return err
		}
	}
	return nil
}

// askContact owes a menu and remembers the question as the latest open one; the caller saves the conversation.
func (d *Desk) askContact(ctx context.Context, tx Tx, c *Conversation, t TicketID, use Use, key string, q Question, menu Menu) error {
	if q != AskConfirm || c.Asked != AskMatter && c.Asked != AskStopped && c.Asked != AskWhich {
		c.Ask(q, t, d.Now()) // "solved?" needs no memory: its ticket says that it is open
	}
	return d.Owe(ctx, tx, toContact(c, t, use, key, Body{Menu: &menu}))
}

// tellTopic owes words in the ticket's topic, mentioning people.
func (d *Desk) tellTopic(ctx context.Context, tx Tx, t *Ticket, key, text string, mentions ...RemoteID) error {
	parts := SplitText(text, maxTopicText)
	for i, part := range parts {
		body := Body{Text: part}
		if i == len(parts)-1 {
			body.Mentions = present(mentions)
		}
		if err := d.Owe(ctx, tx, toTopic(t, UseTopic, partKey(key, i), body)); err != nil {
			return err
		}
	}
	return nil
}

// attachInTopic owes the customer's media in the topic.
func (d *Desk) attachInTopic(ctx context.Context, tx Tx, t *Ticket, key string, media []Attachment) error {
	for i, m := range media {
		if m.Key == "" {
			continue
		}
		if err := d.Owe(ctx, tx, toTopic(t, UseTopic, fmt.Sprintf("%s/m%d", key, i), Body{Media: &m})); err != nil {
			return err
		}
	}
	return nil
}

// ShowStaff owes a card in the direct chat with a colleague.
func (d *Desk) ShowStaff(ctx context.Context, tx Tx, s customers.Staff, t TicketID, key string, card Card) error {
	return d.Owe(ctx, tx, toStaff(s, t, key, Body{Card: &card}))
}

// showCard owes the live card as it will be when it leaves: changes that come before that share one edit.
func (d *Desk) showCard(ctx context.Context, tx Tx, t *Ticket) error {
	out := toTopic(t, UseCardEdit, fmt.Sprintf("edit:%d:%d", t.ID, t.CardShown), Body{})
	out.Lane = CardLane(t.ID)
	return d.Owe(ctx, tx, out)
}

// react owes an emoji on a Feishu message of the ticket's group.
func (d *Desk) react(ctx context.Context, tx Tx, t *Ticket, key string, on RemoteID, emoji string) error {
	out := toTopic(t, UseReaction, key, Body{Emoji: emoji})
	out.Chat, out.Target = t.ChatID, on
	return d.Owe(ctx, tx, out)
}

// change saves the ticket and owes its card; a new status is told to all who follow it.
func (d *Desk) change(ctx context.Context, tx Tx, t *Ticket) error {
	t.UpdatedAt = d.Now()
	if from := t.Followed; from != t.Status {
		t.Followed = t.Status // before: whoever follows may change the ticket, too
		if err := d.moved(ctx, tx, t, from); err != nil {
			return err
		}
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	return d.showCard(ctx, tx, t)
}

func urgencyOf(t *Ticket) Urgency {
	if t.Urgent {
		return UrgencyEmergency
	}
	return UrgencyInteractive
}

func present(ids []RemoteID) []RemoteID {
	var out []RemoteID
	for _, id := range ids {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}

// openIDs are the Feishu ids of colleagues, to mention them.
func openIDs(staff ...customers.Staff) []RemoteID {
	var out []RemoteID
	for _, s := range staff {
		out = append(out, RemoteID(s.OpenID))
	}
	return present(out)
}
