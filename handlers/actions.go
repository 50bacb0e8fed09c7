package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"servicedesk/customers"
	"servicedesk/tickets"
	"servicedesk/words"
)

// Act carries out a press on a card inside one transaction and says what the presser sees. Rights follow from who pressed, never from the
// button; a press that was heard before acts no second time.
func (r *Router) Act(ctx context.Context, tx tickets.Tx, a tickets.Action) (tickets.Answer, error) {
	say := words.In(r.Locale)
	if first, err := tx.MarkSeen(ctx, tickets.Feishu, a.Key); err != nil || !first {
		return tickets.Answer{Level: "info", Text: say.T("toast.again")}, err
	}
	who, err := tx.StaffByOpenID(ctx, a.Actor)
	if errors.Is(err, tickets.ErrNotFound) {
		return tickets.Answer{Level: "error", Text: say.T("refuse.stranger")}, nil
	}
	if err != nil {
		return tickets.Answer{}, err
	}
	c := &call{Router: r, ctx: ctx, tx: tx, who: who, say: r.ToStaff(who),
		in: tickets.Inbound{Platform: tickets.Feishu, ID: tickets.RemoteID(a.Key), Channel: a.Chat, Author: a.Actor, At: a.At,
			Target: a.Card}}
	text, err := c.press(a)
	var which *unclear
	if errors.As(err, &which) {
		text, err = c.say.T("which.ask", tickets.Args{"Name": which.name}), c.askWhich(which)
	}
	var refusal *tickets.Error
	if errors.As(err, &refusal) {
		return tickets.Answer{Level: "error", Text: c.refusal(refusal)}, nil
	}
	return tickets.Answer{Level: "success", Text: text}, err
}

// pressed is what one verb of a button does; it answers the toast.
type pressed func(c *call, t *tickets.Ticket, a tickets.Action) (string, error)

var presses = map[string]pressed{
	"claim": pressClaim, "reply": pressReply, "solve": pressSolve, "note": pressNote, "wait": pressWait,
	"assign": pressAssign, "history": pressHistory, "forward": pressForward, "bind": pressBind,
	"retake": pressRetake,
}

// aboutNoTicket are the verbs of buttons that may stand on cards without a ticket; they get nil for it then.
var aboutNoTicket = map[string]bool{"which": true, "customer": true, "customer_history": true, "triad_over": true, "task_done": true, "confirm": true}

