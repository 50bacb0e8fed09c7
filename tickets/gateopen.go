package tickets

import (
	"context"
	"fmt"
	"strings"

	"servicedesk/customers"
	"servicedesk/words"
)

// openGate opens the next gate of a ticket unless one is open already, or nothing is left to decide; text says why, by is empty for the desk
// itself. The ticket is locked by the caller.
func (d *Desk) openGate(ctx context.Context, tx Tx, t *Ticket, cause GateCause, text, by string) error {
	if !t.Status.Open() || t.Status == StatusSolved {
		return nil
	}
	gates, err := tx.GatesOf(ctx, t.ID)
	if err != nil || openAmong(gates) != nil {
		return err
	}
	return d.openGateAt(ctx, tx, t, opening{level: nextLevel(gates, t.Reopened), cause: cause, reason: text, by: by, told: "gate.told"})
}

// OpenGateBy opens the next gate because a colleague asks for it with a reason, and says who is asked.
func (d *Desk) OpenGateBy(ctx context.Context, tx Tx, who customers.Staff, id TicketID, reason string) (customers.Staff, error) {
	nobody := customers.Staff{}
	if strings.TrimSpace(reason) == "" {
		return nobody, Refuse(CodeInvalid, "refuse.no_reason", Args{"Verb": d.ToStaff(who).T("gate.open_verb")})
	}
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nobody, err
	}
	if !t.Status.Open() || t.Status == StatusSolved {
		return nobody, Refuse(CodeConflict, "refuse.gate_settled", Args{"Number": t.Number, "State": t.Status})
	}
	g, err := d.openGateOf(ctx, tx, id)
	if err != nil {
		return nobody, err
	}
	if g != nil {
		return nobody, d.alreadyOpen(ctx, tx, t, *g)
	}
	if err := d.openGate(ctx, tx, t, GateLiaison, strings.TrimSpace(reason), who.Name); err != nil {
		return nobody, err
	}
	if g, err = d.openGateOf(ctx, tx, id); err != nil || g == nil {
		return nobody, err
	}
	return d.staffOrNobody(ctx, tx, g.ActingID)
}

// alreadyOpen refuses to open a second gate and names who is asked.
func (d *Desk) alreadyOpen(ctx context.Context, tx Tx, t *Ticket, g Gate) error {
	asked, err := d.staffOrNobody(ctx, tx, g.ActingID)
	if err != nil {
		return err
	}
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	return Refuse(CodeConflict, "refuse.gate_open", Args{"Number": t.Number, "Name": asked.Name, "At": d.hour(g.DueAt, customer)})
}

// openGateOf is the gate that waits for an answer about a ticket; nil: there is none.
func (d *Desk) openGateOf(ctx context.Context, tx Tx, id TicketID) (*Gate, error) {
	gates, err := tx.GatesOf(ctx, id)
	return openAmong(gates), err
}

// opening is how a gate opens.
type opening struct {
	level  int
	cause  GateCause
	reason string
	by     string
	told   string // what the customer hears
	before string // who was asked before
}

// gatekeeper is who is asked at a gate, resolved when it opens.
type gatekeeper struct {
	level  int
	person customers.Staff // whose gate it is
	acting customers.Staff // who is asked
	how    string          // why somebody else is asked, as people read it
	note   string          // why a gate was passed over
	agreed bool            // who stands in was appointed by the gate's person, with all his rights
}

// gatekeeperFor finds who is asked, from a level upwards. The ticket's owner does not judge himself: his gate is passed over. Where nobody is
// left, the liaison is asked, then the administrators: nothing waits for nobody.
func (d *Desk) gatekeeperFor(ctx context.Context, tx Tx, t *Ticket, v view, level int) (gatekeeper, error) {
	note := ""
	for ; level <= lastGate; level++ {
		k, err := d.gatekeeperAt(ctx, tx, t, v, level)
		if err != nil {
			return k, err
		}
		if k.acting.ID != 0 {
			k.note = note
			return k, nil
		}
		key := "gate.nobody"
		if own := v.team.In(gateRoles[level]); own.ID != 0 && own.ID == t.OwnerID {
			key = "gate.own"
		}
		note += d.group().T(key, Args{"Role": d.group().T("gate_role." + string(gateRoles[level])), "Name": v.owner.Name})
	}
	k := gatekeeper{level: lastGate, note: note}
	for _, role := range []customers.Role{customers.RoleLeader, customers.RoleProductManager, customers.RoleLiaison, customers.RoleAdmin} {
		found, err := d.holders(ctx, tx, role)
		if err != nil {
			return k, err
		}
		for _, s := range found {
			if s.ID != t.OwnerID {
				k.person, k.acting = s, s
				return k, nil
			}
		}
	}
	return k, nil // a desk of one
}

