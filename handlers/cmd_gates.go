package handlers

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// gatesCommands are the verbs of this file.
func gatesCommands() []*command {
	return []*command{{name: "gate", verb: "关口", aliases: []string{"guankou", "gate"}, run: runGate}}
}

// gatesPresses are the buttons of this file.
var gatesPresses = map[string]pressed{"gate": pressGate, "gate_kept": pressGateKept, "line": pressLine}

// Words that may follow /关口 besides the five answers.
const (
	gateOpenWord     = "open"
	gateCameWord     = "came"
	gateMissingWord  = "missing"
	gateDelegateWord = "delegate"
)

// gateWords are what follows /关口, folded.
var gateWords = map[string]string{
	"给人": string(tickets.GatePeople), "people": string(tickets.GatePeople), "geiren": string(tickets.GatePeople),
	"给钱": string(tickets.GateMoney), "money": string(tickets.GateMoney), "geiqian": string(tickets.GateMoney),
	"给方案": string(tickets.GateSolution), "solution": string(tickets.GateSolution), "geifangan": string(tickets.GateSolution),
	"接管": string(tickets.GateTakeOver), "takeover": string(tickets.GateTakeOver), "jieguan": string(tickets.GateTakeOver),
	"退回": string(tickets.GateDecline), "decline": string(tickets.GateDecline), "tuihui": string(tickets.GateDecline),
	"开": gateOpenWord, "open": gateOpenWord, "kai": gateOpenWord,
	"已落实": gateCameWord, "落实": gateCameWord, "came": gateCameWord,
	"未落实": gateMissingWord, "missing": gateMissingWord,
	"委托": gateDelegateWord, "delegate": gateDelegateWord, "weituo": gateDelegateWord,
}

// runGate carries out /关口: one of the five answers, the liaison's opening, what became of a grant, or the appointment of a delegate. The
// ticket's number may stand before or behind the word.
func runGate(c *call, _ *tickets.Ticket, rest string) error {
	number, rest, numbered := cutNumber(rest)
	head, after := cutWord(rest)
	word := gateWords[strings.ToLower(width.Fold.String(head))]
	if word != "" && !numbered {
		number, after, numbered = cutNumber(after)
	}
	if word == gateDelegateWord {
		return c.appointDelegate(after)
	}
	t, err := c.gateTicket(number, numbered, word)
	if err != nil {
		return err
	}
	switch word {
	case "":
		if head != "" {
			return tickets.Refuse(tickets.CodeInvalid, "refuse.gate_what", nil)
		}
		return c.tellGates(t)
	case gateOpenWord:
		return c.openGate(t, after)
	case gateCameWord, gateMissingWord:
		if _, err := c.GateKept(c.ctx, c.tx, c.who, t.ID, 0, word == gateCameWord, after); err != nil {
			return err
		}
		return c.reply(c.say.T("done.gate_kept", tickets.Args{"Number": t.Number}))
	}
	reply, err := c.gateReply(tickets.GateAnswer(word), after, "")
	if err != nil {
		return err
	}
	if t, err = c.AnswerGate(c.ctx, c.tx, c.who, t.ID, reply); err != nil {
		return err
	}
	return c.reply(c.say.T("done.gate", tickets.Args{"Number": t.Number, "Answer": c.say.T("gate_answer." + word)}))
}

// gateTicket is the ticket named by number, else the topic's, else the only one that waits for the caller.
func (c *call) gateTicket(number string, numbered bool, word string) (*tickets.Ticket, error) {
	if numbered || c.topic != nil || word == gateOpenWord {
		t, _, err := c.ticketMeant(lookup("gate"), number)
		if err != nil {
			return nil, err
		}
		return c.survivor(t)
	}
	waiting, err := c.tx.GatesBefore(c.ctx, c.who.ID)
	if err != nil {
		return nil, err
	}
	switch len(waiting) {
	case 1:
		return c.tx.Ticket(c.ctx, waiting[0].TicketID)
	case 0:
		return nil, tickets.Refuse(tickets.CodeInvalid, "refuse.no_number", tickets.Args{"Usage": c.say.T("usage.gate")})
	}
	list, err := c.withGates(nil)
	if err != nil {
		return nil, err
	}
	var numbers []string
	for _, t := range list {
		numbers = append(numbers, t.Number)
	}
	return nil, tickets.Refuse(tickets.CodeInvalid, "refuse.gate_which", tickets.Args{"Numbers": strings.Join(numbers, c.say.T("list.comma"))})
}

