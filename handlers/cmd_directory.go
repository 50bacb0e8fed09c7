package handlers

import (
	"fmt"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// directoryCommands are the verbs of this file and of cmd_directory_team.go.
func directoryCommands() []*command {
	am, ls, pm, adm := customers.RoleAccountManager, customers.RoleLiaison, customers.RoleProductManager, customers.RoleAdmin
	one := func(roles ...customers.Role) []customers.Role { return roles }
	return []*command{
		{name: "customer", verb: "客户", aliases: []string{"kehu", "customer"}, who: with(engineers, ls, am), run: runCustomer},
		{name: "contact", verb: "联系人", aliases: []string{"lianxiren", "contact"}, who: with(engineers, ls, am), run: runContact},
		{name: "triad", verb: "三位", aliases: []string{"sanwei", "triad"}, who: one(am, ls), run: runTriad},
		{name: "tier", verb: "分层", aliases: []string{"fenceng", "tier"}, who: one(am, pm), run: runTier},
		{name: "skill", verb: "技能", aliases: []string{"jineng", "skill"}, who: one(pm, adm), run: runSkill},
		{name: "team", verb: "团队", aliases: []string{"tuandui", "team"}, who: one(pm, adm), run: runTeam},
		{name: "contract", verb: "合同", aliases: []string{"hetong", "contract"}, who: one(am), run: runContract},
		{name: "renew", verb: "续约", aliases: []string{"xuyue", "renew"}, who: one(am), run: runRenew},
	}
}

// directoryPresses are their buttons, and the choice among people of one name.
var directoryPresses = map[string]pressed{
	"customer": pressCustomer, "customer_history": pressCustomerHistory, "triad_over": pressTriadOver,
}

func init() { presses["which"] = pressWhich } // it runs commands, whose table names presses

// cutHistory takes a closing 历史 off.
func cutHistory(words string) (string, bool) {
	list := strings.Fields(words)
	if n := len(list); n > 0 && historyWords[strings.ToLower(list[n-1])] {
		return strings.Join(list[:n-1], " "), true
	}
	return words, false
}

func runCustomer(c *call, _ *tickets.Ticket, rest string) error {
	words, edits, err := cutEdits(rest)
	if err != nil {
		return err
	}
	name, history := cutHistory(words)
	if name == "" && c.topic == nil {
		return c.usage("customer")
	}
	customer, err := c.customerMeant(name)
	if err != nil {
		return err
	}
	if history {
		return c.tellCustomerHistory(customer)
	}
	if len(edits) == 0 {
		return c.showCustomer(customer.ID, "")
	}
	changes, err := c.EditCustomer(c.ctx, c.tx, c.who, customer.ID, edits)
	return c.editedCustomer(customer.ID, changes, err)
}

// editedCustomer answers an edit: what changed, on the card as it is now.
func (c *call) editedCustomer(id int64, changes []customers.Change, err error) error {
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return c.reply(c.say.T("done.unchanged"))
	}
	return c.showCustomer(id, c.changed(customers.NounCustomer, changes))
}

// tellCustomerHistory prints every change of a customer, its contacts and its people: when, who, what.
func (c *call) tellCustomerHistory(customer customers.Customer) error {
	changes, err := c.tx.Changes(c.ctx, customer.ID)
	if err != nil {
		return err
	}
	lines := []string{c.say.T("change.head", tickets.Args{"Customer": customer.Name, "Code": customer.Code})}
	for _, ch := range changes {
		subject := ""
		if ch.Noun == customers.NounContact {
			subject = ch.Subject + " "
		}
		lines = append(lines, c.Clock(ch.At, customer)+" "+c.editorOf(ch)+" "+subject+c.changeText(ch))
	}
	if len(changes) == 0 {
		lines = append(lines, c.say.T("change.none"))
	}
	for _, part := range tickets.SplitText(strings.Join(lines, "\n"), 9000) {
		if err := c.reply(part); err != nil {
			return err
		}
	}
	return nil
}

