package handlers

import (
	"slices"
	"strings"

	"golang.org/x/text/width"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// promisesCommands are the verbs of this file.
func promisesCommands() []*command {
	return []*command{
		{name: "repro", verb: "要复现", aliases: []string{"yaofuxian", "repro"}, who: engineers, onTicket: true, run: runRepro},
		{name: "workaround", verb: "临时方案", aliases: []string{"linshifangan", "workaround"}, who: engineers, onTicket: true, run: runWorkaround},
		{name: "why", verb: "为什么", aliases: []string{"weishenme", "why"}, onTicket: true, run: runWhy},
		{name: "sla", verb: "服务级别", aliases: []string{"fuwujibie", "sla"},
			who: []customers.Role{customers.RoleAdmin, customers.RoleProductManager}, run: runPolicies},
	}
}

// promisesPresses are the buttons of this file.
var promisesPresses = map[string]pressed{"workaround": pressWorkaround, "repro": pressRepro}

func runRepro(c *call, t *tickets.Ticket, _ string) error {
	t, err := c.Repro(c.ctx, c.tx, c.who, t.ID, c.origin(false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.repro", tickets.Args{"Number": t.Number}))
}

func pressRepro(c *call, t *tickets.Ticket, _ tickets.Action) (string, error) {
	if _, err := c.Repro(c.ctx, c.tx, c.who, t.ID, c.origin(false)); err != nil {
		return "", err
	}
	return c.say.T("done.repro", tickets.Args{"Number": t.Number}), nil
}

func runWorkaround(c *call, t *tickets.Ticket, rest string) error {
	t, err := c.GiveWorkaround(c.ctx, c.tx, c.who, t.ID, rest, c.origin(false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.workaround", tickets.Args{"Number": t.Number}))
}

// pressWorkaround asks for the words by a form; its own text field is the one filled.
func pressWorkaround(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	text := said(a)
	if text == "" {
		return c.askForm(t, "workaround", tickets.Input{Name: "text", Label: c.say.T("form.workaround"), Lines: 3, Required: true})
	}
	if _, isCommand := parseCommand(text); isCommand {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_command", nil)
	}
	if _, err := c.GiveWorkaround(c.ctx, c.tx, c.who, t.ID, text, c.origin(false)); err != nil {
		return "", err
	}
	if c.topic != nil {
		if err := c.reply(c.say.T("topic.form_workaround", tickets.Args{"Name": c.who.Name, "Words": text})); err != nil {
			return "", err
		}
	}
	return c.say.T("done.workaround", tickets.Args{"Number": t.Number}), nil
}

func runWhy(c *call, t *tickets.Ticket, _ string) error {
	text, err := c.Why(c.ctx, c.tx, t, c.say)
	if err != nil {
		return err
	}
	return c.reply(text)
}

// policyFields are what /服务级别 takes besides type and tier.
var policyFields = map[string]bool{"响应": true, "方案": true, "临时方案": true, "解决": true, "时段": true,
	"response": true, "workaround": true, "solution": true, "hours": true}

// policyTypes are the types by their names, in every language; the empty one means every other.
var policyTypes = map[string]tickets.Type{
	"业务中断": tickets.TypeOutage, "报错": tickets.TypeError, "操作咨询": tickets.TypeHowTo, "业务咨询": tickets.TypeConsult,
	"需求": tickets.TypeRequirement, "环境": tickets.TypeEnvironment, "投诉": tickets.TypeComplaint, "建议": tickets.TypeIdea,
	"outage": tickets.TypeOutage, "error": tickets.TypeError, "how_to": tickets.TypeHowTo, "consult": tickets.TypeConsult,
	"requirement": tickets.TypeRequirement, "environment": tickets.TypeEnvironment, "complaint": tickets.TypeComplaint, "idea": tickets.TypeIdea,
	"其他": "", "其他类型": "", "other": "",
}

// runPolicies shows the promises, or edits those of a type and tier.
func runPolicies(c *call, _ *tickets.Ticket, rest string) error {
	if strings.TrimSpace(rest) == "" {
		return c.showPolicies()
	}
	words, fields := cutFields(rest, policyFields)
	edit, err := c.policyMeant(strings.Fields(words), fields)
	if err != nil {
		return err
	}
	was, now, others, err := c.EditPolicy(c.ctx, c.tx, c.who, edit)
	if err != nil {
		return err
	}
	lines := []string{c.say.T("done.sla", tickets.Args{"Old": tickets.PolicyText(c.say, was), "New": tickets.PolicyText(c.say, now)})}
	if len(others) > 0 {
		var names []string
		for _, p := range others {
			names = append(names, tickets.PolicyName(c.say, p.PolicyKey))
		}
		lines = append(lines, c.say.T("policy.overlap", tickets.Args{"Name": tickets.PolicyName(c.say, now.PolicyKey),
			"Others": strings.Join(names, c.say.T("list.comma"))}))
	}
	return c.reply(strings.Join(lines, "\n"))
}

func (c *call) showPolicies() error {
	all, changes, err := c.PolicyTable(c.ctx, c.tx)
	if err != nil {
		return err
	}
	lines := []string{c.say.T("policy.head")}
	for _, p := range all {
		lines = append(lines, tickets.PolicyText(c.say, p))
	}
	for i, change := range changes {
		if i == 0 {
			lines = append(lines, c.say.T("policy.changes"))
		}
		lines = append(lines, c.say.T("policy.change", tickets.Args{"At": c.Clock(change.At, customers.Customer{}), "By": change.By,
			"Name": tickets.PolicyName(c.say, change.Policy), "Old": change.Old, "New": change.New}))
	}
	lines = append(lines, c.say.T("policy.how", tickets.Args{"Usage": c.say.T("usage.sla")}))
	return c.reply(strings.Join(lines, "\n"))
}

// policyMeant reads type, tier and contract, in this order, and the fields.
func (c *call) policyMeant(said []string, fields map[string]string) (tickets.PolicyEdit, error) {
	var edit tickets.PolicyEdit
	bad := tickets.Refuse(tickets.CodeInvalid, "refuse.sla_usage", tickets.Args{"Usage": c.say.T("usage.sla")})
	if len(said) == 0 || len(said) > 3 || len(fields) == 0 {
		return edit, bad
	}
	kind, ok := policyTypes[strings.ToLower(said[0])]
	if !ok {
		return edit, tickets.Refuse(tickets.CodeInvalid, "refuse.sla_type", tickets.Args{"Value": said[0]})
	}
	edit.Key.Type = string(kind)
	for _, word := range said[1:] {
		switch word = strings.ToUpper(width.Fold.String(word)); word {
		case "A", "B", "C", "A级", "B级", "C级":
			edit.Key.Tier = customers.Tier(word[:1])
		case "7×24", "7X24", "7*24":
			edit.Key.Contract = customers.AllHoursContract
		case "全部", "各级", "ALL":
		default:
			return edit, tickets.Refuse(tickets.CodeInvalid, "refuse.sla_tier", tickets.Args{"Value": word})
		}
	}
	for name, value := range fields {
		switch name {
		case "响应", "response":
			edit.Response = &value
		case "方案", "临时方案", "workaround":
			edit.Workaround = &value
		case "解决", "solution":
			edit.Solution = &value
		case "时段", "hours":
			allHours := slices.Contains([]string{"7×24", "7x24", "7X24", "7*24"}, width.Fold.String(value))
			edit.AllHours = &allHours
		}
	}
	return edit, nil
}
