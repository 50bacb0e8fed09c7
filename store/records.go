package store

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// changeRow mirrors customers.Change.
type changeRow struct {
	ID         int64
	At         time.Time
	EditorID   int64
	Editor     string
	ImportID   int64
	Noun       customers.Noun
	SubjectID  int64
	Subject    string
	CustomerID int64
	Field      string
	Old, New   string
}

var changeRows = mapped[changeRow]("changes")

func (t *tx) LockCustomer(ctx context.Context, id int64) (customers.Customer, error) {
	row, err := lock(ctx, t, customerRows, fmt.Sprintf("lock customer %d", id), "WHERE id = $1", id)
	return customers.Customer(row), err
}

func (t *tx) SaveCustomer(ctx context.Context, c customers.Customer) error {
	t.beside = surroundings{} // what was read beside a contact is old now
	row := customerRow(c)
	return save(ctx, t, customerRows, fmt.Sprintf("save customer %d", c.ID), &row, row.ID)
}

func (t *tx) LockContact(ctx context.Context, id int64) (customers.Contact, error) {
	row, err := lock(ctx, t, contactRows, fmt.Sprintf("lock contact %d", id), "WHERE id = $1", id)
	return customers.Contact(row), err
}

func (t *tx) ContactsOf(ctx context.Context, customerID int64) ([]customers.Contact, error) {
	rows, err := many(ctx, t.run, contactRows, "list contacts", "WHERE customer_id = $1 ORDER BY id", customerID)
	list := make([]customers.Contact, len(rows))
	for i, row := range rows {
		list[i] = customers.Contact(row)
	}
	return list, err
}

func (t *tx) RemoveContact(ctx context.Context, id int64) error {
	return t.run(ctx, op{what: fmt.Sprintf("remove contact %d", id), sql: "DELETE FROM contacts WHERE id = $1", args: []any{id}, must: true})
}

func (t *tx) SetSkills(ctx context.Context, staffID int64, skills map[string]int) error {
	t.beside = surroundings{}
	row := staffRow{staffColumns: staffColumns{ID: staffID, Skills: skills}}
	args, err := skillRows.values(&row)
	if err != nil {
		return err
	}
	return t.run(ctx, op{what: fmt.Sprintf("set skills of staff %d", staffID), sql: skillRows.update, args: args, must: true})
}

var skillRows = staffRows.only("skills")

func (t *tx) SetPosts(ctx context.Context, customerID int64, role customers.Role, holder int64, standIns []int64) error {
	t.beside = surroundings{}
	err := t.run(ctx, op{what: "end assignments", args: []any{customerID, clean(string(role))},
		sql: "DELETE FROM assignments WHERE customer_id = $1 AND role = $2"})
	if err != nil {
		return err
	}
	for place, id := range append([]int64{holder}, standIns...) {
		if id == 0 {
			continue
		}
		err := t.run(ctx, op{what: "assign", args: []any{customerID, clean(string(role)), id, place},
			sql: "INSERT INTO assignments (customer_id, role, staff_id, place) VALUES ($1, $2, $3, $4)"})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Posts(ctx context.Context) ([]customers.Post, error) {
	var posts []customers.Post
	err := t.run(ctx, op{what: "list who holds roles",
		sql: `SELECT a.customer_id, a.role, s.name, s.active FROM assignments AS a JOIN staff AS s ON s.id = a.staff_id
			WHERE a.place = 0 ORDER BY a.customer_id, a.role`,
		row: func(s scanner) error {
			var p customers.Post
			var role string
			err := s.Scan(&p.CustomerID, &role, &p.Name, &p.Active)
			p.Role = customers.Role(role)
			posts = append(posts, p)
			return err
		}})
	return posts, err
}

func (t *tx) Modules(ctx context.Context) ([]string, error) { return modules(ctx, t.run) }

func (t *tx) AddChange(ctx context.Context, c customers.Change) error {
	row := changeRow(c)
	return save(ctx, t, changeRows, "note a change", &row, 0)
}

func (t *tx) Changes(ctx context.Context, customerID int64) ([]customers.Change, error) {
	return changesWhere(ctx, t, "WHERE customer_id = $1 ORDER BY id", customerID)
}

func (t *tx) LastChange(ctx context.Context, customerID int64) (last int64, err error) {
	err = t.run(ctx, op{what: "find the last change", sql: "SELECT COALESCE(MAX(id), 0) FROM changes WHERE customer_id = $1", args: []any{customerID},
		row: func(s scanner) error { return s.Scan(&last) }})
	return last, err
}

func changesWhere(ctx context.Context, t *tx, rest string, args ...any) ([]customers.Change, error) {
	rows, err := many(ctx, t.run, changeRows, "list changes", rest, args...)
	list := make([]customers.Change, len(rows))
	for i, row := range rows {
		list[i] = customers.Change(row)
	}
	return list, err
}
