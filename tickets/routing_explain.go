package tickets

import (
	"context"
	"strings"

	"servicedesk/words"
)

// ExplainRouting writes why a ticket went to whom it went: module, tier, who was looked at with skill, load and duty, and what happened since.
func (d *Desk) ExplainRouting(ctx context.Context, tx Tx, t *Ticket, say words.Locale) (string, error) {
	entries, err := tx.Entries(ctx, t.ID, 0)
	if err != nil {
		return "", err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return "", err
	}
	duty, err := d.onDuty(ctx, tx)
	if err != nil {
		return "", err
	}
	owner := v.owner.Name
	if owner == "" {
		owner = say.T("nobody.yet")
	}
	lines := []string{say.T("whyme.head", Args{"Number": t.Number, "Owner": owner})}
	for i := len(entries) - 1; i >= 0; i-- {
		if e := entries[i]; e.Kind == EntryRouted {
			facts := Args{"Module": orDash(e.Data["module"]), "Tier": orDash(e.Data["tier"]), "Duty": orDash(namesOf(duty[:min(1, len(duty))], say))}
			lines = append(lines, say.T("whyme.routed", Args{"At": d.Clock(e.At, v.customer), "Why": e.Text}), say.T("whyme.facts", facts))
			if e.Data["people"] != "" {
				lines = append(lines, say.T("whyme.people"), e.Data["people"])
			}
			break
		}
	}
	for _, e := range entries {
		switch e.Kind {
		case EntryAssigned, EntryClaimed, EntryEscalated, EntryHelped:
			author := e.AuthorName
			if author == "" {
				author = say.T("desk.name")
			}
			args := Args{"Text": Shorten(e.Text, 100), "From": e.Data["from"], "To": e.Data["to"], "Count": ""}
			lines = append(lines, say.T("whyme.since", Args{"At": d.Clock(e.At, v.customer), "Text": author + " " + say.T("entry."+string(e.Kind), args)}))
		}
	}
	return strings.Join(lines, "\n"), nil
}
