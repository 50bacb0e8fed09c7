package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

type customerRow struct {
	ID       int64
	Code     string
	Name     string
	Tier     customers.Tier
	AllHours bool
	Locale   string
	Timezone string
	Group    string             `bun:"chat_group"`
	Profile  customers.Profile  `bun:"embed:profile_"`
	Contract customers.Contract `bun:"embed:contract_"`
}

type contactRow struct {
	ID         int64
	CustomerID int64
	Name       string
	Kind       customers.ContactKind
	WeComID    string `bun:"wecom_id"`
	Mobile     string
	Locale     string
	NoticedAt  time.Time
	CreatedAt  time.Time

	Email, Birthday, Anniversary, Preferences string

	LeftAt time.Time
}

// staffColumns mirrors customers.Staff.
type staffColumns struct {
	ID     int64
	Name   string
	Mobile string
	OpenID string
	Locale string
	Roles  []customers.Role
	Skills map[string]int
	Active bool

	Teams     []string
	Location  string
	LoadLimit int
}

type staffRow struct {
	staffColumns
	Place int // in the directory
}

var (
	customerRows = mapped[customerRow]("customers")
	contactRows  = mapped[contactRow]("contacts")
	staffRows    = mapped[staffRow]("staff")
)

func (t *tx) Customer(ctx context.Context, id int64) (customers.Customer, error) {
	if t.beside.customer.ID == id && id != 0 {
		return t.beside.customer, nil
	}
	row, err := one(ctx, t.run, customerRows, fmt.Sprintf("read customer %d", id), "WHERE id = $1", id)
	return customers.Customer(row), err
}

func (t *tx) Customers(ctx context.Context) ([]customers.Customer, error) {
	rows, err := many(ctx, t.run, customerRows, "list customers", "ORDER BY code")
	list := make([]customers.Customer, len(rows))
	for i, row := range rows {
		list[i] = customers.Customer(row)
	}
	return list, err
}

func (t *tx) FindCustomer(ctx context.Context, codeOrName string) (customers.Customer, error) {
	name := clean(strings.TrimSpace(codeOrName))
	code := strings.ToUpper(name)
	row, err := one(ctx, t.run, customerRows, "find a customer",
		"WHERE code = $1 OR name = $2 ORDER BY CASE WHEN code = $1 THEN 0 ELSE 1 END, id LIMIT 1", code, name)
	return customers.Customer(row), err
}

func (t *tx) Team(ctx context.Context, customerID int64) (customers.Team, error) {
	if t.beside.customer.ID == customerID && customerID != 0 {
		return t.beside.team, nil
	}
	var team customers.Team
	err := t.run(ctx, readTeam(&team, "$1", customerID))
	return team, err
}

// readTeam reads the team of the customer whose id the term gives.
func readTeam(team *customers.Team, customer string, args ...any) op {
	return op{what: "read a team", args: args,
		sql: "SELECT a.role, a.place, " + staffRows.names("s.") + " FROM assignments AS a JOIN staff AS s ON s.id = a.staff_id" +
			" WHERE a.customer_id = " + customer + " AND s.active ORDER BY a.place",
		row: func(s scanner) error {
			var role string
			var place int
			var row staffRow
			if err := s.Scan(append([]any{&role, &place}, staffRows.targets(&row)...)...); err != nil {
				return err
			}
			seat(team, customers.Role(role), place, customers.Staff(row.staffColumns))
			return nil
		}}
}

// seat puts a colleague into his place of a team.
func seat(team *customers.Team, role customers.Role, place int, who customers.Staff) {
	member := memberOf(team, role)
	switch {
	case member == nil: // a role that teams do not have
	case place == 0:
		*member = who
	default:
		if team.StandIns == nil {
			team.StandIns = map[customers.Role][]customers.Staff{}
		}
		team.StandIns[role] = append(team.StandIns[role], who)
	}
}

// surroundings are what was read beside a contact: whoever asks for him asks for them next.
type surroundings struct {
	customer customers.Customer
	team     customers.Team
	policies *[]customers.Policy // nil = not read
}