func (c *call) press(a tickets.Action) (string, error) {
	press, ok := presses[a.Verb]
	if !ok {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	cmd := lookup(a.Verb)
	if a.Verb == "forward" { // 发给客户 is a reply
		cmd = lookup("reply")
	}
	if cmd != nil {
		if err := c.mustBeAllowedOn(cmd, a.Ticket); err != nil {
			return "", err
		}
	}
	if a.Ticket == 0 && aboutNoTicket[a.Verb] {
		return press(c, nil, a)
	}
	t, err := c.tx.Ticket(c.ctx, a.Ticket)
	if errors.Is(err, tickets.ErrNotFound) {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	if err != nil {
		return "", err
	}
	if leadsOn[a.Verb] {
		if t, err = c.survivor(t); err != nil {
			return "", err
		}
	}
	if t.CardID != "" { // whatever a button brings stands in the ticket's topic, where its toast says it is
		c.topic = t
	}
	return press(c, t, a)
}

// said is the text of a form: the field named text, or the only filled one.
func said(a tickets.Action) string {
	if s := a.Fields["text"]; s != "" {
		return s
	}
	if len(a.Fields) == 1 {
		for name, value := range a.Fields {
			if name != "entry" && name != "contact" {
				return value
			}
		}
	}
	return ""
}

func pressClaim(c *call, t *tickets.Ticket, _ tickets.Action) (string, error) {
	if _, err := c.Claim(c.ctx, c.tx, c.who, t.ID); err != nil {
		return "", err
	}
	return c.say.T("done.claim", tickets.Args{"Number": t.Number, "Name": c.who.Name}), nil
}

func pressReply(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	text := said(a)
	if text == "" {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_empty", nil)
	}
	if _, isCommand := parseCommand(text); isCommand {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_command", nil)
	}
	if _, err := c.Reply(c.ctx, c.tx, c.who, t.ID, tickets.Said{Text: text, From: c.origin(false)}); err != nil {
		return "", err
	}
	if c.topic != nil { // what was sent through the form stands in the topic, too
		if err := c.reply(c.say.T("topic.form_reply", tickets.Args{"Name": c.who.Name, "Words": text})); err != nil {
			return "", err
		}
	}
	return c.say.T("done.reply", tickets.Args{"Number": t.Number}), nil
}

func pressSolve(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	if _, isCommand := parseCommand(said(a)); isCommand {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_command", nil)
	}
	solution, err := solutionIn(said(a))
	if err != nil {
		return "", err
	}
	if _, err := c.Solve(c.ctx, c.tx, c.who, t.ID, solution, c.origin(false)); err != nil {
		return "", err
	}
	if c.topic != nil {
		if err := c.reply(c.say.T("topic.form_solve", tickets.Args{"Name": c.who.Name, "Words": solution.Text})); err != nil {
			return "", err
		}
	}
	return c.say.T("done.solve", tickets.Args{"Number": t.Number}), nil
}

func pressNote(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	text := said(a)
	if text == "" {
		return c.askForm(t, "note", tickets.Input{Name: "text", Label: c.say.T("form.note"), Lines: 3, Required: true})
	}
	if _, _, err := c.Note(c.ctx, c.tx, c.who, t.ID, tickets.Said{Text: text, From: c.origin(false)}); err != nil {
		return "", err
	}
	return c.say.T("done.note", tickets.Args{"Number": t.Number}), nil
}

func pressWait(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	if _, err := c.Wait(c.ctx, c.tx, c.who, t.ID, said(a), c.origin(false)); err != nil {
		return "", err
	}
	return c.say.T("done.wait", tickets.Args{"Number": t.Number}), nil
}

func pressAssign(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	if a.Fields["to"] == "" {
		options, err := c.engineerOptions()
		if err != nil {
			return "", err
		}
		return c.askForm(t, "assign", tickets.Input{Name: "to", Label: c.say.T("form.assign"), Options: options, Required: true},
			tickets.Input{Name: "reason", Label: c.say.T("form.reason")})
	}
	id, err := strconv.ParseInt(a.Fields["to"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	to, err := c.tx.Staff(c.ctx, id)
	if err != nil {
		return "", err
	}
	if _, err := c.Assign(c.ctx, c.tx, c.who, t.ID, to, a.Fields["reason"]); err != nil {
		return "", err
	}
	return c.say.T("done.assign", tickets.Args{"Number": t.Number, "To": to.Name}), nil
}

func (c *call) engineerOptions() ([]tickets.Option, error) {
	all, err := c.tx.AllStaff(c.ctx)
	if err != nil {
		return nil, err
	}
	var options []tickets.Option
	for _, s := range all {
		if s.Serves() {
			options = append(options, tickets.Option{Text: s.Name, Value: fmt.Sprint(s.ID)})
		}
	}
	return options, nil
}

// askForm posts a small form in the topic for what a button needs to know.
func (c *call) askForm(t *tickets.Ticket, verb string, inputs ...tickets.Input) (string, error) {
	label := c.say.T("button." + verb)
	card := tickets.Card{Title: label + " " + t.Number, Colour: tickets.ColourNew, Summary: label + " " + t.Number,
		Form: &tickets.Form{Name: verb, Inputs: inputs, Buttons: []tickets.Button{{Text: label, Verb: verb, Ticket: t.ID, Style: "primary"}}}}
	return c.say.T("toast.form"), c.show(card)
}

func pressRetake(c *call, t *tickets.Ticket, _ tickets.Action) (string, error) {
	_, err := c.Retake(c.ctx, c.tx, c.who, t.ID, c.origin(false))
	return c.say.T("done.retake", tickets.Args{"Number": t.Number}), err
}

func pressHistory(c *call, t *tickets.Ticket, _ tickets.Action) (string, error) {
	return c.say.T("toast.history"), c.tellHistory(t)
}

// pressForward sends images or files that were kept internal to the customer: the named ones, or the latest of the topic.
func pressForward(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	entries, err := c.tx.Entries(c.ctx, t.ID, 0)
	if err != nil {
		return "", err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		if e.Kind != tickets.EntryNote || len(e.Attached) == 0 || a.Fields["entry"] != "" && a.Fields["entry"] != fmt.Sprint(e.ID) {
			continue
		}
		from := tickets.Origin{Message: tickets.RemoteID(fmt.Sprintf("forward-%d", e.ID))}
		if forwarded(entries, from.Message) {
			return c.say.T("toast.forwarded"), nil
		}
		_, err := c.Reply(c.ctx, c.tx, c.who, t.ID, tickets.Said{Media: e.Attached, From: from})
		return c.say.T("done.reply", tickets.Args{"Number": t.Number}), err
	}
	return "", tickets.Refuse(tickets.CodeConflict, "refuse.nothing_to_forward", nil)
}

// forwarded reports whether the attachments went out before.
func forwarded(entries []tickets.Entry, id tickets.RemoteID) bool {
	return slices.ContainsFunc(entries, func(e tickets.Entry) bool { return e.RemoteID == id })
}

func pressBind(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := strconv.ParseInt(a.Fields["contact"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	contact, err := c.tx.Contact(c.ctx, id)
	if err != nil {
		return "", err
	}
	customer, err := c.customerNamed(a.Fields["customer"])
	if err != nil {
		return "", err
	}
	if err := c.Bind(c.ctx, c.tx, c.who, contact, customer); err != nil {
		return "", err
	}
	return c.say.T("done.bind", tickets.Args{"Contact": contact.Name, "Customer": customer.Name}), nil
}

// customerNamed finds a customer by code or name, or says which there are.
func (c *call) customerNamed(codeOrName string) (customers.Customer, error) {
	customer, err := c.tx.FindCustomer(c.ctx, codeOrName)
	if errors.Is(err, tickets.ErrNotFound) {
		return customer, tickets.Refuse(tickets.CodeNotFound, "refuse.no_customer", tickets.Args{"Name": codeOrName})
	}
	return customer, err
}
