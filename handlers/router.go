// Package handlers takes what comes in: platform callbacks, staff's words and commands, card actions, health and figures.
// Each handler decodes, asks the desk, and answers.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"

	"servicedesk/bot"
	"servicedesk/customers"
	"servicedesk/tickets"
	"servicedesk/words"
)

// Router sends each inbound thing to the use case it is about. It carries out what the desk's own methods cannot know: commands and cards.
type Router struct {
	*tickets.Desk
	// Entrance is the kf account's own link, to which a customer's token is added; empty while WeCom has not given it.
	Entrance func() string
	// Pictures keeps what is drawn for an answer; nil: it is written instead.
	Pictures Pictures
}

// Pictures keeps files until they are sent.
type Pictures interface {
	Put(ctx context.Context, name string, r io.Reader) (key string, err error)
}

// Handle acts on one inbound thing inside the transaction that marks it done.
func (r *Router) Handle(ctx context.Context, tx tickets.Tx, in tickets.Inbound) error {
	if in.Platform == tickets.WeCom {
		return r.FromCustomer(ctx, tx, in)
	}
	switch in.Kind {
	case tickets.KindRecall:
		return r.Recalled(ctx, tx, in.Target)
	case tickets.KindJoined:
		c := &call{Router: r, ctx: ctx, tx: tx, in: in, say: words.In(r.Locale)}
		return c.inChat(c.say.T("chat.joined"))
	case tickets.KindLeft:
		return r.RoomGone(ctx, tx, in.Channel)
	case tickets.KindEnter, tickets.KindFail:
		return nil
	}
	return r.fromStaff(ctx, tx, in)
}

// fromStaff acts on words said in Feishu.
func (r *Router) fromStaff(ctx context.Context, tx tickets.Tx, in tickets.Inbound) error {
	c := &call{Router: r, ctx: ctx, tx: tx, in: in, say: words.In(r.Locale)}
	var err error
	if in.Root != "" && !in.Direct {
		if c.topic, err = topicOf(ctx, tx, in); err != nil {
			return err
		}
	}
	if c.topic == nil && !in.Direct {
		if err = c.enterRoom(); err != nil {
			return err
		}
	}
	cmd, isCommand := parseCommand(in.Text)
	c.who, err = tx.StaffByOpenID(ctx, in.Author)
	if errors.Is(err, tickets.ErrNotFound) {
		if isCommand || in.ToDesk || in.Direct {
			return c.reply(c.say.T("refuse.stranger"))
		}
		return nil
	}
	if err != nil {
		return err
	}
	c.say = r.ToStaff(c.who)
	switch {
	case isCommand:
		return c.refusalsAnswered(c.run(cmd))
	case c.room != nil:
		return c.refusalsAnswered(c.saidInRoom())
	case c.topic != nil:
		return c.refusalsAnswered(c.saidInTopic())
	case in.Direct || in.ToDesk:
		return c.reply(c.say.T("hint.how"))
	}
	return nil
}

// topicOf is the ticket in whose topic it was said; nil: in another thread. A card may stand in the group before the desk has noted what the
// platform called it, most of all when the desk died in between: what is said below it then waits until that is known. The second look is
// for a card that was noted between the first and the question what is under way.
func topicOf(ctx context.Context, tx tickets.Tx, in tickets.Inbound) (*tickets.Ticket, error) {
	t, err := tx.TicketByCard(ctx, in.Root)
	if !errors.Is(err, tickets.ErrNotFound) {
		return t, err
	}
	waits, err := tx.CardUnderWay(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	if waits {
		return nil, fmt.Errorf("whose topic this is: %w", bot.ErrNotYet)
	}
	if t, err = tx.TicketByCard(ctx, in.Root); errors.Is(err, tickets.ErrNotFound) {
		return nil, nil
	}
	return t, err
}

// call is one thing a colleague said or pressed, with all that is needed to act and to answer.
type call struct {
	*Router
	ctx   context.Context
	tx    tickets.Tx
	in    tickets.Inbound
	who   customers.Staff
	say   words.Locale
	topic *tickets.Ticket // the ticket whose topic or room it was said in
	room  *tickets.Room   // the room it was said in
	// picked are the names that were unclear, with the id of who is meant.
	picked map[string]int64
	// answered counts answers, so that each has a key of its own.
	answered int
}

// origin names the message for keys and echoes.
func (c *call) origin(echo bool) tickets.Origin {
	return tickets.Origin{Message: c.in.ID, Echo: echo}
}

// said is what the message says, with what it carries.
func (c *call) said(text string, echo bool) tickets.Said {
	return tickets.Said{Text: text, Media: c.in.Attached, From: c.origin(echo)}
}

// refusalsAnswered turns a refusal into words where it was asked; nothing was changed by what was refused. Other errors roll back.
func (c *call) refusalsAnswered(err error) error {
	var which *unclear
	if errors.As(err, &which) {
		return c.askWhich(which)
	}
	var refusal *tickets.Error
	if !errors.As(err, &refusal) {
		return err
	}
	return c.reply(c.refusal(refusal))
}

// refusal writes a refusal in the caller's language; statuses and verbs among its arguments become words.
func (c *call) refusal(e *tickets.Error) string {
	args := tickets.Args{}
	for k, v := range e.Args {
		switch named := v.(type) {
		case tickets.Status:
			v = c.say.T("state." + string(named))
		case tickets.GateAnswer:
			v = c.say.T("gate_answer." + string(named))
		case tickets.Verb:
			v = c.spelled(lookup(string(named)))
		}
		args[k] = v
	}
	return c.say.T(e.Key, args)
}

// saidInTopic relays words that mention the desk, and keeps the others inside.
func (c *call) saidInTopic() error {
	switch {
	case c.in.ToDesk && len(c.in.Mentions) > 0:
		return c.reply(c.say.T("topic.both_mentioned"))
	case c.in.ToDesk && c.in.Text == "" && len(c.in.Attached) == 0:
		return c.reply(c.say.T("hint.topic"))
	case c.in.ToDesk:
		if err := c.mustBeAllowedOn(lookup("reply"), c.topic.ID); err != nil { // a mention is /回复 by another name
			return err
		}
		t, err := c.survivor(c.topic)
		if err != nil {
			return err
		}
		_, err = c.Reply(c.ctx, c.tx, c.who, t.ID, c.said(c.in.Text, true))
		return err
	case c.in.Text == "" && len(c.in.Attached) == 0:
		return nil
	}
	_, entry, err := c.Note(c.ctx, c.tx, c.who, c.topic.ID, c.said(c.in.Text, false))
	if err != nil || len(c.in.Attached) == 0 {
		return err
	}
	return c.offerForward(entry)
}
