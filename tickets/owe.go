package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
)

// MaxCustomerText is the longest text a kf message carries, in bytes (developer.work.weixin.qq.com, document 94677).
const MaxCustomerText = 2048

// maxTopicText keeps a topic message well below Feishu's 30 KB for rich text, in bytes.
const maxTopicText = 9000

// Owe enqueues a delivery and stamps it. Its key need only be unique in its lane.
func (d *Desk) Owe(ctx context.Context, tx Tx, out Delivery) error {
	out.CreatedAt, out.QueuedAt = d.Now(), d.Machine()
	out.NextAt = out.QueuedAt
	out.Key = string(out.Lane) + " " + out.Key
	return tx.Enqueue(ctx, &out)
}

// tellContact owes a text to the contact of a conversation; long texts become several messages.
func (d *Desk) tellContact(ctx context.Context, tx Tx, c *Conversation, t TicketID, use Use, key, text string) error {
	parts := SplitText(text, MaxCustomerText)
	for i, part := range parts {
		out := Delivery{Lane: c.Lane(), ConversationID: c.ID, TicketID: t, Use: use, Key: key, Body: Body{Text: part}, Urgency: UrgencyInteractive}
		if i > 0 {
			out.Key = fmt.Sprintf("%s/%d", key, i+1)
		}
		if err := d.Owe(ctx, tx, out); err != nil {
			return err
		}
	}
	return nil
}

// askContact owes a menu and remembers the question as the latest open one; the caller saves the conversation.
func (d *Desk) askContact(ctx context.Context, tx Tx, c *Conversation, t TicketID, use Use, key string, q Question, menu Menu) error {
	c.Ask(q, t, d.Now())
	return d.Owe(ctx, tx, Delivery{Lane: c.Lane(), ConversationID: c.ID, TicketID: t, Use: use, Key: key, Body: Body{Menu: &menu}, Urgency: UrgencyInteractive})
}

// tellTopic owes words in the ticket's topic, mentioning people.
func (d *Desk) tellTopic(ctx context.Context, tx Tx, t *Ticket, key, text string, mentions ...RemoteID) error {
	parts := SplitText(text, maxTopicText)
	for i, part := range parts {
		out := Delivery{Lane: TopicLane(t.ID), TicketID: t.ID, Use: UseTopic, Key: key, Body: Body{Text: part}, Urgency: urgencyOf(t)}
		if i > 0 {
			out.Key = fmt.Sprintf("%s/%d", key, i+1)
		}
		if i == len(parts)-1 {
			out.Body.Mentions = present(mentions)
		}
		if err := d.Owe(ctx, tx, out); err != nil {
			return err
		}
	}
	return nil
}

// showInTopic owes a card in the ticket's topic.
func (d *Desk) showInTopic(ctx context.Context, tx Tx, t *Ticket, key string, card Card) error {
	return d.Owe(ctx, tx, Delivery{Lane: TopicLane(t.ID), TicketID: t.ID, Use: UseTopic, Key: key, Body: Body{Card: &card}, Urgency: urgencyOf(t)})
}

// attachInTopic owes the customer's media in the topic.
func (d *Desk) attachInTopic(ctx context.Context, tx Tx, t *Ticket, key string, media []Attachment) error {
	for i, m := range media {
		if m.Key == "" {
			continue
		}
		out := Delivery{Lane: TopicLane(t.ID), TicketID: t.ID, Use: UseTopic, Key: fmt.Sprintf("%s/m%d", key, i), Body: Body{Media: &m}, Urgency: urgencyOf(t)}
		if err := d.Owe(ctx, tx, out); err != nil {
			return err
		}
	}
	return nil
}

// TellStaff owes words in the direct chat with a colleague.
func (d *Desk) TellStaff(ctx context.Context, tx Tx, s customers.Staff, t TicketID, key, text string) error {
	return d.Owe(ctx, tx, Delivery{Lane: DirectLane(s.ID), StaffID: s.ID, TicketID: t, Use: UseDirect, Key: key, Body: Body{Text: text}, Urgency: UrgencyInteractive})
}

// ShowStaff owes a card in the direct chat with a colleague.
func (d *Desk) ShowStaff(ctx context.Context, tx Tx, s customers.Staff, t TicketID, key string, card Card) error {
	return d.Owe(ctx, tx, Delivery{Lane: DirectLane(s.ID), StaffID: s.ID, TicketID: t, Use: UseDirect, Key: key, Body: Body{Card: &card}, Urgency: UrgencyInteractive})
}

// showCard owes the live card as it will be when it leaves: changes that come before that share one edit.
func (d *Desk) showCard(ctx context.Context, tx Tx, t *Ticket) error {
	return d.Owe(ctx, tx, Delivery{Lane: CardLane(t.ID), TicketID: t.ID, Use: UseCardEdit, Key: fmt.Sprintf("edit:%d:%d", t.ID, t.CardShown), Urgency: urgencyOf(t)})
}

// react owes an emoji on a Feishu message of the ticket's group.
func (d *Desk) react(ctx context.Context, tx Tx, t *Ticket, key string, on RemoteID, emoji string) error {
	return d.Owe(ctx, tx, Delivery{Lane: TopicLane(t.ID), TicketID: t.ID, Use: UseReaction, Key: key, Chat: t.ChatID, Target: on, Body: Body{Emoji: emoji}, Urgency: urgencyOf(t)})
}

// change saves the ticket and owes its card.
func (d *Desk) change(ctx context.Context, tx Tx, t *Ticket) error {
	t.UpdatedAt = d.Now()
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
