// Package customers says whom the company serves and who serves them: customers, their contacts, the staff, and who is responsible for whom.
package customers

import "time"

// Tier is the value class of a customer; it decides how quick the promises are.
type Tier string

// The tiers: strategic, growth, basic.
const (
	TierA Tier = "A"
	TierB Tier = "B"
	TierC Tier = "C"
)

// UnboundCode is the number prefix of visitors who belong to no known customer yet.
const UnboundCode = "NEW"

// Customer is a company that is served. The customer with ID 0 stands for "not yet known".
type Customer struct {
	ID   int64
	Code string // prefix of ticket numbers, 2–8 capital letters
	Name string
	Tier Tier
	// AllHours is true under a 7×24 contract.
	AllHours bool
	// Locale of what its contacts read; empty = the desk's.
	Locale string
	// Timezone is an IANA name; empty = the desk's.
	Timezone string
	// Group names the Feishu group in which its tickets appear; empty = the desk group.
	Group string
}

// ContactKind says in which capacity a contact writes.
type ContactKind string

// The kinds of contact.
const (
	KindTechnical ContactKind = "technical"
	KindBusiness  ContactKind = "business"
	KindDecider   ContactKind = "decider"
)

// Contact is a person at a customer.
type Contact struct {
	ID         int64
	CustomerID int64 // 0 = a visitor nobody has bound yet
	Name       string
	Kind       ContactKind
	// WeComID is the external_userid under which WeCom knows him in this corp.
	WeComID string
	Mobile  string
	Locale  string
	// NoticedAt is when he was told what is recorded of him (UTC); zero = not yet.
	NoticedAt time.Time
	CreatedAt time.Time
}

// Bound reports whether the contact belongs to a known customer.
func (c Contact) Bound() bool { return c.CustomerID != 0 }

// Role is what a staff member does, for the company or for one customer.
type Role string

// Roles of the company and of the three-in-one model.
const (
	RoleEngineer       Role = "engineer"        // answers tickets
	RoleSecondLevel    Role = "second_level"    // takes what the first level cannot solve
	RoleOwner          Role = "owner"           // service owner of a customer
	RoleAccountManager Role = "account_manager" // contract and wishes
	RoleLiaison        Role = "liaison"         // progress, verification, care
	RoleProductManager Role = "product_manager" // second gate
	RoleLeader         Role = "leader"          // third gate
	RoleResponder      Role = "responder"       // emergencies
	RoleAdmin          Role = "admin"
)

// Staff is a colleague who works in Feishu.
type Staff struct {
	ID     int64
	Name   string
	Mobile string
	// OpenID is his Feishu id for this app; empty until it was resolved by mobile number.
	OpenID string
	Locale string
	// Roles he has for the whole company; those for one customer stand in Assignment.
	Roles []Role
	// Skills: module name → level 1–3.
	Skills map[string]int
	Active bool
}

// Has reports whether he holds the role company-wide.
func (s Staff) Has(role Role) bool {
	for _, r := range s.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Serves reports whether he may work on tickets: every role but pure administration does.
func (s Staff) Serves() bool {
	return s.Has(RoleEngineer) || s.Has(RoleOwner) || s.Has(RoleSecondLevel) || s.Has(RoleResponder)
}

// Assignment binds a staff member to a customer in a role.
type Assignment struct {
	CustomerID int64
	Role       Role
	StaffID    int64
}

// Team is who serves one customer, by role; absent roles are zero Staff.
type Team struct {
	Owner, AccountManager, Liaison, ProductManager, Leader Staff
}

// In is who has a role in the team; zero for a role that teams do not have, or that nobody fills.
func (t Team) In(role Role) Staff {
	switch role {
	case RoleOwner:
		return t.Owner
	case RoleAccountManager:
		return t.AccountManager
	case RoleLiaison:
		return t.Liaison
	case RoleProductManager:
		return t.ProductManager
	case RoleLeader:
		return t.Leader
	}
	return Staff{}
}
