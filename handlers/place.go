package handlers

import (
	"fmt"

	"servicedesk/tickets"
)

// nextKey makes the key of an answer from its cause, so that a repeated cause answers once.
func (c *call) nextKey() string {
	c.answered++
	return fmt.Sprintf("answer:%s:%d", c.in.ID, c.answered)
}

// reply answers where it was asked: in the topic, in the direct chat, or under the message in a group.
func (c *call) reply(text string) error {
	return c.place(tickets.Body{Text: text})
}

// show answers with a card.
func (c *call) show(card tickets.Card) error {
	return c.place(tickets.Body{Card: &card})
}

func (c *call) place(body tickets.Body) error {
	out := tickets.Delivery{Key: c.nextKey(), Body: body, Urgency: tickets.UrgencyInteractive}
	switch {
	case c.room != nil:
		out.Lane, out.Use, out.Target, out.Urgency = tickets.RoomLane(c.room.ID), tickets.UseRoomSay, c.in.ID, tickets.UrgencyEmergency
	case c.topic != nil:
		out.Lane, out.Use, out.TicketID = tickets.TopicLane(c.topic.ID), tickets.UseTopic, c.topic.ID
	case c.in.Direct && c.who.ID != 0:
		out.Lane, out.Use, out.StaffID = tickets.DirectLane(c.who.ID), tickets.UseDirect, c.who.ID
	default:
		return c.placeInChat(out)
	}
	return c.Owe(c.ctx, c.tx, out)
}

// inChat says something in the group itself.
func (c *call) inChat(text string) error {
	return c.placeInChat(tickets.Delivery{Key: c.nextKey(), Body: tickets.Body{Text: text}, Urgency: tickets.UrgencyInteractive})
}

func (c *call) placeInChat(out tickets.Delivery) error {
	out.Lane, out.Use, out.Chat = tickets.ChatLane(c.in.Channel), tickets.UseChat, c.in.Channel
	switch {
	case c.in.Target != "": // the card that was pressed
		out.Target = c.in.Target
	case c.in.Kind != tickets.KindJoined:
		out.Target = c.in.ID
	}
	return c.Owe(c.ctx, c.tx, out)
}

// offerForward posts the button that sends a bare image or file of the topic to the customer.
func (c *call) offerForward(entry int64) error {
	return c.show(tickets.Card{
		Title: c.say.T("forward.title"), Colour: tickets.ColourWaiting, Summary: c.say.T("forward.title"),
		Lines: []tickets.Line{{Text: c.say.T("forward.hint")}},
		Buttons: []tickets.Button{{Text: c.say.T("button.forward"), Verb: "forward", Ticket: c.topic.ID, Style: "primary",
			Args: map[string]string{"entry": fmt.Sprint(entry)}}},
	})
}
