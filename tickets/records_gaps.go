package tickets

import (
	"context"
	"strings"
	"time"

	"servicedesk/customers"
)

// directoryPlans: the gap list reaches the liaison before half past nine.
var directoryPlans = []plan{{name: "gaps", next: daily(9, 10), run: tellGaps}}

// tellGaps sends, on working days, every liaison one message with the roles of the three that nobody fills for a customer: to the customer's
// own liaison or who acts for him, without one to those who hold that role for the company, at last to the administrators.
func tellGaps(ctx context.Context, d *Desk, tx Tx, _ time.Time) error {
	now := d.Now()
	calendar, err := d.calendarOf(ctx, tx, customers.Customer{})
	if err != nil || !calendar.WorkingDay(now) {
		return err
	}
	all, err := tx.Customers(ctx)
	if err != nil {
		return err
	}
	posts, err := tx.Posts(ctx)
	if err != nil {
		return err
	}
	lists := map[int64][]customers.Gap{}
	var readers []customers.Staff
	for _, gap := range customers.Gaps(all, posts) {
		team, err := tx.Team(ctx, gap.Customer.ID)
		if err != nil {
			return err
		}
		to, err := d.liaisons(ctx, tx, team)
		if err != nil {
			return err
		}
		for _, s := range to {
			if lists[s.ID] == nil {
				readers = append(readers, s)
			}
			lists[s.ID] = append(lists[s.ID], gap)
		}
	}
	for _, s := range readers {
		key := "gaps:" + now.In(d.Zone).Format("2006-01-02")
		if err := d.notifyStaff(ctx, tx, s, 0, key, d.gapCard(s, lists[s.ID])); err != nil {
			return err
		}
	}
	return nil
}

// mostGaps is how many customers a gap list names before it counts the rest.
const mostGaps = 40

func (d *Desk) gapCard(to customers.Staff, gaps []customers.Gap) Card {
	say := d.ToStaff(to)
	type entry struct {
		customer customers.Customer
		roles    []string
	}
	var list []entry
	for _, g := range gaps {
		if n := len(list); n == 0 || list[n-1].customer.ID != g.Customer.ID {
			list = append(list, entry{customer: g.Customer})
		}
		role := say.T("role." + string(g.Role))
		if g.Left != "" {
			role = say.T("gap.left", Args{"Role": role, "Name": g.Left})
		}
		last := &list[len(list)-1]
		last.roles = append(last.roles, role)
	}
	title := say.T("gap.title", Args{"Count": len(list)})
	card := Card{Title: title, Summary: title, Colour: ColourOurs}
	for i, e := range list {
		if i == mostGaps {
			card.Lines = append(card.Lines, Line{Text: say.T("gap.more", Args{"Count": len(list) - mostGaps})})
			break
		}
		roles := strings.Join(e.roles, say.T("list.comma"))
		card.Lines = append(card.Lines, Line{Label: e.customer.Name, Text: say.T("gap.line", Args{"Roles": roles})})
	}
	role := say.T("gap." + "as_" + string(gaps[0].Role))
	card.Lines = append(card.Lines, Line{Text: say.T("gap.how", Args{"Customer": list[0].customer.Name, "Role": role})})
	return card
}
