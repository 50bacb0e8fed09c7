package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"servicedesk/customers"
)

type assignmentRow struct {
	CustomerID int64
	Role       customers.Role
	StaffID    int64
}

type moduleRow struct {
	Name  string
	Place int
}

var (
	assignmentRows = mapped[assignmentRow]("assignments")
	moduleRows     = mapped[moduleRow]("modules")
)

// ImportDirectory brings customers, contacts, staff, assignments and modules to what the directory states, in one transaction, and counts
// the rows it changed: a second time there are none. Whoever the directory does not mention stays as he is. What a person or the desk found
// out later (a resolved open_id, a WeCom id, when a contact was noticed) is kept where the directory says nothing.
func (d *DB) ImportDirectory(ctx context.Context, dir customers.Directory) (changes int, err error) {
	err = d.inTx(ctx, func(ctx context.Context, t *tx) error {
		i := &importer{tx: t, now: d.clock()}
		if err := i.run(ctx, dir); err != nil {
			return fmt.Errorf("import the directory: %w", err)
		}
		changes = i.changes
		return nil
	})
	return changes, err
}

type importer struct {
	tx      *tx
	now     time.Time
	staff   []staffRow
	changes int
}

func (i *importer) run(ctx context.Context, dir customers.Directory) error {
	if err := i.importStaff(ctx, dir.Staff); err != nil {
		return err
	}
	for _, c := range dir.Customers {
		id, err := i.importCustomer(ctx, c.Customer)
		if err != nil {
			return err
		}
		if err := i.importContacts(ctx, id, c.Contacts); err != nil {
			return err
		}
		if err := i.importTeam(ctx, id, c.Team); err != nil {
			return err
		}
	}
	if err := i.importWorkingTime(ctx, dir); err != nil {
		return err
	}
	if err := i.importPolicies(ctx, dir.Policies); err != nil {
		return err
	}
	if len(dir.Modules) == 0 {
		return nil
	}
	return i.importModules(ctx, dir.Modules)
}

// put saves a row when it is new (id 0) or differs from what was there.
func put[T any](ctx context.Context, i *importer, m *mapping[T], what string, old T, row *T, id int64) error {
	if id != 0 && reflect.DeepEqual(old, *row) {
		return nil
	}
	i.changes++
	return save(ctx, i.tx, m, what, row, id)
}

func (i *importer) importStaff(ctx context.Context, staff []customers.Staff) error {
	rows, err := many(ctx, i.tx.run, staffRows, "list staff", "ORDER BY id")
	if err != nil {
		return err
	}
	i.staff = rows
	for place, s := range staff {
		at := i.find(s)
		if at < 0 {
			i.staff = append(i.staff, staffRow{})
			at = len(i.staff) - 1
		}
		old := i.staff[at]
		row := staffRow{staffColumns: staffColumns(s), Place: place}
		row.ID = old.ID
		if row.OpenID == "" {
			row.OpenID = old.OpenID
		}
		if row.Mobile == "" {
			row.Mobile = old.Mobile
		}
		if len(row.Roles) == 0 {
			row.Roles = nil // as it comes back from the database
		}
		if len(row.Skills) == 0 {
			row.Skills = nil
		}
		if err := put(ctx, i, staffRows, "save "+s.Name, old, &row, row.ID); err != nil {
			return err
		}
		i.staff[at] = row
	}
	return nil
}

// find looks for the same person: by Feishu id, else by mobile number, else by name, for a number may change.
func (i *importer) find(s customers.Staff) int {
	for _, same := range []func(staffRow) bool{
		func(r staffRow) bool { return s.OpenID != "" && r.OpenID == s.OpenID },
		func(r staffRow) bool { return s.Mobile != "" && r.Mobile == s.Mobile },
		func(r staffRow) bool { return r.Name == s.Name },
	} {
		for at, r := range i.staff {
			if same(r) {
				return at
			}
		}
	}
	return -1
}

func (i *importer) importCustomer(ctx context.Context, c customers.Customer) (int64, error) {
	old, err := one(ctx, i.tx.run, customerRows, "find a customer", "WHERE code = $1", clean(c.Code))
	if err != nil && !isMissing(err) {
		return 0, err
	}
	row := customerRow(c)
	row.ID = old.ID
	err = put(ctx, i, customerRows, "save customer "+c.Code, old, &row, row.ID)
	return row.ID, err
}

