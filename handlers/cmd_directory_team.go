package handlers

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// postWords name the roles of a customer as people type them; a stand-in's field ends in one of standInEnds.
var postWords = map[string]customers.Role{
	"负责人": customers.RoleOwner, "服务负责人": customers.RoleOwner, "owner": customers.RoleOwner,
	"客户经理": customers.RoleAccountManager, "am": customers.RoleAccountManager, "account_manager": customers.RoleAccountManager,
	"联络": customers.RoleLiaison, "联络专员": customers.RoleLiaison, "liaison": customers.RoleLiaison,
	"产品经理": customers.RoleProductManager, "pm": customers.RoleProductManager, "product_manager": customers.RoleProductManager,
	"领导": customers.RoleLeader, "分管领导": customers.RoleLeader, "leader": customers.RoleLeader,
}

var standInEnds = []string{"代理", "代", "_stand_in"}

// postMeant is the role that a field names, and whether its stand-ins are meant.
func postMeant(field string) (role customers.Role, standIn, ok bool) {
	field = strings.ToLower(field)
	if role, ok = postWords[field]; ok {
		return role, false, true
	}
	for _, end := range standInEnds {
		if head, cut := strings.CutSuffix(field, end); cut {
			role, ok = postWords[head]
			return role, true, ok
		}
	}
	return "", false, false
}

func runTriad(c *call, _ *tickets.Ticket, rest string) error {
	name, edits, err := cutEdits(rest)
	if err != nil {
		return err
	}
	if name == "" && c.topic == nil {
		return c.usage("triad")
	}
	customer, err := c.customerMeant(name)
	if err != nil {
		return err
	}
	if len(edits) == 0 {
		return c.showTeam(customer, "")
	}
	posts, err := c.postings(edits)
	if err != nil {
		return err
	}
	changes, err := c.Rebind(c.ctx, c.tx, c.who, customer, posts)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return c.reply(c.say.T("done.unchanged"))
	}
	return c.showTeam(customer, c.changed(customers.NounRole, changes))
}

// postings reads who is to have which role.
func (c *call) postings(edits []customers.Edit) ([]tickets.Posting, error) {
	var posts []tickets.Posting
	for _, e := range edits {
		role, standIn, ok := postMeant(e.Field)
		if !ok {
			return nil, tickets.Refuse(tickets.CodeInvalid, "refuse.no_post", tickets.Args{"Field": e.Field, "Usage": c.say.T("usage.triad")})
		}
		people := []customers.Staff{}
		for _, name := range customers.Members(e.Value) {
			s, err := c.colleagueIn(strings.TrimSpace(name))
			if err != nil {
				return nil, err
			}
			if role == customers.RoleOwner && !s.Serves() {
				return nil, tickets.Refuse(tickets.CodeInvalid, "refuse.not_owner", tickets.Args{"Name": s.Name})
			}
			people = append(people, s)
		}
		post := tickets.Posting{Role: role}
		switch {
		case standIn:
			post.StandIns = &people
		case len(people) > 1:
			return nil, tickets.Refuse(tickets.CodeInvalid, "refuse.one_holder", tickets.Args{"Field": e.Field})
		default:
			holder := append(people, customers.Staff{})[0]
			post.Holder = &holder
		}
		posts = append(posts, post)
	}
	return posts, nil
}

// colleagueIn is the colleague that a value names, by mention or name.
func (c *call) colleagueIn(value string) (customers.Staff, error) {
	name, isMention := strings.CutPrefix(value, "@")
	if isMention {
		for at := range c.in.Mentions {
			if s, err := c.mentioned(at, name); err == nil && s.Name == name {
				return s, nil
			}
		}
	}
	return c.colleagueNamed(name)
}