// gatekeeperAt is who is asked at one level; nobody when the gate belongs to the ticket's owner, or to no one.
func (d *Desk) gatekeeperAt(ctx context.Context, tx Tx, t *Ticket, v view, level int) (gatekeeper, error) {
	k := gatekeeper{level: level}
	role := gateRoles[level]
	acting, how, err := d.acting(ctx, tx, v.team, role)
	if err != nil {
		return k, err
	}
	own := v.team.In(role)
	if own.ID == 0 {
		own, how = acting, ""
	}
	if own.ID == 0 || own.ID == t.OwnerID {
		return k, nil
	}
	k.person, k.acting, k.how = own, acting, how
	if acting.ID == own.ID {
		k.how = ""
		return k, nil
	}
	delegate, err := d.delegateOf(ctx, tx, own.ID)
	switch {
	case err != nil:
		return k, err
	case delegate.ID != 0 && delegate.ID != t.OwnerID:
		k.acting, k.agreed = delegate, true
	case acting.ID == 0 || acting.ID == t.OwnerID: // nobody else to ask: himself, although he is away
		k.acting, k.how = own, ""
	}
	return k, nil
}

// delegateOf is who may answer everything in a colleague's place; nobody while he is away himself.
func (d *Desk) delegateOf(ctx context.Context, tx Tx, staffID int64) (customers.Staff, error) {
	id, err := tx.GateDelegate(ctx, staffID, d.Now())
	if err != nil || id == 0 {
		return customers.Staff{}, err
	}
	away, err := d.absence(ctx, tx, id)
	if err != nil || away.Away() {
		return customers.Staff{}, err
	}
	s, err := d.staffOrNobody(ctx, tx, id)
	if !s.Active {
		return customers.Staff{}, err
	}
	return s, err
}

// openGateAt opens a gate and tells everybody whom it concerns.
func (d *Desk) openGateAt(ctx context.Context, tx Tx, t *Ticket, o opening) error {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	k, err := d.gatekeeperFor(ctx, tx, t, v, o.level)
	if err != nil {
		return err
	}
	if k.acting.ID == 0 {
		text := k.note + d.group().T("gate.topic_nobody")
		return d.tellTopic(ctx, tx, t, fmt.Sprintf("gate:nobody:%d", d.Now().UnixMilli()), text, openIDs(v.owner)...)
	}
	due, err := d.worked(ctx, tx, t, v.customer, gateAtOnce, gateInTime)
	if err != nil {
		return err
	}
	g := Gate{TicketID: t.ID, Round: t.Reopened, Level: k.level, PersonID: k.person.ID, ActingID: k.acting.ID, Cause: o.cause, Reason: o.reason,
		OpenedBy: o.by, State: GateOpen, OpenedAt: d.Now(), DueAt: due}
	if err := tx.SaveGate(ctx, &g); err != nil {
		return err
	}
	if err := d.armGate(ctx, tx, t, g); err != nil {
		return err
	}
	say := d.group()
	who := d.gateName(say, g, k, v.team)
	entry := Entry{Kind: EntryGateOpened, Internal: true, Text: k.note + d.causeText(say, g), Data: map[string]string{"to": who}}
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if err := d.askGate(ctx, tx, t, v, g, k); err != nil {
		return err
	}
	text := k.note + say.T("gate.topic_opened", Args{"Who": who, "Why": d.causeText(say, g), "At": d.hour(due, v.customer)})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("gate:%d", g.ID), text, openIDs(v.owner, k.acting)...); err != nil {
		return err
	}
	if err := d.tellBystanders(ctx, tx, t, v, fmt.Sprintf("gate:%d:known", g.ID), text, k.acting.ID); err != nil {
		return err
	}
	if err := d.tellGateOpened(ctx, tx, t, g, k, o); err != nil {
		return err
	}
	return d.showCard(ctx, tx, t)
}

// armGate sets a gate's deadline.
func (d *Desk) armGate(ctx context.Context, tx Tx, t *Ticket, g Gate) error {
	urgency := UrgencyInteractive
	if pressing(t) {
		urgency = UrgencyEmergency
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerGate, Subject: g.ID, DueAt: g.DueAt, Urgency: urgency})
}

