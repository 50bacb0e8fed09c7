package customers

import "strings"

// Gap is a role of the three that nobody fills for a customer.
type Gap struct {
	Customer Customer
	Role     Role
	// Left is the name of who held it until he left the company; empty = nobody did.
	Left string
}

// Post is who holds one of the roles for a customer, whether he still works here or not.
type Post struct {
	CustomerID int64
	Role       Role
	Name       string
	Active     bool
}

// Gaps are the roles of the three that are not filled, by customer in the given order.
func Gaps(all []Customer, posts []Post) []Gap {
	type seat struct {
		customer int64
		role     Role
	}
	held := map[seat]Post{}
	for _, p := range posts {
		held[seat{p.CustomerID, p.Role}] = p
	}
	var gaps []Gap
	for _, c := range all {
		for _, role := range TeamRoles[:3] {
			if post := held[seat{c.ID, role}]; !post.Active {
				gaps = append(gaps, Gap{Customer: c, Role: role, Left: post.Name})
			}
		}
	}
	return gaps
}

// Skill is a colleague's level for a module, 1–3; 0 = none. Who knows ERP knows ERP/财务 unless his list says otherwise.
func (s Staff) Skill(module string) int {
	for at := module; at != ""; at = above(at) {
		if level, ok := s.Skills[at]; ok {
			return level
		}
	}
	return 0
}

// above is the module of which a module is a part.
func above(module string) string {
	if i := strings.LastIndex(module, "/"); i > 0 {
		return module[:i]
	}
	return ""
}

// ModuleIn is the directory's spelling of a module, or of a group of modules, whatever the case; empty = there is none.
func ModuleIn(modules []string, name string) string {
	for _, m := range modules {
		for at := m; at != ""; at = above(at) {
			if strings.EqualFold(at, name) {
				return at
			}
		}
	}
	return ""
}

// Named are the customers meant by a code or a name: the one with that code, those with that name, else those whose name holds it.
func Named(all []Customer, name string) []Customer {
	name = strings.TrimSpace(name)
	var same, partly []Customer
	for _, c := range all {
		switch {
		case strings.EqualFold(c.Code, name):
			return []Customer{c}
		case c.Name == name:
			same = append(same, c)
		case name != "" && strings.Contains(c.Name, name):
			partly = append(partly, c)
		}
	}
	if len(same) > 0 {
		return same
	}
	return partly
}