// contact reads the one contact for whom the term is true, with his surroundings, in one round trip.
func (t *tx) contact(ctx context.Context, what, term string, arg any) (customers.Contact, error) {
	var row contactRow
	var customer customerRow
	near := surroundings{policies: new([]customers.Policy)}
	found := false
	ofCustomer := "(SELECT customer_id FROM contacts WHERE " + term + ")"
	err := t.run(ctx,
		op{what: what, sql: contactRows.read + "WHERE " + term, args: []any{arg}, row: func(s scanner) error {
			found = true
			return s.Scan(contactRows.targets(&row)...)
		}},
		op{what: "read a contact's customer", sql: customerRows.read + "WHERE id = " + ofCustomer, args: []any{arg}, row: func(s scanner) error {
			return s.Scan(customerRows.targets(&customer)...)
		}},
		readTeam(&near.team, ofCustomer, arg), readPolicies(near.policies))
	if err == nil && !found {
		err = op{what: what, must: true}.missing(0)
	}
	if err != nil {
		return customers.Contact{}, err
	}
	near.customer = customers.Customer(customer)
	t.beside = near
	return customers.Contact(row), nil
}

// memberOf is the team's place for a role; nil when teams have no such place.
func memberOf(team *customers.Team, role customers.Role) *customers.Staff {
	switch role {
	case customers.RoleOwner:
		return &team.Owner
	case customers.RoleAccountManager:
		return &team.AccountManager
	case customers.RoleLiaison:
		return &team.Liaison
	case customers.RoleProductManager:
		return &team.ProductManager
	case customers.RoleLeader:
		return &team.Leader
	}
	return nil
}

func (t *tx) Contact(ctx context.Context, id int64) (customers.Contact, error) {
	return t.contact(ctx, fmt.Sprintf("read contact %d", id), "id = $1", id)
}

func (t *tx) ContactByWeCom(ctx context.Context, externalID tickets.RemoteID) (customers.Contact, error) {
	return t.contact(ctx, "find a contact by WeCom id", "wecom_id <> '' AND wecom_id = $1", clean(string(externalID)))
}

func (t *tx) FindContacts(ctx context.Context, name string) ([]customers.Contact, error) {
	rows, err := many(ctx, t.run, contactRows, "find contacts", "WHERE name = $1 ORDER BY CASE WHEN customer_id = 0 THEN 0 ELSE 1 END, id", clean(name))
	list := make([]customers.Contact, len(rows))
	for i, row := range rows {
		list[i] = customers.Contact(row)
	}
	return list, err
}

func (t *tx) SaveContact(ctx context.Context, c *customers.Contact) error {
	row := contactRow(*c)
	err := save(ctx, t, contactRows, "save the contact", &row, row.ID)
	if err == nil {
		c.ID = row.ID
	}
	return err
}

// save inserts the row when its id is 0, and sets that, or updates it. It does so at once: a conflict shows here.
func save[T any](ctx context.Context, t *tx, m *mapping[T], what string, row *T, id int64) error {
	args, err := m.values(row)
	if err != nil {
		return err
	}
	if id != 0 {
		return t.run(ctx, op{what: what, sql: m.update, args: args, must: true})
	}
	return t.run(ctx, op{what: what, sql: m.create, args: args[1:], row: func(s scanner) error { return s.Scan(m.targets(row)[0]) }})
}

func (t *tx) Staff(ctx context.Context, id int64) (customers.Staff, error) {
	if owner := t.beside.team.Owner; owner.ID == id && id != 0 {
		return owner, nil
	}
	return t.colleague(ctx, fmt.Sprintf("read staff %d", id), "WHERE id = $1", id)
}

func (t *tx) StaffByOpenID(ctx context.Context, openID tickets.RemoteID) (customers.Staff, error) {
	return t.colleague(ctx, "find staff by open_id", "WHERE open_id <> '' AND open_id = $1", clean(string(openID)))
}

func (t *tx) FindStaff(ctx context.Context, name string) ([]customers.Staff, error) {
	return t.colleagues(ctx, "find staff", "WHERE name = $1 AND active ORDER BY place, id", clean(name))
}

func (t *tx) AllStaff(ctx context.Context) ([]customers.Staff, error) {
	return t.colleagues(ctx, "list staff", "WHERE active ORDER BY place, id")
}

func (t *tx) colleague(ctx context.Context, what, rest string, args ...any) (customers.Staff, error) {
	row, err := one(ctx, t.run, staffRows, what, rest, args...)
	return customers.Staff(row.staffColumns), err
}

func (t *tx) colleagues(ctx context.Context, what, rest string, args ...any) ([]customers.Staff, error) {
	rows, err := many(ctx, t.run, staffRows, what, rest, args...)
	list := make([]customers.Staff, len(rows))
	for i, row := range rows {
		list[i] = customers.Staff(row.staffColumns)
	}
	return list, err
}
