package handlers

import (
	"fmt"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// formFields are what the form on a customer's card edits.
var formFields = []string{"profile_industry", "profile_business", "profile_architecture", "profile_preferences", "profile_notes"}

// showCustomer answers with a customer's card as it is now; news says first what just changed.
func (c *call) showCustomer(id int64, news string) error {
	customer, err := c.tx.Customer(c.ctx, id)
	if err != nil {
		return err
	}
	card := tickets.Card{
		Title:   c.say.T("customer.title", tickets.Args{"Name": customer.Name, "Code": customer.Code, "Tier": string(customer.Tier)}),
		Summary: customer.Name, Colour: tickets.ColourNew,
	}
	if news != "" {
		card.Lines = append(card.Lines, tickets.Line{Label: c.say.T("customer.changed"), Text: news})
	}
	served, err := c.servedLines(customer)
	if err != nil {
		return err
	}
	card.Lines = append(card.Lines, served...)
	for _, l := range profileLines(customer) {
		if l.Text != "" {
			card.Lines = append(card.Lines, tickets.Line{Label: c.fieldName(customers.NounCustomer, l.Label), Text: l.Text})
		}
	}
	people, err := c.peopleLines(customer)
	if err != nil {
		return err
	}
	card.Lines = append(card.Lines, people...)
	last, err := c.tx.LastChange(c.ctx, id)
	if err != nil {
		return err
	}
	about := map[string]string{"customer": fmt.Sprint(id), "seen": fmt.Sprint(last)}
	var ticket tickets.TicketID
	if c.topic != nil {
		ticket = c.topic.ID
	}
	card.Form = &tickets.Form{Name: "customer", Buttons: []tickets.Button{
		{Text: c.say.T("button.save"), Verb: "customer", Ticket: ticket, Args: about, Style: "primary"},
		{Text: c.say.T("button.history"), Verb: "customer_history", Ticket: ticket, Args: map[string]string{"customer": fmt.Sprint(id)}},
	}}
	values := map[string]string{}
	for _, l := range profileLines(customer) {
		values[l.Label] = l.Text
	}
	for _, name := range formFields {
		card.Form.Inputs = append(card.Form.Inputs, tickets.Input{Name: name, Label: c.fieldName(customers.NounCustomer, name), Default: values[name]})
	}
	return c.show(card)
}

// profileLines are the parts of a profile by field.
func profileLines(x customers.Customer) []tickets.Line {
	p := x.Profile
	return []tickets.Line{
		{Label: "profile_about", Text: p.About}, {Label: "profile_industry", Text: p.Industry}, {Label: "profile_business", Text: p.Business},
		{Label: "profile_architecture", Text: p.Architecture}, {Label: "profile_modules", Text: p.Modules}, {Label: "profile_sites", Text: p.Sites},
		{Label: "profile_projects", Text: p.Projects}, {Label: "profile_preferences", Text: p.Preferences}, {Label: "profile_notes", Text: p.Notes},
	}
}

// contractText is a contract in words, with its last day.
func (c *call) contractText(x customers.Customer) string {
	t := x.Contract
	if !t.Known() {
		return c.say.T("contract.none", tickets.Args{"Customer": x.Name})
	}
	parts := []string{}
	if t.Service != "" {
		parts = append(parts, t.Service)
	}
	if t.Start != "" {
		parts = append(parts, c.say.T("contract.start", tickets.Args{"Day": t.Start}))
	}
	if t.End != "" {
		parts = append(parts, c.say.T("contract.end", tickets.Args{"Day": t.End}))
		if t.OverOn(c.Now().In(c.Zone).Format("2006-01-02")) {
			parts = append(parts, c.say.T("contract.over"))
		}
	}
	if t.Hours > 0 {
		parts = append(parts, c.say.T("contract.hours", tickets.Args{"Hours": t.Hours}))
	}
	return strings.Join(parts, c.say.T("list.comma"))
}

// servedLines say how a customer is served: contract, the three, stand-ins.
func (c *call) servedLines(x customers.Customer) ([]tickets.Line, error) {
	contract := c.contractText(x)
	if x.AllHours {
		contract += c.say.T("contract.all_hours")
	}
	lines := []tickets.Line{{Label: c.say.T("customer.contract"), Text: contract}}
	team, err := c.tx.Team(c.ctx, x.ID)
	if err != nil {
		return nil, err
	}
	return append(lines, c.teamLines(team)...), nil
}

// teamLines say who has which role, and who stands in for him.
func (c *call) teamLines(team customers.Team) []tickets.Line {
	var lines []tickets.Line
	for _, role := range customers.TeamRoles {
		name := team.In(role).Name
		if name == "" {
			name = c.say.T("nobody.yet")
		}
		if list := team.StandIns[role]; len(list) > 0 {
			name += c.say.T("customer.stand_ins", tickets.Args{"Names": tickets.NamesOf(list)})
		}
		lines = append(lines, tickets.Line{Label: c.say.T("role." + string(role)), Text: name})
	}
	return lines
}

// peopleLines name a customer's contacts and its open tickets.
func (c *call) peopleLines(x customers.Customer) ([]tickets.Line, error) {
	contacts, err := c.tx.ContactsOf(c.ctx, x.ID)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range contacts {
		name := p.Name + c.say.T("customer.kind", tickets.Args{"Kind": c.say.T("kind." + string(p.Kind))})
		if p.Left() {
			name += c.say.T("customer.left")
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		names = []string{c.say.T("change.nothing")}
	}
	lines := []tickets.Line{{Label: c.say.T("customer.contacts"), Text: strings.Join(names, c.say.T("list.comma"))}}
	open, err := c.tx.FindTickets(c.ctx, tickets.Filter{CustomerID: x.ID, Statuses: tickets.OpenStatuses, Limit: 8})
	if err != nil {
		return nil, err
	}
	for i, t := range open {
		label := ""
		if i == 0 {
			label = c.say.T("customer.open")
		}
		text := t.Number + " P" + strconv.Itoa(int(t.Priority)) + " " + c.say.T("state."+string(t.Status)) + " " + tickets.Shorten(t.Title, 40)
		lines = append(lines, tickets.Line{Label: label, Text: text})
	}
	return lines, nil
}