// editorOf is who changed something: a colleague or the desk itself, an import, or one taken back.
func (c *call) editorOf(ch customers.Change) string {
	if ch.ImportID == 0 {
		return ch.Editor
	}
	if file, undone := strings.CutPrefix(ch.Editor, customers.UndoMark); undone {
		return c.say.T("change.undo", tickets.Args{"File": file})
	}
	return c.say.T("change.import", tickets.Args{"File": ch.Editor})
}

func pressCustomerHistory(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	if err := c.mustBeAllowed(lookup("customer")); err != nil {
		return "", err
	}
	customer, err := c.customerPressed(a)
	if err != nil {
		return "", err
	}
	return c.say.T("toast.below"), c.tellCustomerHistory(customer)
}

// customerPressed is the customer that a card's button names.
func (c *call) customerPressed(a tickets.Action) (customers.Customer, error) {
	id, err := strconv.ParseInt(a.Fields["customer"], 10, 64)
	if err != nil {
		return customers.Customer{}, tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	return c.tx.Customer(c.ctx, id)
}

// pressCustomer saves the form of the customer's card. A card that others have overtaken is refused: its form would put old values back.
func pressCustomer(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	customer, err := c.customerPressed(a)
	if err != nil {
		return "", err
	}
	if _, err := c.tx.LockCustomer(c.ctx, customer.ID); err != nil {
		return "", err
	}
	last, err := c.tx.LastChange(c.ctx, customer.ID)
	if err != nil {
		return "", err
	}
	if a.Fields["seen"] != fmt.Sprint(last) {
		return "", tickets.Refuse(tickets.CodeConflict, "refuse.card_overtaken", tickets.Args{"Customer": customer.Name})
	}
	var edits []customers.Edit
	for _, name := range formFields {
		if value, ok := a.Fields[name]; ok {
			edits = append(edits, customers.Edit{Field: name, Value: value})
		}
	}
	changes, err := c.EditCustomer(c.ctx, c.tx, c.who, customer.ID, edits)
	if err != nil {
		return "", err
	}
	if len(changes) == 0 {
		return c.say.T("done.unchanged"), nil
	}
	return c.say.T("done.customer", tickets.Args{"Customer": customer.Name}), c.editedCustomer(customer.ID, changes, nil)
}

func runTier(c *call, _ *tickets.Ticket, rest string) error {
	list := strings.Fields(rest)
	if len(list) == 0 {
		return c.usage("tier")
	}
	tier := customers.Tier(strings.ToUpper(strings.TrimSuffix(list[len(list)-1], "级")))
	if tier != customers.TierA && tier != customers.TierB && tier != customers.TierC {
		return c.usage("tier")
	}
	name := strings.Join(list[:len(list)-1], " ")
	if name == "" && c.topic == nil {
		return c.usage("tier")
	}
	customer, err := c.customerMeant(name)
	if err != nil {
		return err
	}
	changes, err := c.SetTier(c.ctx, c.tx, c.who, customer.ID, tier)
	return c.editedCustomer(customer.ID, changes, err)
}

func runContract(c *call, _ *tickets.Ticket, rest string) error {
	name, edits, err := cutEdits(rest)
	if err != nil {
		return err
	}
	if name == "" && c.topic == nil {
		return c.usage("contract")
	}
	customer, err := c.customerMeant(name)
	if err != nil {
		return err
	}
	if len(edits) == 0 {
		return c.reply(c.contractText(customer))
	}
	changes, err := c.EditContract(c.ctx, c.tx, c.who, customer.ID, edits)
	return c.editedCustomer(customer.ID, changes, err)
}

func runRenew(c *call, _ *tickets.Ticket, rest string) error {
	name, edits, err := cutEdits(rest)
	if err != nil {
		return err
	}
	if len(edits) != 1 || edits[0].Value == "" || name == "" && c.topic == nil {
		return c.usage("renew")
	}
	switch strings.ToLower(edits[0].Field) {
	case "止", "到期", "end", "until", "to":
	default:
		return c.usage("renew")
	}
	customer, err := c.customerMeant(name)
	if err != nil {
		return err
	}
	changes, err := c.Renew(c.ctx, c.tx, c.who, customer.ID, edits[0].Value)
	return c.editedCustomer(customer.ID, changes, err)
}