func (i *importer) importContacts(ctx context.Context, customerID int64, contacts []customers.Contact) error {
	for _, c := range contacts {
		old, err := i.findContact(ctx, customerID, c)
		if err != nil && !isMissing(err) {
			return err
		}
		row := old
		row.CustomerID, row.Name, row.Kind, row.Mobile, row.Locale = customerID, c.Name, c.Kind, c.Mobile, c.Locale
		if c.WeComID != "" {
			row.WeComID = c.WeComID
		}
		if row.ID == 0 {
			row.CreatedAt = i.now
		}
		if err := put(ctx, i, contactRows, "save a contact", old, &row, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// findContact looks for the same contact: by WeCom id, also when he is bound to nobody yet, else by name among the customer's.
func (i *importer) findContact(ctx context.Context, customerID int64, c customers.Contact) (contactRow, error) {
	if c.WeComID != "" {
		row, err := one(ctx, i.tx.run, contactRows, "find a contact by WeCom id", "WHERE wecom_id = $1", clean(c.WeComID))
		if !isMissing(err) {
			return row, err
		}
	}
	return one(ctx, i.tx.run, contactRows, "find a contact by name",
		"WHERE customer_id = $1 AND name = $2 AND (wecom_id = '' OR $3 = '') ORDER BY id LIMIT 1", customerID, clean(c.Name), clean(c.WeComID))
}

func (i *importer) importTeam(ctx context.Context, customerID int64, team map[customers.Role]string) error {
	old, err := many(ctx, i.tx.run, assignmentRows, "read a team", "WHERE customer_id = $1", customerID)
	if err != nil {
		return err
	}
	was := map[customers.Role]int64{}
	for _, a := range old {
		was[a.Role] = a.StaffID
		if _, ok := team[a.Role]; !ok {
			i.changes++
			err := i.tx.later(ctx, op{what: "end an assignment", args: []any{customerID, string(a.Role)},
				sql: "DELETE FROM assignments WHERE customer_id = $1 AND role = $2"})
			if err != nil {
				return err
			}
		}
	}
	for role, name := range team {
		at := i.find(customers.Staff{Name: name})
		if at < 0 {
			return fmt.Errorf("the team of customer %d names %s, who is not on the staff", customerID, name)
		}
		if id := i.staff[at].ID; was[role] != id {
			i.changes++
			err := i.tx.later(ctx, op{what: "assign", args: []any{customerID, clean(string(role)), id},
				sql: `INSERT INTO assignments (customer_id, role, staff_id) VALUES ($1, $2, $3)
					ON CONFLICT (customer_id, role) DO UPDATE SET staff_id = excluded.staff_id`})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// importModules replaces the list.
func (i *importer) importModules(ctx context.Context, names []string) error {
	old, err := many(ctx, i.tx.run, moduleRows, "list modules", "ORDER BY place")
	if err != nil {
		return err
	}
	was := map[string]int{}
	for _, m := range old {
		was[m.Name] = m.Place
	}
	for place, name := range names {
		name = clean(name)
		at, ok := was[name]
		delete(was, name)
		if ok && at == place {
			continue
		}
		i.changes++
		err := i.tx.later(ctx, op{what: "save a module", args: []any{name, place},
			sql: "INSERT INTO modules (name, place) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET place = excluded.place"})
		if err != nil {
			return err
		}
	}
	for name := range was {
		i.changes++
		if err := i.tx.later(ctx, op{what: "remove a module", sql: "DELETE FROM modules WHERE name = $1", args: []any{name}}); err != nil {
			return err
		}
	}
	return nil
}

// Modules are the product modules of the directory, in its order.
func (d *DB) Modules(ctx context.Context) ([]string, error) {
	rows, err := many(ctx, d.look, moduleRows, "list modules", "ORDER BY place, name")
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name
	}
	return names, err
}

// SetOpenID notes under which id Feishu knows a colleague; tickets.ErrConflict when somebody else has it.
func (d *DB) SetOpenID(ctx context.Context, staffID int64, openID string) error {
	return d.do(ctx, op{what: fmt.Sprintf("set the open_id of staff %d", staffID), must: true,
		sql: "UPDATE staff SET open_id = $2 WHERE id = $1", args: []any{staffID, clean(openID)}})
}
