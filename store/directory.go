package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
)

type assignmentRow struct {
	CustomerID int64
	Role       customers.Role
	StaffID    int64
	Place      int
}

type moduleRow struct {
	Name  string
	Place int
}

type importRow struct {
	ID       int64
	At       time.Time
	File     string
	Beside   int // rows whose change is not noted
	UndoneAt time.Time
}

var (
	assignmentRows = mapped[assignmentRow]("assignments")
	moduleRows     = mapped[moduleRow]("modules")
	importRows     = mapped[importRow]("imports")
)

// errDry takes a dry run back.
var errDry = errors.New("nothing is to be written")

// Imported is what an import changed, or would change.
type Imported struct {
	// Rows counts the rows written; moves in the order of the file are among them and have no Change.
	Rows    int
	Changes []customers.Change
}

// ImportDirectory is Import of a directory that has no file.
func (d *DB) ImportDirectory(ctx context.Context, dir customers.Directory) (changes int, err error) {
	done, err := d.Import(ctx, dir, "", false)
	return done.Rows, err
}

// Import brings customers, contacts, staff, assignments and modules to what the directory states, in one transaction, and tells what it
// changed: a second time that is nothing. Whoever the directory does not mention stays as he is. What a person or the desk found out later
// (an open_id, a WeCom id, a skill, a preference) is kept where the directory says nothing. Each change is noted and can be taken back by
// UndoImport. A dry run writes nothing.
func (d *DB) Import(ctx context.Context, dir customers.Directory, file string, dry bool) (Imported, error) {
	var done Imported
	err := d.inTx(ctx, func(ctx context.Context, t *tx) error {
		i := &importer{tx: t, now: d.clock(), file: file}
		err := i.run(ctx, dir)
		if err == nil {
			err = i.end(ctx)
		}
		if err != nil {
			return fmt.Errorf("import the directory: %w", err)
		}
		done = Imported{Rows: i.changes, Changes: i.list}
		if dry {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return done, err
}

type importer struct {
	tx    *tx
	now   time.Time
	file  string
	id    int64 // of the import; 0 until something changes
	staff []staffRow
	// changes counts the rows written, noted those of them whose change is noted; the others cannot be taken back.
	changes, noted int
	list           []customers.Change
}

func (i *importer) run(ctx context.Context, dir customers.Directory) error {
	if err := i.importStaff(ctx, dir.Staff); err != nil {
		return err
	}
	for _, c := range dir.Customers {
		id, err := i.importCustomer(ctx, c)
		if err != nil {
			return err
		}
		if err := i.importContacts(ctx, id, c.Contacts); err != nil {
			return err
		}
		if err := i.importTeam(ctx, id, c); err != nil {
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
	found := i.recognize(staff)
	for place, s := range staff {
		at := found[place]
		if at < 0 {
			i.staff = append(i.staff, staffRow{})
			at = len(i.staff) - 1
		}
		old := i.staff[at]
		row := staffRow{staffColumns: staffColumns(s)}
		staffRows.keepSilent(&old, &row)
		row.ID, row.Place = old.ID, place
		about := customers.Change{Noun: customers.NounStaff, Subject: s.Name}
		if err := putNoted(ctx, i, staffRows, about, old, &row, func(r *staffRow) int64 { return r.ID }); err != nil {
			return err
		}
		i.staff[at] = row
	}
	return nil
}

// recognize finds the rows of the colleagues that a file states, -1 for who is new: by Feishu id, else by mobile number, else by name, for a
// number may change. Of namesakes each has a row of his own.
func (i *importer) recognize(staff []customers.Staff) []int {
	found := make([]int, len(staff))
	taken := map[int]bool{}
	for n := range staff {
		found[n] = -1
	}
	for _, same := range samePerson {
		for n, s := range staff {
			if found[n] >= 0 {
				continue
			}
			for at, r := range i.staff {
				if !taken[at] && same(s, r) {
					found[n], taken[at] = at, true
					break
				}
			}
		}
	}
	return found
}

var samePerson = []func(customers.Staff, staffRow) bool{
	func(s customers.Staff, r staffRow) bool { return s.OpenID != "" && r.OpenID == s.OpenID },
	func(s customers.Staff, r staffRow) bool { return s.Mobile != "" && r.Mobile == s.Mobile },
	func(s customers.Staff, r staffRow) bool { return r.Name == s.Name },
}

// find looks for a colleague; -1 = there is none.
func (i *importer) find(s customers.Staff) int {
	for _, same := range samePerson {
		if at := slices.IndexFunc(i.staff, func(r staffRow) bool { return same(s, r) }); at >= 0 {
			return at
		}
	}
	return -1
}

func (i *importer) importCustomer(ctx context.Context, c customers.DirectoryCustomer) (int64, error) {
	old, err := one(ctx, i.tx.run, customerRows, "find a customer", "WHERE code = $1", clean(c.Code))
	if err != nil && !isMissing(err) {
		return 0, err
	}
	row := customerRow(c.Customer)
	if c.AllHoursUnsaid {
		row.AllHours = old.AllHours
	}
	customerRows.keepSilent(&old, &row)
	row.ID = old.ID
	if row.Tier == "" {
		row.Tier = customers.TierC
	}
	about := customers.Change{Noun: customers.NounCustomer, Subject: row.Name}
	err = putNoted(ctx, i, customerRows, about, old, &row, func(r *customerRow) int64 { return r.ID })
	return row.ID, err
}

func (i *importer) importContacts(ctx context.Context, customerID int64, contacts []customers.Contact) error {
	for _, c := range contacts {
		old, err := i.findContact(ctx, customerID, c)
		if err != nil && !isMissing(err) {
			return err
		}
		row := contactRow(c)
		row.CustomerID = customerID
		contactRows.keepSilent(&old, &row)
		row.ID = old.ID
		if row.ID == 0 {
			row.CreatedAt = i.now
		}
		if row.Kind == "" {
			row.Kind = customers.KindTechnical
		}
		about := customers.Change{Noun: customers.NounContact, Subject: row.Name, CustomerID: customerID}
		if err := putNoted(ctx, i, contactRows, about, old, &row, func(r *contactRow) int64 { return r.ID }); err != nil {
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

// importTeam brings the roles of a customer to what the file states; a role it leaves out is nobody's, unless it says nothing about the team.
// Stand-ins that it does not name stay.
func (i *importer) importTeam(ctx context.Context, customerID int64, c customers.DirectoryCustomer) error {
	if len(c.Team) == 0 && len(c.StandIns) == 0 {
		return nil
	}
	rows, err := many(ctx, i.tx.run, assignmentRows, "read a team", "WHERE customer_id = $1 ORDER BY place", customerID)
	if err != nil {
		return err
	}
	for _, role := range customers.TeamRoles {
		var was, is [2][]int64 // holders, stand-ins
		for _, a := range rows {
			if a.Role == role {
				was[min(a.Place, 1)] = append(was[min(a.Place, 1)], a.StaffID)
			}
		}
		if is[0], err = i.ids(customerID, c.Team[role]); err != nil {
			return err
		}
		if is[1], err = i.ids(customerID, c.StandIns[role]...); err != nil {
			return err
		}
		if len(is[1]) == 0 {
			is[1] = was[1]
		}
		if slices.Equal(was[0], is[0]) && slices.Equal(was[1], is[1]) {
			continue
		}
		if err := i.tx.SetPosts(ctx, customerID, role, append(is[0], 0)[0], is[1]); err != nil {
			return err
		}
		for n, field := range []string{string(role), string(role) + standInField} {
			if slices.Equal(was[n], is[n]) {
				continue
			}
			i.wrote()
			about := customers.Change{Noun: customers.NounRole, SubjectID: customerID, CustomerID: customerID, Subject: c.Name,
				Field: field, Old: i.names(was[n]), New: i.names(is[n])}
			if err := i.note(ctx, about); err != nil {
				return err
			}
		}
	}
	return nil
}

// standInField ends the name of a role's field that holds its stand-ins.
const standInField = "_stand_in"

// ids are those of colleagues by name; an empty name is nobody.
func (i *importer) ids(customerID int64, names ...string) ([]int64, error) {
	var ids []int64
	for _, name := range names {
		if name == "" {
			continue
		}
		at := i.find(customers.Staff{Name: name, Mobile: name}) // of namesakes the file gives the number
		if at < 0 {
			return nil, fmt.Errorf("the team of customer %d names %s, who is not on the staff", customerID, name)
		}
		ids = append(ids, i.staff[at].ID)
	}
	return ids, nil
}

func (i *importer) names(ids []int64) string {
	var names []string
	for _, id := range ids {
		for _, s := range i.staff {
			if s.ID == id {
				names = append(names, s.Name)
			}
		}
	}
	return strings.Join(names, "、")
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
		i.wrote()
		if err := putModule(ctx, i.tx, name, place); err != nil {
			return err
		}
		if !ok {
			if err := i.note(ctx, customers.Change{Noun: customers.NounModule, Subject: name, New: name}); err != nil {
				return err
			}
		}
	}
	for _, m := range old {
		if _, gone := was[m.Name]; !gone {
			continue
		}
		i.wrote()
		if err := dropModule(ctx, i.tx, m.Name); err != nil {
			return err
		}
		if err := i.note(ctx, customers.Change{Noun: customers.NounModule, Subject: m.Name, Old: m.Name}); err != nil {
			return err
		}
	}
	return nil
}

func putModule(ctx context.Context, t *tx, name string, place int) error {
	return t.later(ctx, op{what: "save a module", args: []any{name, place},
		sql: "INSERT INTO modules (name, place) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET place = excluded.place"})
}

func dropModule(ctx context.Context, t *tx, name string) error {
	return t.later(ctx, op{what: "remove a module", sql: "DELETE FROM modules WHERE name = $1", args: []any{name}})
}

// Modules are the product modules of the directory, in its order.
func (d *DB) Modules(ctx context.Context) ([]string, error) { return modules(ctx, d.look) }

func modules(ctx context.Context, run runner) ([]string, error) {
	rows, err := many(ctx, run, moduleRows, "list modules", "ORDER BY place, name")
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
