package tickets

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Routing keeps rules and counts what colleagues have in hand.
type Routing interface {
	// RoutingBasis reads in one go what judging and routing a new ticket begins with; owner 0 has no load.
	RoutingBasis(ctx context.Context, ownerID int64) (RoutingBasis, error)
	// Loads are the open tickets of every active colleague, by id; a hundred and more are a hundred.
	Loads(ctx context.Context) (map[int64]int, error)
	// Rules are all rules in their order.
	Rules(ctx context.Context) ([]Rule, error)
	// SaveRule inserts when the ID is 0 and sets it.
	SaveRule(ctx context.Context, rule *Rule) error
	DeleteRule(ctx context.Context, id int64) error
}

// RoutingBasis is what judging and routing begins with.
type RoutingBasis struct {
	Modules   []string // of the directory, in its order
	Rules     []Rule
	OwnerLoad int
}

// Judgement is why type, priority and module are what they are, a short reason each in the desk's language, and what an engineer confirmed.
type Judgement struct {
	Type       string `json:"type,omitempty"`
	Priority   string `json:"priority,omitempty"`
	Module     string `json:"module,omitempty"`
	TypeSure   bool   `json:"typeSure,omitempty"`
	ModuleSure bool   `json:"moduleSure,omitempty"`
}

// Timeline entries of judging and routing.
const (
	EntryRouted      EntryKind = "routed"      // who got it, and why
	EntryReclassed   EntryKind = "reclassed"   // type, priority or module, old → new
	EntryDiagnosed   EntryKind = "diagnosed"   // type and module confirmed by an engineer
	EntryRuled       EntryKind = "ruled"       // what a rule did
	EntryRuleStopped EntryKind = "rulestopped" // a rule that would have triggered itself
	EntryEscalated   EntryKind = "escalated"   // to the second level
	EntryHelped      EntryKind = "helped"      // the second level was brought in; the owner keeps it
)

// Timer kinds of routing.
const (
	TimerDiagnose TimerKind = "diagnose" // the first level's hour is over
	TimerRules    TimerKind = "rules"    // the next rule "open for so long" is due
)

var routingTimers = map[TimerKind]firing{
	TimerDiagnose: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.undiagnosed(ctx, tx, TicketID(timer.Subject))
	},
	TimerRules: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.rulesDue(ctx, tx, TicketID(timer.Subject), timer.DueAt)
	},
}

var routingPlans []plan

// routing is what is found out about a new ticket before it has an id, kept beside what the contact said.
type routing struct {
	basis  RoutingBasis
	rules  ruling
	was    Ticket // before the rules
	sure   bool   // the module was named clearly enough to go by it
	choice choice
}

// judge guesses type, priority and module of a new ticket from its words and asks the rules; the ticket is not saved yet.
func (d *Desk) judge(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	basis, err := tx.RoutingBasis(ctx, w.team.Owner.ID)
	if err != nil {
		return err
	}
	say, g := d.group(), GuessOf(w.in.Text, basis.Modules)
	t.Type, t.Priority, t.Module = g.Type, g.Priority, g.Module
	t.Judged = Judgement{Type: quotes(say, g.TypeBy, "judge.type_unknown"), Module: quotes(say, g.ModuleBy, "judge.module_unknown"),
		Priority: quotes(say, g.HurryBy, "judge.priority_usual")}
	sure := g.ModuleFor >= surely
	if !sure && w.conv.Module != "" { // the link by which he came in says it
		t.Module, t.Judged.Module, sure = w.conv.Module, say.T("judge.entrance"), true
	}
	w.routing = routing{basis: basis, was: *t, sure: sure}
	w.routing.rules = ruled(basis.Rules, RuleOpened, t, ruleFacts{text: w.in.Text, customer: w.customer, now: d.Now()})
	d.judgedByRules(t, w.routing.was, w.routing.rules)
	w.routing.sure = w.routing.sure || t.Module != w.routing.was.Module
	return nil
}

// judgedByRules gives what rules changed their number as reason.
func (d *Desk) judgedByRules(t *Ticket, was Ticket, by ruling) {
	for _, r := range by.acted {
		reason := d.group().T("judge.rule", Args{"Rule": r.Place})
		if r.Doc.Type != "" && t.Type != was.Type {
			t.Judged.Type = reason
		}
		if (r.Doc.Priority != 0 || r.Doc.Raise != 0) && t.Priority != was.Priority {
			t.Judged.Priority = reason
		}
		if r.Doc.Module != "" && t.Module != was.Module {
			t.Judged.Module = reason
		}
	}
}

// quotes writes the words that led to a guess, three at most; without any the text of the key says so.
func quotes(say words.Locale, found []string, unknown string) string {
	if len(found) == 0 {
		return say.T(unknown)
	}
	var out []string
	for _, w := range found[:min(3, len(found))] {
		out = append(out, say.T("judge.quote", Args{"Word": w}))
	}
	return strings.Join(out, "")
}

// route gives a new ticket to whom it belongs; the ticket is not saved yet.
func (d *Desk) route(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	r := &w.routing
	if t.Urgent {
		t.Judged.Priority = d.group().T("judge.urgent")
	}
	var err error
	if r.choice, err = d.choose(ctx, tx, w, t); err != nil {
		return err
	}
	t.Routed = r.choice.why
	if r.choice.who.ID != 0 {
		t.Status, t.OwnerID = StatusAssigned, r.choice.who.ID
	}
	return nil
}