// showTeam answers with who serves a customer; for a new owner it offers the open tickets that others still have.
func (c *call) showTeam(x customers.Customer, news string) error {
	team, err := c.tx.Team(c.ctx, x.ID)
	if err != nil {
		return err
	}
	title := c.say.T("triad.title", tickets.Args{"Customer": x.Name})
	card := tickets.Card{Title: title, Summary: title, Colour: tickets.ColourNew}
	if news != "" {
		card.Lines = append(card.Lines, tickets.Line{Label: c.say.T("customer.changed"), Text: news})
	}
	card.Lines = append(card.Lines, c.teamLines(team)...)
	if news == "" || team.Owner.ID == 0 {
		return c.show(card)
	}
	others, err := c.Elsewhere(c.ctx, c.tx, x, team.Owner)
	if err != nil {
		return err
	}
	byOwner := map[int64]int{}
	var owners []int64
	for _, t := range others {
		if byOwner[t.OwnerID]++; byOwner[t.OwnerID] == 1 {
			owners = append(owners, t.OwnerID)
		}
	}
	for _, id := range owners[:min(len(owners), 4)] {
		from, err := c.tx.Staff(c.ctx, id)
		if err != nil {
			return err
		}
		args := tickets.Args{"From": from.Name, "To": team.Owner.Name, "Count": byOwner[id]}
		card.Lines = append(card.Lines, tickets.Line{Label: c.say.T("customer.open"), Text: c.say.T("triad.stay", args)})
		button := tickets.Button{Text: c.say.T("triad.move", args), Verb: "triad_over",
			Args: map[string]string{"customer": fmt.Sprint(x.ID), "from": fmt.Sprint(id), "to": fmt.Sprint(team.Owner.ID)}}
		if c.topic != nil {
			button.Ticket = c.topic.ID
		}
		card.Buttons = append(card.Buttons, button)
	}
	return c.show(card)
}

