package tickets

import (
	"context"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Entry kinds of promises.
const (
	EntryWorkaround EntryKind = "workaround" // what lets the customer go on
	EntryWarned     EntryKind = "warned"     // so much of a promise is used
	EntryBreached   EntryKind = "breached"   // a promise was broken
	EntryFlagged    EntryKind = "flagged"    // a clock was not served honestly
	EntryReaimed    EntryKind = "reaimed"    // promises were made anew, used time kept
	EntryReminded   EntryKind = "reminded"   // the customer was reminded of what he is asked for
)

// The texts of the catalogue that name a clock, and what to do before it runs out.
var (
	clockNames = map[ClockKind]string{ClockResponse: "clock.response", ClockWorkaround: "clock.workaround", ClockSolution: "clock.solution"}
	clockHints = map[ClockKind]string{ClockResponse: "clock.respond", ClockWorkaround: "clock.give_workaround", ClockSolution: "clock.solve"}
	pauseNames = map[PauseWhy]string{PauseWaiting: "pause.waiting", PauseRepro: "pause.repro", PauseSolved: "pause.solved", PauseOver: "pause.over"}
)

// clockLines are the card's lines about promises: what was broken, the next deadline with what remains, or why the clocks stand.
func (d *Desk) clockLines(ctx context.Context, tx Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	var lines []Line
	if t.Workaround != "" {
		lines = append(lines, Line{Label: say.T("clock.workaround"), Text: Shorten(t.Workaround, 120)})
	}
	if !t.Status.Open() || t.Status == StatusSolved {
		return lines, nil
	}
	list, err := tx.Clocks(ctx, t.ID)
	if err != nil || len(list) == 0 {
		return lines, err
	}
	x, err := d.dialOf(ctx, tx, v.customer)
	if err != nil {
		return nil, err
	}
	label := say.T("card.deadline")
	var next, stands *Clock
	for i := range list {
		c := &list[i]
		switch {
		case !c.FlaggedAt.IsZero():
			lines = append(lines, Line{Label: say.T("card.flagged"), Text: say.T("clock.hollow_line")})
		case c.Broken():
			text := say.T("clock.broken", Args{"Clock": say.T(clockNames[c.Kind]), "At": d.Clock(c.DueAt, v.customer)})
			lines = append(lines, Line{Label: label, Text: text, Alarm: true})
		case c.Owed() && c.Runs() && (next == nil || c.DueAt.Before(next.DueAt)):
			next = c
		case c.Owed() && !c.Runs():
			stands = c
		}
	}
	switch {
	case next != nil:
		left := spell(say, next.Target-next.UsedBy(d.Now(), x.of(next)))
		if !next.AllHours {
			left = say.T("clock.work_left", Args{"Left": left})
		}
		text := say.T("clock.next", Args{"Clock": say.T(clockNames[next.Kind]), "At": d.Clock(next.DueAt, v.customer), "Left": left})
		lines = append(lines, Line{Label: label, Text: text})
	case stands != nil:
		lines = append(lines, Line{Label: label, Text: say.T("clock.stands", Args{"Clock": say.T(clockNames[stands.Kind]),
			"Used": spell(say, stands.Used), "Left": spell(say, stands.Target-stands.Used)})})
	}
	return lines, nil
}

// policyName writes a policy's key as people read it: type, tier, contract.
func policyName(say words.Locale, k customers.PolicyKey) string {
	kind, tier := say.T("policy.any_type"), say.T("policy.any_tier")
	if k.Type != "" {
		kind = say.T("type." + k.Type)
	}
	if k.Tier != "" {
		tier = say.T("policy.tier", Args{"Tier": k.Tier})
	}
	parts := []string{kind, tier}
	if k.Contract != "" {
		parts = append(parts, say.T("policy.contract"))
	}
	return strings.Join(parts, " · ")
}

// PolicyText writes a policy in one line: whom it is for and what it promises.
func PolicyText(say words.Locale, p customers.Policy) string {
	return say.T("policy.line", Args{"Name": policyName(say, p.PolicyKey), "Promises": policyPromises(say, p)})
}

// PolicyName writes whom a policy is for.
func PolicyName(say words.Locale, k customers.PolicyKey) string { return policyName(say, k) }

func policyPromises(say words.Locale, p customers.Policy) string {
	hours := "policy.work_hours"
	if p.AllHours {
		hours = "policy.all_hours"
	}
	return say.T("policy.promises", Args{"Response": spellPromise(say, p.Response), "Workaround": spellPromise(say, p.Workaround),
		"Solution": spellPromise(say, p.Solution), "Hours": say.T(hours)})
}

func spellPromise(say words.Locale, d time.Duration) string {
	if d == 0 {
		return say.T("policy.none")
	}
	return spell(say, d)
}

// reaimedText says by which policy and until when is promised now.
func (d *Desk) reaimedText(list []Clock, p customers.Policy, c customers.Customer) string {
	say := d.group()
	parts := []string{policyName(say, p.PolicyKey)}
	for i := range list {
		if list[i].Owed() {
			parts = append(parts, say.T("clock.due", Args{"Clock": say.T(clockNames[list[i].Kind]), "At": d.Clock(list[i].DueAt, c)}))
		}
	}
	return strings.Join(parts, "；")
}