// titleOf is as what somebody is asked in a role; who only fills a hole is called what he is.
func titleOf(say words.Locale, role customers.Role, s customers.Staff, team customers.Team) string {
	if team.In(role).ID == s.ID || s.Has(role) {
		return say.T("gate_role." + string(role))
	}
	for _, other := range []customers.Role{customers.RoleLeader, customers.RoleProductManager, customers.RoleLiaison, customers.RoleAdmin} {
		if s.Has(other) {
			return say.T("gate_role." + string(other))
		}
	}
	return say.T("gate_role." + string(role))
}

// gateName is who is asked, with his role; who stands in says for whom.
func (d *Desk) gateName(say words.Locale, g Gate, k gatekeeper, team customers.Team) string {
	args := Args{"Role": titleOf(say, g.Role(), k.person, team), "Person": k.person.Name, "Acting": k.acting.Name, "How": k.how}
	switch {
	case !g.standsIn():
		return say.T("gate.who", args)
	case k.how == "":
		return say.T("gate.who_for", args)
	}
	return say.T("gate.who_for_how", args)
}

// causeText says in a line why a gate opened.
func (d *Desk) causeText(say words.Locale, g Gate) string {
	args := Args{"By": g.OpenedBy, "Reason": g.Reason}
	switch g.Cause {
	case GateBreach:
		return say.T("gate.why_breach", args)
	case GateAsked:
		return say.T("gate.why_asked", args)
	case GateNudges:
		return say.T("gate.why_nudges", args)
	case GateLiaison:
	}
	return say.T("gate.why_liaison", args)
}

// askGate shows the gate's card to who is asked, and to the gate's own person when somebody stands in for him. Gates know no quiet hours.
func (d *Desk) askGate(ctx context.Context, tx Tx, t *Ticket, v view, g Gate, k gatekeeper) error {
	asked := []customers.Staff{k.acting}
	if g.standsIn() {
		asked = append(asked, k.person)
	}
	for _, s := range asked {
		card, err := d.gateCard(ctx, tx, t, v, g, k, s)
		if err != nil {
			return err
		}
		if err := d.ShowStaff(ctx, tx, s, t.ID, fmt.Sprintf("gate:%d:%d:%d", g.ID, g.Repeats, s.ID), card); err != nil {
			return err
		}
	}
	return nil
}

// tellBystanders tells liaison and account manager, who need not act, unless they are asked themselves.
func (d *Desk) tellBystanders(ctx context.Context, tx Tx, t *Ticket, v view, key, text string, asked int64) error {
	for _, s := range []customers.Staff{v.team.Liaison, v.team.AccountManager} {
		if s.ID == 0 || s.ID == asked {
			continue
		}
		say := d.ToStaff(s)
		title := say.T("gate.known_title", Args{"Number": t.Number, "Customer": v.customer.Name})
		card := Card{Title: title, Summary: title, Colour: ColourOurs, Lines: []Line{{Text: text}}}
		if err := d.notifyStaff(ctx, tx, s, t.ID, fmt.Sprintf("%s:%d", key, s.ID), card); err != nil {
			return err
		}
	}
	return nil
}

// tellGateOpened tells the customer's people which person has it now, and when they hear more.
func (d *Desk) tellGateOpened(ctx context.Context, tx Tx, t *Ticket, g Gate, k gatekeeper, o opening) error {
	customer, team, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	if g.Cause == GateNudges && o.before == "" { // the answer to the nudge says it
		all, err := d.reporters(ctx, tx, t)
		if err != nil || len(all) < 2 {
			return err
		}
	}
	return d.tellGate(ctx, tx, t, fmt.Sprintf("gate:%d", g.ID), func(say words.Locale) string {
		args := Args{"Number": t.Number, "Role": titleOf(say, g.Role(), k.person, team), "Name": k.person.Name, "At": d.hour(g.DueAt, customer),
			"Before": o.before}
		if g.standsIn() {
			args["Name"] = say.T("gate.stand_in", Args{"Person": k.person.Name, "Acting": k.acting.Name})
		}
		return say.T(o.told, args)
	})
}

// tellGate tells everyone whom a ticket concerns, and keeps it on the timeline.
func (d *Desk) tellGate(ctx context.Context, tx Tx, t *Ticket, key string, text func(words.Locale) string) error {
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryNotice, Text: text(d.group())}); err != nil {
		return err
	}
	return d.tellReporters(ctx, tx, t, UseNotice, key, func(say words.Locale, _ Reporter) string { return text(say) })
}
