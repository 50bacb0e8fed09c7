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
	Group    string
	Profile  Profile
	Contract Contract
}

// Profile is what is known about a customer beyond the way he is served. Sites and Modules are lists joined by 、.
type Profile struct {
	About, Industry, Business, Architecture, Projects, Preferences, Sites, Modules, Notes string
}

// Contract is a customer's one current contract; the zero value: none is known. Whether it is 7×24 says Customer.AllHours.
type Contract struct {
	// Start and End are days (2006-01-02) of the customer's zone; End is the last day that is covered. Empty = open.
	Start, End string
	Service    string
	// Hours is the working time that is included; 0 = not counted.
	Hours int
}

// Known reports whether there is a contract.
func (c Contract) Known() bool { return c != Contract{} }

// OverOn reports whether the last day lies before a day (2006-01-02).
func (c Contract) OverOn(day string) bool { return c.End != "" && c.End < day }

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
	Email     string
	// Birthday and Anniversary are days as ParseDay writes them, solar or lunar; empty = unknown.
	Birthday, Anniversary string
	Preferences           string
	// LeftAt is when it was noted that he left the company: no more greetings, surveys and newsletters; zero = he works there.
	LeftAt time.Time
}

// Left reports whether he left the company.
func (c Contact) Left() bool { return !c.LeftAt.IsZero() }

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
	Teams  []string
	// Location is where he works, as people say it.
	Location string
	// LoadLimit is how many open tickets he should have at most; 0 = no limit of his own.
	LoadLimit int
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
	// Place 0 holds the role; 1, 2 … are his stand-ins in the order in which they are asked.
	Place int
}

// TeamRoles are the roles for one customer; the first three are the three in one.
var TeamRoles = []Role{RoleOwner, RoleAccountManager, RoleLiaison, RoleProductManager, RoleLeader}

// Team is who serves one customer, by role; absent roles are zero Staff. Who left the company serves nobody.
type Team struct {
	Owner, AccountManager, Liaison, ProductManager, Leader Staff
	// StandIns are, by role, who acts when the holder is away, in the order in which they are asked.
	StandIns map[Role][]Staff
}

// StandIn is who is asked first when the holder of a role is away; zero: nobody is named.
func (t Team) StandIn(role Role) Staff {
	if list := t.StandIns[role]; len(list) > 0 {
		return list[0]
	}
	return Staff{}
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
