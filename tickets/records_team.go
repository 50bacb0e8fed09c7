package tickets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"servicedesk/customers"
)

// Posting is what one role of a customer is to become. Nil lists stay as they are; an empty Holder unbinds.
type Posting struct {
	Role     customers.Role
	Holder   *customers.Staff
	StandIns *[]customers.Staff
}

// Rebind changes who serves a customer and gives the changes. Where an owner is named, tickets that nobody has become his.
func (d *Desk) Rebind(ctx context.Context, tx Tx, who customers.Staff, c customers.Customer, posts []Posting) ([]customers.Change, error) {
	if _, err := tx.LockCustomer(ctx, c.ID); err != nil {
		return nil, err
	}
	team, err := tx.Team(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var changes []customers.Change
	for _, role := range customers.TeamRoles {
		more, err := d.rebindRole(ctx, tx, c, role, team, posts)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	about := aboutCustomer(c)
	about.Noun = customers.NounRole
	if err := d.keep(ctx, tx, who, about, changes); err != nil {
		return nil, err
	}
	now, err := tx.Team(ctx, c.ID)
	if err != nil || now.Owner.ID == 0 || now.Owner.ID == team.Owner.ID {
		return changes, err
	}
	orphans, err := d.openOf(ctx, tx, c, func(t *Ticket) bool { return t.OwnerID == 0 })
	if err != nil {
		return nil, err
	}
	_, err = d.handOver(ctx, tx, who, orphans, now.Owner)
	return changes, err
}

// rebindRole changes one role as the postings about it say.
func (d *Desk) rebindRole(ctx context.Context, tx Tx, c customers.Customer, role customers.Role, team customers.Team, posts []Posting,
) ([]customers.Change, error) {
	was, wasStandIns := team.In(role), team.StandIns[role]
	holder, standIns := was, wasStandIns
	for _, p := range posts {
		if p.Role == role && p.Holder != nil {
			holder = *p.Holder
		}
		if p.Role == role && p.StandIns != nil {
			standIns = *p.StandIns
		}
	}
	var changes []customers.Change
	if holder.ID != was.ID {
		changes = append(changes, customers.Change{Field: string(role), Old: was.Name, New: holder.Name})
	}
	if !slices.Equal(idsOf(standIns), idsOf(wasStandIns)) {
		changes = append(changes, customers.Change{Field: string(role) + "_stand_in", Old: NamesOf(wasStandIns), New: NamesOf(standIns)})
	}
	if len(changes) == 0 {
		return nil, nil
	}
	if holder.ID != 0 && slices.Contains(idsOf(standIns), holder.ID) {
		return nil, Refuse(CodeInvalid, "triad.own_stand_in", Args{"Name": holder.Name})
	}
	return changes, tx.SetPosts(ctx, c.ID, role, holder.ID, idsOf(standIns))
}

// openOf are the open tickets of a customer that a test picks.
func (d *Desk) openOf(ctx context.Context, tx Tx, c customers.Customer, pick func(*Ticket) bool) ([]*Ticket, error) {
	open, err := tx.FindTickets(ctx, Filter{CustomerID: c.ID, Statuses: OpenStatuses})
	return slices.DeleteFunc(open, func(t *Ticket) bool { return !pick(t) }), err
}

// Elsewhere are the open tickets of a customer that others than its owner have.
func (d *Desk) Elsewhere(ctx context.Context, tx Tx, c customers.Customer, owner customers.Staff) ([]*Ticket, error) {
	return d.openOf(ctx, tx, c, func(t *Ticket) bool { return t.OwnerID != owner.ID })
}

// HandOver gives the open tickets that one colleague has with a customer to another, and counts them.
func (d *Desk) HandOver(ctx context.Context, tx Tx, who customers.Staff, c customers.Customer, from int64, to customers.Staff) (int, error) {
	open, err := d.openOf(ctx, tx, c, func(t *Ticket) bool { return t.OwnerID == from })
	if err != nil {
		return 0, err
	}
	return d.handOver(ctx, tx, who, open, to)
}

func (d *Desk) handOver(ctx context.Context, tx Tx, who customers.Staff, open []*Ticket, to customers.Staff) (count int, err error) {
	for _, t := range open {
		_, err := d.Assign(ctx, tx, who, t.ID, to, d.group().T("triad.reason"))
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Code == CodeConflict {
			continue // it was solved or taken meanwhile
		}
		if err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

// SetSkill gives a colleague a level for a module; 0 takes it away. It reports whether anything changed.
func (d *Desk) SetSkill(ctx context.Context, tx Tx, who, whose customers.Staff, module string, level int) (bool, error) {
	was := whose.Skills[module]
	if was == level {
		return false, nil
	}
	skills := map[string]int{}
	for m, l := range whose.Skills {
		skills[m] = l
	}
	if skills[module] = level; level == 0 {
		delete(skills, module)
	}
	if err := tx.SetSkills(ctx, whose.ID, skills); err != nil {
		return false, err
	}
	about := customers.Change{Noun: customers.NounStaff, SubjectID: whose.ID, Subject: whose.Name}
	change := customers.Change{Field: "skills", Old: skillText(module, was), New: skillText(module, level)}
	return true, d.keep(ctx, tx, who, about, []customers.Change{change})
}

func skillText(module string, level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf("%s=%d", module, level)
}

// SkillGap is a module that nobody can do at this moment. Away are those who could; without them nobody ever can.
type SkillGap struct {
	Module string
	Away   []customers.Staff
}

// SkillGaps are the modules that nobody, or nobody present, can do.
func (d *Desk) SkillGaps(ctx context.Context, tx Tx) ([]SkillGap, error) {
	modules, err := tx.Modules(ctx)
	if err != nil {
		return nil, err
	}
	staff, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	away := map[int64]bool{}
	for _, s := range staff {
		if len(s.Skills) == 0 {
			continue
		}
		absence, err := d.absence(ctx, tx, s.ID)
		if err != nil {
			return nil, err
		}
		away[s.ID] = absence.Away()
	}
	return skillGaps(modules, staff, away), nil
}

func skillGaps(modules []string, staff []customers.Staff, away map[int64]bool) []SkillGap {
	var gaps []SkillGap
	for _, module := range modules {
		gap, covered := SkillGap{Module: module}, false
		for _, s := range staff {
			if s.Skill(module) == 0 {
				continue
			}
			if covered = !away[s.ID]; covered {
				break
			}
			gap.Away = append(gap.Away, s)
		}
		if !covered {
			gaps = append(gaps, gap)
		}
	}
	return gaps
}

// NamesOf joins the names of colleagues.
func NamesOf(staff []customers.Staff) string {
	names := make([]string, len(staff))
	for i, s := range staff {
		names[i] = s.Name
	}
	return strings.Join(names, "、")
}

func idsOf(staff []customers.Staff) []int64 {
	ids := make([]int64, len(staff))
	for i, s := range staff {
		ids[i] = s.ID
	}
	return ids
}