// pressTriadOver hands the open tickets of a former owner to the owner, if he still is.
func pressTriadOver(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	if err := c.mustBeAllowed(lookup("triad")); err != nil {
		return "", err
	}
	customer, err := c.customerPressed(a)
	if err != nil {
		return "", err
	}
	team, err := c.tx.Team(c.ctx, customer.ID)
	if err != nil {
		return "", err
	}
	from, err := strconv.ParseInt(a.Fields["from"], 10, 64)
	if err != nil || team.Owner.ID == 0 || fmt.Sprint(team.Owner.ID) != a.Fields["to"] || from == team.Owner.ID {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	count, err := c.HandOver(c.ctx, c.tx, c.who, customer, from, team.Owner)
	if err != nil {
		return "", err
	}
	text := c.say.T("triad.moved", tickets.Args{"To": team.Owner.Name, "Count": count})
	return text, c.reply(text)
}

// levelForm is a skill's level; an empty value or 0 takes it away.
var levelForm = regexp.MustCompile(`^[0-3]?$`)

func runSkill(c *call, _ *tickets.Ticket, rest string) error {
	name, edits, err := cutEdits(rest)
	if err != nil {
		return err
	}
	if word := strings.ToLower(name); len(edits) == 0 && (word == "缺口" || word == "gaps" || word == "gap") {
		return c.tellSkillGaps()
	}
	if name == "" {
		return c.usage("skill")
	}
	whose, err := c.colleagueIn(name)
	if err != nil {
		return err
	}
	modules, err := c.tx.Modules(c.ctx)
	if err != nil {
		return err
	}
	done := false
	for _, e := range edits {
		module := customers.ModuleIn(modules, e.Field)
		_, had := whose.Skills[e.Field]
		switch {
		case module == "" && !had:
			args := tickets.Args{"Module": e.Field, "Modules": strings.Join(modules, c.say.T("list.comma"))}
			return tickets.Refuse(tickets.CodeInvalid, "refuse.no_module", args)
		case !levelForm.MatchString(e.Value):
			return tickets.Refuse(tickets.CodeInvalid, "refuse.level", tickets.Args{"Module": e.Field, "Value": e.Value})
		case module == "":
			module = e.Field // of a module that is gone
		}
		level, _ := strconv.Atoi("0" + e.Value) // a digit or nothing
		changed, err := c.SetSkill(c.ctx, c.tx, c.who, whose, module, level)
		if err != nil {
			return err
		}
		done = done || changed
		if whose, err = c.tx.Staff(c.ctx, whose.ID); err != nil {
			return err
		}
	}
	if len(edits) > 0 && !done {
		return c.reply(c.say.T("done.unchanged"))
	}
	return c.reply(c.say.T("skill.line", tickets.Args{"Name": whose.Name, "Skills": c.skillText(whose)}))
}

// skillText lists what somebody can do.
func (c *call) skillText(s customers.Staff) string {
	var parts []string
	for module, level := range s.Skills {
		parts = append(parts, fmt.Sprintf("%s=%d", module, level))
	}
	if len(parts) == 0 {
		return c.say.T("change.nothing")
	}
	slices.Sort(parts)
	return strings.Join(parts, c.say.T("list.comma"))
}

func (c *call) tellSkillGaps() error {
	gaps, err := c.SkillGaps(c.ctx, c.tx)
	if err != nil {
		return err
	}
	if len(gaps) == 0 {
		return c.reply(c.say.T("skill.no_gaps"))
	}
	lines := []string{c.say.T("skill.gaps", tickets.Args{"Count": len(gaps)})}
	for _, g := range gaps {
		if len(g.Away) == 0 {
			lines = append(lines, c.say.T("skill.nobody", tickets.Args{"Module": g.Module}))
			continue
		}
		lines = append(lines, c.say.T("skill.away", tickets.Args{"Module": g.Module, "Names": tickets.NamesOf(g.Away)}))
	}
	return c.reply(strings.Join(lines, "\n"))
}

// runTeam lists the staff by team: roles, skills, load and who is away.
func runTeam(c *call, _ *tickets.Ticket, rest string) error {
	staff, err := c.tx.AllStaff(c.ctx)
	if err != nil {
		return err
	}
	wanted := strings.TrimSpace(rest)
	var teams []string
	members := map[string][]string{}
	for _, s := range staff {
		line, err := c.memberLine(s)
		if err != nil {
			return err
		}
		of := s.Teams
		if len(of) == 0 {
			of = []string{c.say.T("team.none")}
		}
		for _, team := range of {
			if wanted != "" && team != wanted && s.Name != wanted {
				continue
			}
			if members[team] == nil {
				teams = append(teams, team)
			}
			members[team] = append(members[team], line)
		}
	}
	if len(teams) == 0 {
		return tickets.Refuse(tickets.CodeNotFound, "team.unknown", tickets.Args{"Name": wanted})
	}
	var lines []string
	for _, team := range teams {
		lines = append(append(lines, c.say.T("team.head", tickets.Args{"Team": team, "Count": len(members[team])})), members[team]...)
	}
	for _, part := range tickets.SplitText(strings.Join(lines, "\n"), 9000) {
		if err := c.reply(part); err != nil {
			return err
		}
	}
	return nil
}

// memberLine is one colleague: roles, skills, open tickets against his limit, whether he is away.
func (c *call) memberLine(s customers.Staff) (string, error) {
	open, err := c.tx.FindTickets(c.ctx, tickets.Filter{OwnerID: s.ID, Statuses: tickets.OpenStatuses})
	if err != nil {
		return "", err
	}
	var roles []string
	for _, role := range s.Roles {
		roles = append(roles, c.say.T("role."+string(role)))
	}
	load := fmt.Sprint(len(open))
	if s.LoadLimit > 0 {
		load += "/" + fmt.Sprint(s.LoadLimit)
	}
	args := tickets.Args{"Name": s.Name, "Roles": strings.Join(roles, c.say.T("list.comma")), "Skills": c.skillText(s), "Load": load}
	line := c.say.T("team.line", args)
	if s.Location != "" {
		line += " · " + s.Location
	}
	absence, err := c.AbsenceOf(c.ctx, c.tx, s)
	if err != nil || !absence.Away() {
		return line, err
	}
	return line + c.say.T("team.away", tickets.Args{"Reason": absence.Reason}), nil
}