// withGates puts the tickets that wait for the caller's decision before others.
func (c *call) withGates(others []*tickets.Ticket) ([]*tickets.Ticket, error) {
	waiting, err := c.tx.GatesBefore(c.ctx, c.who.ID)
	if err != nil {
		return nil, err
	}
	var list []*tickets.Ticket
	for _, g := range waiting {
		t, err := c.tx.Ticket(c.ctx, g.TicketID)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return append(list, others...), nil
}

// gateReply reads what an answer is about: a colleague, an amount, or words. helper is the id chosen on the card, if any.
func (c *call) gateReply(answer tickets.GateAnswer, text, helper string) (tickets.GateReply, error) {
	reply := tickets.GateReply{Answer: answer, Text: text, From: c.origin(false)}
	switch answer {
	case tickets.GatePeople:
		var err error
		if helper != "" {
			reply.Helper, err = c.chosen(helper)
			return reply, err
		}
		if text == "" {
			return reply, tickets.Refuse(tickets.CodeInvalid, "refuse.gate_no_helper", nil)
		}
		reply.Helper, reply.Text, err = c.colleagueMeant(text)
		return reply, err
	case tickets.GateMoney:
		amount, after := cutWord(text)
		cents, ok := tickets.ParseYuan(amount)
		if !ok {
			return reply, tickets.Refuse(tickets.CodeInvalid, "refuse.gate_no_amount", nil)
		}
		if unit, more := cutWord(after); unit == "元" || unit == "块" {
			after = more
		}
		reply.Cents, reply.Text = cents, after
	case tickets.GateSolution, tickets.GateTakeOver, tickets.GateDecline:
	}
	return reply, nil
}

func (c *call) chosen(id string) (customers.Staff, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return customers.Staff{}, tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	s, err := c.tx.Staff(c.ctx, n)
	if errors.Is(err, tickets.ErrNotFound) {
		err = tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	return s, err
}

// openGate opens a gate because the liaison says so.
func (c *call) openGate(t *tickets.Ticket, reason string) error {
	if !c.who.Has(customers.RoleLiaison) {
		return tickets.Refuse(tickets.CodeDenied, "refuse.role",
			tickets.Args{"Verb": c.say.T("gate.open_verb"), "Who": c.say.T("role." + string(customers.RoleLiaison))})
	}
	held, err := c.OpenGateBy(c.ctx, c.tx, c.who, t.ID, reason)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.gate_open", tickets.Args{"Number": t.Number, "Name": held.Name}))
}

// tellGates says who is asked about a ticket, and what was answered before.
func (c *call) tellGates(t *tickets.Ticket) error {
	entries, err := c.tx.Entries(c.ctx, t.ID, 0)
	if err != nil {
		return err
	}
	customer, err := c.customerOf(t.CustomerID)
	if err != nil {
		return err
	}
	lines := []string{c.say.T("gate.list_head", tickets.Args{"Number": t.Number, "Usage": c.say.T("usage.gate")})}
	for _, e := range entries {
		if strings.HasPrefix(string(e.Kind), "gate_") {
			lines = append(lines, c.historyLine(e, customer))
		}
	}
	if len(lines) == 1 {
		return tickets.Refuse(tickets.CodeConflict, "refuse.gate_none", tickets.Args{"Number": t.Number})
	}
	return c.reply(strings.Join(lines, "\n"))
}

// delegateSpan is how long a delegate is appointed for when nothing is said; a longer time than delegateMost is refused.
const (
	delegateSpan = 7 * 24 * time.Hour
	delegateMost = 90 * 24 * time.Hour
)

// gatekeepers have gates of their own.
var gatekeepers = []customers.Role{customers.RoleProductManager, customers.RoleLeader}

// appointDelegate lets somebody answer everything in the caller's place for a time, or takes that back.
func (c *call) appointDelegate(rest string) error {
	if !slices.ContainsFunc(gatekeepers, c.who.Has) {
		who := c.say.T("role."+string(gatekeepers[0])) + c.say.T("list.comma") + c.say.T("role."+string(gatekeepers[1]))
		return tickets.Refuse(tickets.CodeDenied, "refuse.role", tickets.Args{"Verb": c.say.T("gate.delegate_verb"), "Who": who})
	}
	if word, _ := cutWord(rest); word == "撤销" || strings.EqualFold(word, "off") {
		if err := c.tx.SetGateDelegate(c.ctx, c.who.ID, 0, time.Time{}); err != nil {
			return err
		}
		return c.reply(c.say.T("done.gate_delegate_off"))
	}
	if rest == "" {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.gate_delegate_usage", nil)
	}
	to, after, err := c.colleagueMeant(rest)
	if err != nil {
		return err
	}
	span := delegateSpan
	if after = strings.TrimSpace(after); after != "" {
		var ok bool
		if span, ok = parseDuration(after); !ok {
			return tickets.Refuse(tickets.CodeInvalid, "refuse.gate_delegate_usage", nil)
		}
	}
	if to.ID == c.who.ID || span <= 0 || span > delegateMost {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.gate_delegate_usage", nil)
	}
	until := c.Now().Add(span)
	if err := c.tx.SetGateDelegate(c.ctx, c.who.ID, to.ID, until); err != nil {
		return err
	}
	say := c.ToStaff(to)
	title := say.T("gate.delegate_title", tickets.Args{"Name": c.who.Name})
	card := tickets.Card{Title: title, Summary: title, Colour: tickets.ColourNew,
		Lines: []tickets.Line{{Text: say.T("gate.delegate_text", tickets.Args{"At": c.Clock(until, customers.Customer{})})}}}
	if err := c.ShowStaff(c.ctx, c.tx, to, 0, fmt.Sprintf("delegate:%s", c.in.ID), card); err != nil {
		return err
	}
	return c.reply(c.say.T("done.gate_delegate", tickets.Args{"Name": to.Name, "At": c.Clock(until, customers.Customer{})}))
}

// pressGate takes an answer from the gate's card: the words of its form are those behind /关口.
func pressGate(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := strconv.ParseInt(a.Fields["gate"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	answer := tickets.GateAnswer(a.Fields["answer"])
	reply, err := c.gateReply(answer, strings.TrimSpace(a.Fields["text"]), a.Fields["helper"])
	if err != nil {
		return "", err
	}
	reply.GateID = id
	if _, err := c.AnswerGate(c.ctx, c.tx, c.who, t.ID, reply); err != nil {
		return "", err
	}
	return c.say.T("done.gate", tickets.Args{"Number": t.Number, "Answer": c.say.T("gate_answer." + string(answer))}), nil
}

func pressGateKept(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := strconv.ParseInt(a.Fields["gate"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	if _, err := c.GateKept(c.ctx, c.tx, c.who, t.ID, id, a.Fields["kept"] == tickets.GateCame, ""); err != nil {
		return "", err
	}
	return c.say.T("done.gate_kept", tickets.Args{"Number": t.Number}), nil
}

// pressLine sends the answer to a contact who asked for the presser in person.
func pressLine(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	text := strings.TrimSpace(a.Fields["text"])
	id, err := strconv.ParseInt(a.Fields["line"], 10, 64)
	switch _, isCommand := parseCommand(text); {
	case err != nil:
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	case text == "":
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_empty", nil)
	case isCommand:
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_command", nil)
	}
	if _, err := c.AnswerLine(c.ctx, c.tx, c.who, id, tickets.Said{Text: text, From: c.origin(false)}); err != nil {
		return "", err
	}
	if c.topic != nil {
		if err := c.reply(c.say.T("topic.form_reply", tickets.Args{"Name": c.who.Name, "Words": text})); err != nil {
			return "", err
		}
	}
	return c.say.T("done.reply", tickets.Args{"Number": t.Number}), nil
}

// mustBeAllowedOn refuses as mustBeAllowed does, unless the caller has the ticket, or its customer asked for him in person: then he may do
// what engineers do, or answer. id 0 is no ticket.
func (c *call) mustBeAllowedOn(cmd *command, id tickets.TicketID) error {
	refused := c.mustBeAllowed(cmd)
	if refused == nil || id == 0 || !slices.Contains(cmd.who, customers.RoleOwner) {
		return refused
	}
	t, err := c.tx.Ticket(c.ctx, id)
	if err != nil {
		return refused
	}
	may := t.OwnerID == c.who.ID
	if cmd.name == "reply" {
		if may, err = c.MayAnswerFor(c.ctx, c.tx, c.who, t); err != nil {
			return err
		}
	}
	if may {
		return nil
	}
	return refused
}

// mustBeAllowedIn is mustBeAllowedOn for the ticket that typed words are about.
func (c *call) mustBeAllowedIn(cmd *command, rest string) error {
	refused := c.mustBeAllowed(cmd)
	if refused == nil || !cmd.onTicket {
		return refused
	}
	t, _, err := c.ticketMeant(cmd, rest)
	if err != nil {
		return refused
	}
	return c.mustBeAllowedOn(cmd, t.ID)
}
