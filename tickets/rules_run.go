package tickets

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// changes writes what is different between two states of a ticket, old → new.
func changes(say words.Locale, was, is *Ticket) []string {
	var out []string
	note := func(what, from, to string) {
		if from != to {
			out = append(out, say.T("change.one", Args{"What": say.T("change." + what), "From": orDash(from), "To": orDash(to)}))
		}
	}
	note("type", say.T("type."+string(was.Type)), say.T("type."+string(is.Type)))
	note("priority", "P"+strconv.Itoa(int(was.Priority)), "P"+strconv.Itoa(int(is.Priority)))
	note("module", was.Module, is.Module)
	note("tag", was.Tags, is.Tags)
	return out
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// recordRuling keeps what rules did, and which of them were stopped before they did it again.
func (d *Desk) recordRuling(ctx context.Context, tx Tx, t *Ticket, was Ticket, by ruling) error {
	say := d.group()
	if len(by.acted) > 0 {
		text := strings.Join(changes(say, &was, t), say.T("list.comma"))
		if _, err := d.record(ctx, tx, t, Entry{Kind: EntryRuled, Internal: true, Text: say.T("rule.acted", Args{"Rules": placesOf(by.acted, say),
			"Text": text})}); err != nil {
			return err
		}
	}
	for _, r := range by.looping {
		text := say.T("rule.looping", Args{"Rule": r.Place})
		if _, err := d.record(ctx, tx, t, Entry{Kind: EntryRuleStopped, Internal: true, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

func placesOf(rules []Rule, say words.Locale) string {
	var out []string
	for _, r := range rules {
		out = append(out, strconv.Itoa(r.Place))
	}
	return strings.Join(out, say.T("list.comma"))
}

// applyRules asks the rules of an event about an open ticket and carries out what they say; the caller saves the ticket. cause is unique for
// what happened.
func (d *Desk) applyRules(ctx context.Context, tx Tx, t *Ticket, rules []Rule, event RuleEvent, text, cause string) error {
	customer, team, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	was := *t
	by := ruled(rules, event, t, ruleFacts{text: text, customer: customer, now: d.Now()})
	if len(by.acted) == 0 {
		return nil
	}
	d.judgedByRules(t, was, by)
	if err := d.recordRuling(ctx, tx, t, was, by); err != nil {
		return err
	}
	if told := changes(d.group(), &was, t); len(told) > 0 {
		text := d.group().T("rule.acted", Args{"Rules": placesOf(by.acted, d.group()), "Text": strings.Join(told, d.group().T("list.comma"))})
		if err := d.tellTopic(ctx, tx, t, "rules:"+cause, text); err != nil {
			return err
		}
		if err := d.reclassed(ctx, tx, t, was); err != nil {
			return err
		}
		if err := d.tellOfClass(ctx, tx, t, was, "rules:"+cause); err != nil {
			return err
		}
	}
	if by.assign.ID == 0 {
		return nil
	}
	who, err := d.ruledTo(ctx, tx, by.assign, team.Owner, t.Module)
	if err != nil || who.ID == 0 || who.ID == t.OwnerID {
		return err
	}
	conv, err := tx.Conversation(ctx, t.ConversationID)
	if err != nil {
		return err
	}
	return d.passOn(ctx, tx, t, conv, who.Staff, Entry{Kind: EntryAssigned, Text: d.group().T("judge.rule", Args{"Rule": by.assign.Place})})
}

// passOn gives a ticket to a colleague, records the step, and tells topic and customer; the caller saves the ticket.
func (d *Desk) passOn(ctx context.Context, tx Tx, t *Ticket, conv *Conversation, to customers.Staff, step Entry) error {
	before, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	t.OwnerID = to.ID
	t.Routed = d.group().T("route.handed", Args{"To": to.Name, "Why": step.Text})
	if t.Status != StatusSolved {
		if err := t.Move(StatusAssigned, d.Now()); err != nil {
			return err
		}
	}
	step.Data = map[string]string{"from": orDash(before.Name), "to": to.Name}
	entry, err := d.record(ctx, tx, t, step)
	if err != nil {
		return err
	}
	by := step.AuthorName
	if by == "" {
		by = d.group().T("desk.name")
	}
	key := "topic.assigned"
	if step.Kind == EntryEscalated {
		key = "topic.escalated"
	}
	text := d.group().T(key, Args{"By": by, "To": to.Name, "Reason": step.Text})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("assigned:%d", entry), text, openIDs(to)...); err != nil {
		return err
	}
	return inTurn(
		func() error { return d.tellHolder(ctx, tx, t, conv, to, entry, "holder.assigned") },
		func() error { return d.emergencyAssigned(ctx, tx, t, to, entry) })
}

// routingHeard asks the rules about further words of the customer.
func (d *Desk) routingHeard(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	rules, err := tx.Rules(ctx)
	if err != nil || len(rules) == 0 {
		return err
	}
	return d.applyRules(ctx, tx, t, rules, RuleWords, w.in.Text, string(w.in.ID))
}

// armRules sets the timer of the next rule "open for so long" after a moment.
func (d *Desk) armRules(ctx context.Context, tx Tx, t *Ticket, rules []Rule, after time.Time) error {
	var next time.Time
	for _, r := range rules {
		if due := t.OpenedAt.Add(r.Doc.After); r.Event == RuleTime && due.After(after) && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	if next.IsZero() {
		return nil
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerRules, Subject: int64(t.ID), DueAt: next, Urgency: UrgencyInteractive})
}

// rulesDue asks the rules whose time has come for a ticket.
func (d *Desk) rulesDue(ctx context.Context, tx Tx, id TicketID, due time.Time) error {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil || !t.Status.Open() {
		return err
	}
	all, err := tx.Rules(ctx)
	if err != nil {
		return err
	}
	var now []Rule
	for _, r := range all {
		if r.Event != RuleTime || t.OpenedAt.Add(r.Doc.After).Equal(due) {
			now = append(now, r)
		}
	}
	if err := d.armRules(ctx, tx, t, all, due); err != nil {
		return err
	}
	text, err := d.firstWords(ctx, tx, t)
	if err != nil {
		return err
	}
	if err := d.applyRules(ctx, tx, t, now, RuleTime, text, fmt.Sprintf("%d:%d", t.ID, due.Unix())); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// firstWords are the words with which a ticket was opened.
func (d *Desk) firstWords(ctx context.Context, tx Tx, t *Ticket) (string, error) {
	entries, err := tx.Entries(ctx, t.ID, 0)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Kind == EntryWords {
			return e.Text, nil
		}
	}
	return t.Title, nil
}

// pastTickets is how many tickets a dry run looks at.
const pastTickets = 50

// TryRules tells what would become of the latest tickets. With a rule: of that rule alone, on the tickets as they stand. Without: of the
// tables and all rules, judged anew from their first words. It changes nothing. seen is how many tickets were looked at.
func (d *Desk) TryRules(ctx context.Context, tx Tx, rule *Rule, say words.Locale) (diff []string, seen int, err error) {
	past, err := tx.FindTickets(ctx, Filter{Limit: pastTickets})
	if err != nil {
		return nil, 0, err
	}
	basis, err := tx.RoutingBasis(ctx, 0)
	if err != nil {
		return nil, 0, err
	}
	rules := basis.Rules
	if rule != nil {
		one := *rule
		one.ID = -1 // it may not be stored
		rules = []Rule{one}
	}
	for _, was := range past {
		text, err := d.firstWords(ctx, tx, was)
		if err != nil {
			return nil, 0, err
		}
		customer, team, err := d.customerOf(ctx, tx, was.CustomerID)
		if err != nil {
			return nil, 0, err
		}
		is, event := *was, RuleOpened
		if rule == nil {
			g := GuessOf(text, basis.Modules)
			is.Type, is.Priority, is.Module = g.Type, g.Priority, g.Module
		} else {
			event = rule.Event
		}
		by := ruled(rules, event, &is, ruleFacts{text: text, customer: customer, now: d.Now()})
		line := changes(say, was, &is)
		if by.assign.ID != 0 {
			who, err := d.ruledTo(ctx, tx, by.assign, team.Owner, is.Module)
			if err != nil {
				return nil, 0, err
			}
			if before, err := d.staffOrNobody(ctx, tx, was.OwnerID); err != nil {
				return nil, 0, err
			} else if who.ID != 0 && who.ID != was.OwnerID {
				line = append(line, say.T("change.one", Args{"What": say.T("change.owner"), "From": orDash(before.Name), "To": who.Name}))
			}
		}
		for _, r := range by.looping {
			line = append(line, say.T("rule.looping", Args{"Rule": r.Place}))
		}
		if len(line) > 0 {
			args := Args{"Number": was.Number, "Title": Shorten(was.Title, 16), "Text": strings.Join(line, say.T("list.comma"))}
			diff = append(diff, say.T("rules.diff", args))
		}
	}
	return diff, len(past), nil
}
