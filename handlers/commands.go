package handlers

import (
	"errors"
	"maps"
	"sort"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// command is one verb. Texts help.<name> and usage.<name> of the catalogue explain it.
type command struct {
	name    string   // English, as in the catalogue's keys
	verb    string   // Chinese, as people type it
	aliases []string // pinyin and English
	// who may use it; empty = all. The owner and stand-ins count as engineers.
	who []customers.Role
	// onTicket: it acts on a ticket, named by number or by the topic.
	onTicket bool
	// asIs: a merged ticket is meant itself; other verbs act on what took it in.
	asIs bool
	run  func(c *call, t *tickets.Ticket, rest string) error
}

// engineers are those who answer tickets, in any rank.
var engineers = []customers.Role{customers.RoleEngineer, customers.RoleOwner, customers.RoleSecondLevel, customers.RoleResponder}

func with(base []customers.Role, more ...customers.Role) []customers.Role {
	return append(append([]customers.Role(nil), base...), more...)
}

// commands is the table of verbs in the order of the help text; filled in init because help itself reads it.
var commands []*command

func init() {
	am, ls := customers.RoleAccountManager, customers.RoleLiaison
	commands = []*command{
		{name: "help", verb: "帮助", aliases: []string{"bangzhu", "help"}, run: runHelp},
		{name: "ticket", verb: "单", aliases: []string{"dan", "ticket"}, onTicket: true, run: runTicket},
		{name: "mine", verb: "我的", aliases: []string{"wode", "mine"}, run: runMine},
		{name: "todo", verb: "待办", aliases: []string{"daiban", "todo"}, run: runTodo},
		{name: "find", verb: "找", aliases: []string{"zhao", "find"}, run: runFind},
		{name: "claim", verb: "接单", aliases: []string{"jiedan", "claim"}, who: engineers, onTicket: true, run: runClaim},
		{name: "assign", verb: "转派", aliases: []string{"zhuanpai", "assign"}, who: engineers, onTicket: true, run: runAssign},
		{name: "reply", verb: "回复", aliases: []string{"huifu", "reply"}, who: with(engineers, ls, am), onTicket: true, run: runReply},
		{name: "note", verb: "备注", aliases: []string{"beizhu", "note"}, who: with(engineers, ls, am), onTicket: true, run: runNote},
		{name: "wait", verb: "等待", aliases: []string{"dengdai", "wait"}, who: engineers, onTicket: true, run: runWait},
		{name: "solve", verb: "解决", aliases: []string{"jiejue", "solve"}, who: engineers, onTicket: true, run: runSolve},
		{name: "reopen", verb: "重开", aliases: []string{"chongkai", "reopen"}, who: with(engineers, ls), onTicket: true, run: runReopen},
		{name: "retake", verb: "收回", aliases: []string{"shouhui", "retake"}, who: with(engineers, ls), onTicket: true, run: runRetake},
		{name: "link", verb: "入口", aliases: []string{"rukou", "link"}, who: []customers.Role{ls, am}, run: runEntrance},
		{name: "bind", verb: "绑定", aliases: []string{"bangding", "bind"}, who: with(engineers, ls, am, customers.RoleAdmin), run: runBind},
	}
	for _, part := range []func() []*command{
		directoryCommands, presenceCommands, routingCommands, promisesCommands, gatesCommands, emergencyCommands, supervisionCommands, mergingCommands,
	} {
		commands = append(commands, part()...)
	}
	for _, part := range []map[string]pressed{
		directoryPresses, presencePresses, routingPresses, promisesPresses, gatesPresses, emergencyPresses, supervisionPresses, mergingPresses,
	} {
		maps.Copy(presses, part)
	}
}

// lookup finds a verb by any of its names.
func lookup(verb string) *command {
	for _, cmd := range commands {
		if cmd.verb == verb || cmd.name == verb {
			return cmd
		}
		for _, a := range cmd.aliases {
			if a == verb {
				return cmd
			}
		}
	}
	return nil
}

// spelled is a verb as its readers type it: the first word of its usage.
func (c *call) spelled(cmd *command) string {
	verb, _ := cutWord(c.say.T("usage." + cmd.name))
	return verb
}

// nearest are the three verbs that look most like an unknown one.
func nearest(verb string) []string {
	type guess struct {
		verb string
		far  int
	}
	var guesses []guess
	for _, cmd := range commands {
		far := distance(verb, cmd.verb)
		for _, a := range cmd.aliases {
			far = min(far, distance(verb, a))
		}
		guesses = append(guesses, guess{"/" + cmd.verb, far})
	}
	sort.SliceStable(guesses, func(i, j int) bool { return guesses[i].far < guesses[j].far })
	var out []string
	for _, g := range guesses[:3] {
		out = append(out, g.verb)
	}
	return out
}

// allowed reports whether a colleague may use a command on a ticket (nil: on none).
func (cmd *command) allowed(s customers.Staff) bool {
	if len(cmd.who) == 0 {
		return true
	}
	for _, role := range cmd.who {
		if s.Has(role) {
			return true
		}
	}
	return false
}

// mustBeAllowed refuses and names who may.
func (c *call) mustBeAllowed(cmd *command) error {
	if cmd.allowed(c.who) {
		return nil
	}
	var names []string
	for _, role := range cmd.who {
		names = append(names, c.say.T("role."+string(role)))
	}
	return tickets.Refuse(tickets.CodeDenied, "refuse.role", tickets.Args{"Verb": c.spelled(cmd), "Who": strings.Join(names, c.say.T("list.comma"))})
}

// unknown refuses a verb nobody knows and names its neighbours.
func (c *call) unknown(verb string) error {
	near := nearest(verb)
	for i, n := range near {
		near[i] = c.spelled(lookup(strings.TrimPrefix(n, "/")))
	}
	return tickets.Refuse(tickets.CodeInvalid, "refuse.unknown", tickets.Args{"Verb": "/" + verb, "Nearest": strings.Join(near, c.say.T("list.comma"))})
}

// run carries out a typed command.
func (c *call) run(cmd typed) error {
	if cmd.verb == "" {
		return c.reply(c.say.T("hint.how"))
	}
	found := lookup(cmd.verb)
	if found == nil {
		return c.unknown(cmd.verb)
	}
	if err := c.mustBeAllowedIn(found, cmd.rest); err != nil {
		return err
	}
	rest := cmd.rest
	var t *tickets.Ticket
	if found.onTicket {
		var err error
		if t, rest, err = c.ticketMeant(found, rest); err != nil {
			return err
		}
		if !found.asIs {
			if t, err = c.survivor(t); err != nil {
				return err
			}
		}
	}
	return found.run(c, t, rest)
}

// ticketMeant is the ticket named by number, else the topic's.
func (c *call) ticketMeant(cmd *command, rest string) (*tickets.Ticket, string, error) {
	number, after, ok := cutNumber(rest)
	if !ok && c.topic != nil {
		return c.topic, rest, nil
	}
	if !ok {
		return nil, "", tickets.Refuse(tickets.CodeInvalid, "refuse.no_number", tickets.Args{"Usage": c.say.T("usage." + cmd.name)})
	}
	full, _ := tickets.Number(number, "")
	t, err := c.tx.TicketByNumber(c.ctx, full)
	if errors.Is(err, tickets.ErrNotFound) {
		return nil, "", tickets.Refuse(tickets.CodeNotFound, "refuse.no_ticket", tickets.Args{"Number": full})
	}
	return t, after, err
}
