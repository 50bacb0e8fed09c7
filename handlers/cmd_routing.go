package handlers

import (
	"fmt"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// routingCommands are the verbs of this file and of cmd_routing_rules.go.
func routingCommands() []*command {
	can := with(engineers, customers.RoleLiaison)
	return []*command{
		{name: "type", verb: "改类", aliases: []string{"gailei", "type"}, who: can, onTicket: true, run: runType},
		{name: "priority", verb: "优先级", aliases: []string{"youxianji", "priority"}, who: can, onTicket: true, run: runPriority},
		{name: "module", verb: "模块", aliases: []string{"mokuai", "module"}, who: can, onTicket: true, run: runModule},
		{name: "escalate", verb: "升级", aliases: []string{"shengji", "escalate"}, who: can, onTicket: true, run: runEscalate},
		{name: "whyme", verb: "为什么派我", aliases: []string{"weishenmepaiwo", "whyme"}, onTicket: true, run: runWhyMe},
		{name: "rules", verb: "规则", aliases: []string{"guize", "rules"},
			who: []customers.Role{customers.RoleProductManager, customers.RoleAdmin}, run: runRules},
	}
}

// routingPresses are the buttons of this file.
var routingPresses = map[string]pressed{"type": pressType, "escalate": pressEscalate}

func runType(c *call, t *tickets.Ticket, rest string) error {
	to, ok := tickets.TypeNamed(rest)
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.no_type", tickets.Args{"Word": rest, "Types": c.typeList(), "Usage": c.say.T("usage.type")})
	}
	return c.reclassify(t, tickets.Reclass{Type: to})
}

func (c *call) typeList() string {
	var names []string
	for _, t := range tickets.Types {
		names = append(names, c.say.T("type."+string(t)))
	}
	return strings.Join(names, c.say.T("list.comma"))
}

func runPriority(c *call, t *tickets.Ticket, rest string) error {
	to, ok := tickets.PriorityNamed(rest)
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.no_priority", tickets.Args{"Usage": c.say.T("usage.priority")})
	}
	return c.reclassify(t, tickets.Reclass{Priority: to})
}

func runModule(c *call, t *tickets.Ticket, rest string) error {
	basis, err := c.tx.RoutingBasis(c.ctx, 0)
	if err != nil {
		return err
	}
	to, ok := tickets.ModuleNamed(basis.Modules, rest)
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.which_module",
			tickets.Args{"Word": rest, "Modules": strings.Join(basis.Modules, c.say.T("list.comma")), "Usage": c.say.T("usage.module")})
	}
	return c.reclassify(t, tickets.Reclass{Module: to})
}

func (c *call) reclassify(t *tickets.Ticket, to tickets.Reclass) error {
	text, err := c.reclassed(t, to)
	if err != nil {
		return err
	}
	return c.reply(text)
}

// reclassed carries a correction out and says what came of it, and what is still missing for a diagnosis.
func (c *call) reclassed(t *tickets.Ticket, to tickets.Reclass) (string, error) {
	t, changed, err := c.Reclassify(c.ctx, c.tx, c.who, t.ID, to)
	if err != nil {
		return "", err
	}
	text := c.say.T("done.confirmed_class", tickets.Args{"Number": t.Number})
	if len(changed) > 0 {
		text = c.say.T("done.reclass", tickets.Args{"Number": t.Number, "Text": strings.Join(changed, c.say.T("list.comma"))})
	}
	switch {
	case !c.who.Serves():
	case !t.DiagnosedAt.IsZero():
		text += c.say.T("done.diagnosed")
	case t.Judged.TypeSure:
		text += c.say.T("done.module_next")
	case t.Judged.ModuleSure:
		text += c.say.T("done.type_next")
	}
	return text, nil
}

