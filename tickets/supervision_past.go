package tickets

import (
	"context"
	"strings"
	"time"

	"servicedesk/words"
)

const (
	// painSpan and painCount: so many tickets of a customer on one module within so long are said on the card.
	painSpan  = 90 * 24 * time.Hour
	painCount = 3
	// painShown is how many earlier numbers are named, the latest.
	painShown = 5
)

// Beside is what a ticket's card says besides its own fields.
type Beside struct {
	// Earlier are the numbers of the customer's earlier tickets on the same module, oldest first.
	Earlier []string
	Pending []Pledge
	Granted []Waiver
}

// pastLines are the card's lines about the past and what was promised beside the rules: earlier tickets on the module, promises, exceptions.
func (d *Desk) pastLines(ctx context.Context, tx Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	var lines []Line
	beside, err := tx.Beside(ctx, t, t.OpenedAt.Add(-painSpan))
	if err != nil {
		return nil, err
	}
	if n := len(beside.Earlier); n+1 >= painCount {
		numbers := strings.Join(beside.Earlier[max(0, n-painShown):], say.T("list.comma"))
		lines = append(lines, Line{Label: say.T("past.label"), Text: say.T("past.line", Args{"Numbers": numbers, "Module": t.Module, "Count": n + 1})})
	}
	if t.Status.Over() {
		return lines, nil
	}
	for _, p := range beside.Pending {
		lines = append(lines, Line{Label: say.T("pledge.label"), Text: d.Clock(p.DueAt, v.customer) + " " + p.Words})
	}
	for _, w := range beside.Granted {
		who, err := d.staffOrNobody(ctx, tx, w.DecidedBy)
		if err != nil {
			return nil, err
		}
		lines = append(lines, Line{Label: say.T("waiver.label"),
			Text: say.T("waiver.line", Args{"Words": w.Text, "Until": d.Clock(w.Until, v.customer), "Name": who.Name})})
	}
	return lines, nil
}
