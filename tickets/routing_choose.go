package tickets

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"servicedesk/customers"
)

// shownPeople is how many stand-ins the reason of a routing speaks of.
const shownPeople = 6

// usualLoad is how many open tickets a colleague has in hand before others go before him.
const usualLoad = 20

// loadLimit is how many open tickets are enough for a colleague.
func loadLimit(customers.Staff) int { return usualLoad }

// choice is who gets a ticket and why.
type choice struct {
	who customers.Staff
	why string // one line, in the desk's language
	// people are those who were looked at, a line each, with what spoke for and against them.
	people []string
	// unskilled: nobody at all has a skill for the module.
	unskilled bool
}

// person is a colleague as routing sees him.
type person struct {
	customers.Staff
	skill  int
	load   int
	acting bool // stands in for the owner by the directory
	duty   bool // the emergency responder on duty: kept free
	away   Absence
}

func (p person) full() bool { return p.load >= loadLimit(p.Staff) }

// order ranks stand-ins: who is not overloaded; skill – for a strategic customer the best, for the others any will do, so that the best stay
// free; who stands in by the directory; service owners before engineers before the second level; who is not on emergency duty; the least load.
func order(tier customers.Tier, module string) func(a, b person) int {
	skill := func(p person) int {
		if module == "" {
			return 0
		}
		if tier != customers.TierA {
			return min(p.skill, 1)
		}
		return p.skill
	}
	return func(a, b person) int {
		return cmp.Or(truth(a.full())-truth(b.full()), skill(b)-skill(a), truth(b.acting)-truth(a.acting), seniority(a)-seniority(b),
			truth(a.duty)-truth(b.duty), a.load-b.load)
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func seniority(p person) int {
	switch {
	case p.Has(customers.RoleOwner):
		return 0
	case p.Has(customers.RoleSecondLevel):
		return 2
	}
	return 1
}

// choose finds who gets a new ticket: whom a rule names; the customer's owner; when he is away, overloaded or has no skill that others have,
// a stand-in. In an emergency the owner keeps it, whatever he does: the emergency lane finds who acts.
func (d *Desk) choose(ctx context.Context, tx Tx, w *told, t *Ticket) (choice, error) {
	say := d.group()
	if !w.contact.Bound() {
		return choice{why: say.T("route.visitor")}, nil
	}
	owner := person{Staff: w.team.Owner, skill: skillIn(w.team.Owner, t.Module), load: w.routing.basis.OwnerLoad}
	if rule := w.routing.rules.assign; rule.ID != 0 {
		who, err := d.ruledTo(ctx, tx, rule, owner.Staff, t.Module)
		if err != nil {
			return choice{}, err
		}
		if who.ID != 0 {
			return choice{who: who.Staff, why: say.T("route.rule", Args{"To": who.Name, "Rule": rule.Place}), people: []string{d.describe(who, t)}}, nil
		}
	}
	if owner.ID == 0 {
		return d.standIn(ctx, tx, w, t, owner, say.T("route.no_owner"))
	}
	if t.Urgent || t.Type == TypeOutage {
		return choice{who: owner.Staff, why: say.T("route.emergency", Args{"To": owner.Name}), people: []string{d.describe(owner, t)}}, nil
	}
	var err error
	if owner.away, err = d.absence(ctx, tx, owner.ID); err != nil {
		return choice{}, err
	}
	unskilled := false
	switch {
	case owner.away.Away():
		return d.standIn(ctx, tx, w, t, owner, say.T("route.away", Args{"Name": owner.Name, "Why": d.awayText(owner.away)}))
	case t.Module != "" && owner.skill == 0 && w.routing.sure:
		all, err := tx.AllStaff(ctx)
		if err != nil {
			return choice{}, err
		}
		if anySkilled(all, t.Module) {
			return d.standIn(ctx, tx, w, t, owner, say.T("route.no_skill", Args{"Name": owner.Name, "Module": t.Module}))
		}
		unskilled = true
	}
	if owner.full() {
		c, err := d.standIn(ctx, tx, w, t, owner, say.T("route.full", Args{"Name": owner.Name, "Load": owner.load, "Limit": loadLimit(owner.Staff)}))
		c.unskilled = unskilled
		return c, err
	}
	return choice{who: owner.Staff, why: say.T("route.owner", Args{"To": owner.Name}), people: []string{d.describe(owner, t)}, unskilled: unskilled}, nil
}

// standIn finds the best colleague who is there, besides the owner; when all have too much already, the owner keeps it if he is there.
func (d *Desk) standIn(ctx context.Context, tx Tx, w *told, t *Ticket, owner person, cause string) (choice, error) {
	people, unskilled, err := d.workers(ctx, tx, w.team, t.Module, owner.ID)
	if err != nil {
		return choice{}, err
	}
	slices.SortStableFunc(people, order(w.customer.Tier, t.Module))
	say, c := d.group(), choice{unskilled: unskilled}
	if owner.ID != 0 {
		c.people = append(c.people, d.describe(owner, t))
	}
	best := -1
	for i := range people {
		if i >= shownPeople && best >= 0 {
			break
		}
		if people[i].away, err = d.absence(ctx, tx, people[i].ID); err != nil {
			return choice{}, err
		}
		if best < 0 && !people[i].away.Away() {
			best = i
		}
		c.people = append(c.people, d.describe(people[i], t))
	}
	ownerThere := owner.ID != 0 && !owner.away.Away()
	switch {
	case ownerThere && (best < 0 || people[best].full() || !owner.full() && people[best].skill == 0):
		c.who, c.why = owner.Staff, say.T("route.owner_anyway", Args{"To": owner.Name, "Cause": cause})
	case best >= 0:
		c.who, c.why = people[best].Staff, say.T("route.stand_in", Args{"To": people[best].Name, "Cause": cause, "Good": d.merits(people[best], t)})
	default:
		c.why = say.T("route.nobody", Args{"Cause": cause})
	}
	return c, nil
}

// workers are all who work on tickets, but one, with what is known of them; unskilled: none of all has a skill for the module.
func (d *Desk) workers(ctx context.Context, tx Tx, team customers.Team, module string, but int64) (people []person, unskilled bool, err error) {
	all, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, false, err
	}
	loads, err := tx.Loads(ctx)
	if err != nil {
		return nil, false, err
	}
	stand, _, err := d.acting(ctx, tx, team, customers.RoleOwner)
	if err != nil {
		return nil, false, err
	}
	duty, err := d.onDuty(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	for _, s := range all {
		if s.Serves() && s.ID != but {
			people = append(people, person{Staff: s, skill: skillIn(s, module), load: loads[s.ID], acting: s.ID == stand.ID,
				duty: len(duty) > 0 && duty[0].ID == s.ID})
		}
	}
	return people, module != "" && !anySkilled(all, module), nil
}

// ruledTo is who a rule gives a ticket to: the colleague it names, or the best of the role; nobody when none is there.
func (d *Desk) ruledTo(ctx context.Context, tx Tx, rule Rule, owner customers.Staff, module string) (person, error) {
	people, _, err := d.workers(ctx, tx, customers.Team{Owner: owner}, module, 0)
	if err != nil {
		return person{}, err
	}
	slices.SortStableFunc(people, order(customers.TierA, module))
	for _, p := range people {
		if p.ID != rule.Doc.To && (rule.Doc.ToRole == "" || !p.Has(rule.Doc.ToRole)) {
			continue
		}
		if p.away, err = d.absence(ctx, tx, p.ID); err != nil || !p.away.Away() {
			return p, err
		}
	}
	return person{}, nil
}

// describe is a colleague in one line: skill, load, duty, presence.
func (d *Desk) describe(p person, t *Ticket) string {
	say := d.group()
	there := say.T("route.present")
	switch {
	case p.away.Away():
		there = say.T("route.absent", Args{"Why": d.awayText(p.away)})
	case p.duty:
		there = say.T("route.on_duty")
	}
	return say.T("route.person", Args{"Name": p.Name, "Merits": d.merits(p, t), "There": there})
}

// merits are a colleague's skill and load.
func (d *Desk) merits(p person, t *Ticket) string {
	say := d.group()
	load := say.T("route.load", Args{"Load": p.load, "Limit": loadLimit(p.Staff)})
	switch {
	case t.Module == "":
		return load
	case p.skill == 0:
		return say.T("route.skill_none", Args{"Module": t.Module}) + say.T("list.comma") + load
	}
	return say.T("route.skill", Args{"Module": t.Module, "Level": strconv.Itoa(p.skill)}) + say.T("list.comma") + load
}

// awayText is why and until when somebody is away.
func (d *Desk) awayText(a Absence) string {
	say, why := d.group(), a.Reason
	if why == "" {
		why = say.T("route.away_plain")
	}
	if a.Until.IsZero() {
		return why
	}
	return say.T("route.until", Args{"Why": why, "At": a.Until.In(d.Zone).Format("01-02 15:04")})
}