// pressType asks for type, priority and module, as they are guessed, and takes what was chosen: sent unchanged, it confirms.
func pressType(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	basis, err := c.tx.RoutingBasis(c.ctx, 0)
	if err != nil {
		return "", err
	}
	to, err := c.reclassMeant(a.Fields, basis.Modules)
	if err != nil {
		return "", err
	}
	if to != (tickets.Reclass{}) {
		text, err := c.reclassed(t, to)
		if err != nil || c.topic == nil {
			return text, err
		}
		return text, c.reply(text)
	}
	var types, priorities, modules []tickets.Option
	for _, v := range tickets.Types {
		types = append(types, tickets.Option{Text: c.say.T("type." + string(v)), Value: string(v)})
	}
	for p := 1; p <= 4; p++ {
		priorities = append(priorities, tickets.Option{Text: fmt.Sprintf("P%d", p), Value: strconv.Itoa(p)})
	}
	for _, m := range basis.Modules {
		modules = append(modules, tickets.Option{Text: m, Value: m})
	}
	inputs := []tickets.Input{{Name: "type", Label: c.say.T("change.type"), Options: types, Default: string(t.Type)},
		{Name: "priority", Label: c.say.T("change.priority"), Options: priorities, Default: strconv.Itoa(int(t.Priority))}}
	if len(modules) > 0 {
		inputs = append(inputs, tickets.Input{Name: "module", Label: c.say.T("change.module"), Options: modules, Default: t.Module})
	}
	return c.askForm(t, "type", inputs...)
}

// reclassMeant reads the form; empty fields say nothing.
func (c *call) reclassMeant(fields map[string]string, modules []string) (to tickets.Reclass, err error) {
	var ok bool
	if v := fields["type"]; v != "" {
		if to.Type, ok = tickets.TypeNamed(v); !ok {
			return to, tickets.Refuse(tickets.CodeInvalid, "refuse.no_type", tickets.Args{"Word": v, "Types": c.typeList(), "Usage": c.say.T("usage.type")})
		}
	}
	if v := fields["priority"]; v != "" {
		if to.Priority, ok = tickets.PriorityNamed(v); !ok {
			return to, tickets.Refuse(tickets.CodeInvalid, "refuse.no_priority", tickets.Args{"Usage": c.say.T("usage.priority")})
		}
	}
	if v := fields["module"]; v != "" {
		if to.Module, ok = tickets.ModuleNamed(modules, v); !ok {
			return to, tickets.Refuse(tickets.CodeInvalid, "refuse.which_module",
				tickets.Args{"Word": v, "Modules": strings.Join(modules, c.say.T("list.comma")), "Usage": c.say.T("usage.module")})
		}
	}
	return to, nil
}

func runEscalate(c *call, t *tickets.Ticket, rest string) error {
	text, toTopic, err := c.escalated(t, rest)
	if err != nil || toTopic && c.topic != nil && c.topic.ID == t.ID {
		return err // the topic was told already
	}
	return c.reply(text)
}

// escalated goes one step up; toTopic: the ticket's topic was told.
func (c *call) escalated(t *tickets.Ticket, summary string) (text string, toTopic bool, err error) {
	done, err := c.Escalate(c.ctx, c.tx, c.who, t.ID, summary)
	if err != nil {
		return "", false, err
	}
	if done.To.ID == 0 {
		return c.say.T("done.escalate_gate", tickets.Args{"Number": t.Number}), false, nil
	}
	return c.say.T("done.escalate", tickets.Args{"Number": t.Number, "To": done.To.Name}), true, nil
}

func pressEscalate(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	if said(a) == "" {
		return c.askForm(t, "escalate", tickets.Input{Name: "text", Label: c.say.T("form.escalate"), Lines: 3, Required: true})
	}
	text, _, err := c.escalated(t, said(a))
	return text, err
}

// runWhyMe prints why a ticket went to whom it went: what was judged, who was looked at, and what happened since.
func runWhyMe(c *call, t *tickets.Ticket, _ string) error {
	explained, err := c.ExplainRouting(c.ctx, c.tx, t, c.say)
	if err != nil {
		return err
	}
	return c.reply(explained)
}