// routed keeps why, now that the ticket has an id, and starts the first level's hour.
func (d *Desk) routed(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	r := &w.routing
	if err := d.recordChoice(ctx, tx, t, r.choice, w.customer); err != nil {
		return err
	}
	if err := d.recordRuling(ctx, tx, t, r.was, r.rules); err != nil {
		return err
	}
	if err := d.startDiagnosis(ctx, tx, t, w.customer); err != nil {
		return err
	}
	if err := d.armRules(ctx, tx, t, r.basis.Rules, t.OpenedAt); err != nil {
		return err
	}
	if r.choice.unskilled && r.sure {
		return d.skillGap(ctx, tx, t)
	}
	return nil
}

// routeBound finds who gets a visitor's open ticket, now that his company is known.
func (d *Desk) routeBound(ctx context.Context, tx Tx, t *Ticket, to binding) (customers.Staff, error) {
	basis, err := tx.RoutingBasis(ctx, to.team.Owner.ID)
	if err != nil {
		return customers.Staff{}, err
	}
	w := &told{contact: to.contact, customer: to.customer, team: to.team, routing: routing{basis: basis, sure: t.Judged.ModuleSure}}
	found, err := d.choose(ctx, tx, w, t)
	if err != nil {
		return customers.Staff{}, err
	}
	t.Routed = found.why
	return found.who, d.recordChoice(ctx, tx, t, found, to.customer)
}

func (d *Desk) recordChoice(ctx context.Context, tx Tx, t *Ticket, found choice, c customers.Customer) error {
	data := map[string]string{"to": found.who.Name, "module": t.Module, "tier": string(c.Tier), "people": strings.Join(found.people, "\n")}
	_, err := d.record(ctx, tx, t, Entry{Kind: EntryRouted, Internal: true, Text: found.why, Data: data})
	return err
}

// routingAnnounced calls, under the new card, who must find somebody when nobody could be found.
func (d *Desk) routingAnnounced(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if t.OwnerID != 0 || !w.contact.Bound() {
		return nil
	}
	callers, err := d.finders(ctx, tx, w.team)
	if err != nil || len(callers) == 0 {
		return err
	}
	text := d.group().T("topic.nobody", Args{"Names": namesOf(callers, d.group()), "Number": t.Number, "Why": t.Routed})
	return d.tellTopic(ctx, tx, t, fmt.Sprintf("nobody:%d", t.ID), text, openIDs(callers...)...)
}

// finders are who finds somebody when the rules cannot: the customer's liaison, the liaisons, the administrators.
func (d *Desk) finders(ctx context.Context, tx Tx, team customers.Team) ([]customers.Staff, error) {
	if team.Liaison.ID != 0 {
		away, err := d.absence(ctx, tx, team.Liaison.ID)
		if err != nil {
			return nil, err
		}
		if !away.Away() {
			return []customers.Staff{team.Liaison}, nil
		}
	}
	return d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin)
}

func namesOf(staff []customers.Staff, say words.Locale) string {
	var names []string
	for _, s := range staff {
		names = append(names, s.Name)
	}
	return strings.Join(names, say.T("list.comma"))
}

// skillGap tells product managers and administrators, once a day per module, that nobody can do it.
func (d *Desk) skillGap(ctx context.Context, tx Tx, t *Ticket) error {
	told := map[int64]bool{}
	for _, role := range []customers.Role{customers.RoleProductManager, customers.RoleAdmin} {
		people, err := d.holders(ctx, tx, role)
		if err != nil {
			return err
		}
		for _, s := range people {
			if told[s.ID] {
				continue
			}
			told[s.ID] = true
			say := d.ToStaff(s)
			title := say.T("skillgap.title", Args{"Module": t.Module})
			card := Card{Title: title, Summary: title, Colour: ColourAlarm, Lines: []Line{
				{Text: say.T("skillgap.text", Args{"Module": t.Module, "Number": t.Number})}}}
			day := d.Now().In(d.Zone).Format(time.DateOnly)
			if err := d.notifyStaff(ctx, tx, s, t.ID, fmt.Sprintf("skillgap:%s:%s:%d", t.Module, day, s.ID), card); err != nil {
				return err
			}
		}
	}
	return nil
}

// routingLines are the card's lines about what the ticket is and why its owner has it.
func (d *Desk) routingLines(_ context.Context, _ Tx, t *Ticket, _ view, say words.Locale) ([]Line, error) {
	module := t.Module
	if module == "" {
		module = say.T("judge.no_module")
	}
	part := func(what, why string) string {
		if why == "" {
			return what
		}
		return say.T("judge.part", Args{"What": what, "Why": why})
	}
	lines := []Line{{Label: say.T("card.judged"), Text: strings.Join([]string{part(say.T("type."+string(t.Type)), t.Judged.Type),
		part("P"+strconv.Itoa(int(t.Priority)), t.Judged.Priority), part(module, t.Judged.Module)}, " · ")}}
	if t.Routed != "" && t.Status.Open() {
		lines = append(lines, Line{Label: say.T("card.routed"), Text: t.Routed})
	}
	if t.Tags != "" {
		lines = append(lines, Line{Label: say.T("card.tags"), Text: strings.Join(strings.Fields(t.Tags), say.T("list.comma"))})
	}
	return lines, nil
}

// skillIn is a colleague's level in a module: what he has for it, else for what stands above it; 0 = none.
func skillIn(s customers.Staff, module string) int {
	for module != "" {
		if level := s.Skills[module]; level > 0 {
			return level
		}
		module = module[:max(0, strings.LastIndex(module, "/"))]
	}
	return 0
}

// anySkilled reports whether anybody who works on tickets has a skill for the module.
func anySkilled(all []customers.Staff, module string) bool {
	return slices.ContainsFunc(all, func(s customers.Staff) bool { return s.Serves() && skillIn(s, module) > 0 })
}
