package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
)

// Undone is what taking an import back did.
type Undone struct {
	File string
	At   time.Time // of the import
	// Back are the changes taken back; Kept those that stay, because somebody edited or used the record since.
	Back, Kept []customers.Change
	// Beside counts rows of sections that keep no history (duty, calendars, policies): they stay.
	Beside int
}

// UndoImport takes the last import back that was not taken back before: each field that is still as the import left it becomes what it was,
// each record that it brought goes unless somebody edited or used it (a colleague is only put out of service). What was edited since stays.
// tickets.ErrNotFound when there is none.
func (d *DB) UndoImport(ctx context.Context) (Undone, error) {
	var out Undone
	err := d.inTx(ctx, func(ctx context.Context, t *tx) error {
		last, err := lock(ctx, t, importRows, "find the last import", "WHERE undone_at IS NULL ORDER BY id DESC LIMIT 1")
		if err != nil {
			return err
		}
		out = Undone{File: last.File, At: last.At, Beside: last.Beside}
		changes, err := changesWhere(ctx, t, "WHERE import_id = $1 AND import_id <> 0 ORDER BY id DESC", last.ID)
		if err != nil {
			return err
		}
		for _, c := range changes {
			back, err := takeBack(ctx, t, c)
			if err != nil {
				return fmt.Errorf("take back a change of %s %s: %w", c.Noun, c.Subject, err)
			}
			if !back {
				out.Kept = append(out.Kept, c)
				continue
			}
			out.Back = append(out.Back, c)
			c.ID, c.At, c.Editor, c.Old, c.New = 0, d.clock(), customers.UndoMark+c.Editor, c.New, c.Old
			if err := t.AddChange(ctx, c); err != nil {
				return err
			}
		}
		last.UndoneAt = d.clock()
		return save(ctx, t, importRows, "note that an import was taken back", &last, last.ID)
	})
	return out, err
}

// takeBack makes one change undone; false: it stays.
func takeBack(ctx context.Context, t *tx, c customers.Change) (bool, error) {
	t.beside = surroundings{}
	if c.Field == "" && c.Noun != customers.NounModule {
		return removeUnused(ctx, t, c)
	}
	switch c.Noun {
	case customers.NounCustomer:
		return restore(ctx, t, customerRows, c)
	case customers.NounContact:
		return restore(ctx, t, contactRows, c)
	case customers.NounStaff:
		return restore(ctx, t, staffRows, c)
	case customers.NounRole:
		return restorePosts(ctx, t, c)
	case customers.NounModule:
		if c.New != "" {
			return true, dropModule(ctx, t, c.New)
		}
		var places int
		err := t.run(ctx, op{what: "count modules", sql: "SELECT COUNT(*) FROM modules", row: func(s scanner) error { return s.Scan(&places) }})
		if err != nil {
			return false, err
		}
		return true, putModule(ctx, t, c.Old, places)
	}
	return false, nil
}

// restore gives a field its old value if it still has the new one.
func restore[T any](ctx context.Context, t *tx, m *mapping[T], c customers.Change) (bool, error) {
	row, err := lock(ctx, t, m, "read what was imported", "WHERE id = $1", c.SubjectID)
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	field, ok := m.field(&row, c.Field)
	if !ok || textOf(field) != c.New {
		return false, nil
	}
	if err := setText(field, c.Old); err != nil {
		return false, err
	}
	return true, save(ctx, t, m, "restore what was imported over", &row, c.SubjectID)
}

// removeUnused takes a record away that an import brought, unless it was edited or is in use.
func removeUnused(ctx context.Context, t *tx, c customers.Change) (bool, error) {
	uses := map[customers.Noun]string{
		customers.NounCustomer: `SELECT 1 FROM tickets WHERE customer_id = $1 UNION ALL SELECT 1 FROM contacts WHERE customer_id = $1
			UNION ALL SELECT 1 FROM assignments WHERE customer_id = $1`,
		customers.NounContact: "SELECT 1 FROM tickets WHERE contact_id = $1 UNION ALL SELECT 1 FROM conversations WHERE contact_id = $1",
		customers.NounStaff:   "SELECT 1 FROM tickets WHERE owner_id = $1 UNION ALL SELECT 1 FROM assignments WHERE staff_id = $1",
	}[c.Noun]
	used := false
	seen := func(scanner) error { used = true; return nil }
	err := t.run(ctx,
		op{what: "look whether it is used", sql: uses, args: []any{c.SubjectID}, row: seen},
		op{what: "look whether it was edited", args: []any{string(c.Noun), c.SubjectID},
			sql: "SELECT 1 FROM changes WHERE noun = $1 AND subject_id = $2 AND editor_id <> 0", row: seen})
	if err != nil || used {
		return false, err
	}
	remove := "DELETE FROM " + string(c.Noun) + "s WHERE id = $1"
	if c.Noun == customers.NounStaff { // what he said and did names him
		remove = "UPDATE staff SET active = FALSE WHERE id = $1"
	}
	return true, t.run(ctx, op{what: "remove what was imported", sql: remove, args: []any{c.SubjectID}})
}

// restorePosts gives a role back to whom it had, if nobody gave it away since.
func restorePosts(ctx context.Context, t *tx, c customers.Change) (bool, error) {
	role, standIns := strings.CutSuffix(c.Field, standInField)
	var ids [2][]int64
	var names []string
	err := t.run(ctx, op{what: "read who holds a role", args: []any{c.SubjectID, role},
		sql: `SELECT a.staff_id, a.place, s.name FROM assignments AS a JOIN staff AS s ON s.id = a.staff_id
			WHERE a.customer_id = $1 AND a.role = $2 ORDER BY a.place`,
		row: func(s scanner) error {
			var id int64
			var place int
			var name string
			err := s.Scan(&id, &place, &name)
			if (place > 0) == standIns {
				names = append(names, name)
			}
			ids[min(place, 1)] = append(ids[min(place, 1)], id)
			return err
		}})
	if err != nil || strings.Join(names, "、") != c.New {
		return false, err
	}
	var back []int64
	for _, name := range customers.Members(c.Old) {
		row, err := one(ctx, t.run, staffRows, "find who held a role", "WHERE name = $1 ORDER BY active DESC, id LIMIT 1", name)
		if isMissing(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		back = append(back, row.ID)
	}
	if standIns {
		ids[1] = back
	} else {
		ids[0] = back
	}
	return true, t.SetPosts(ctx, c.SubjectID, customers.Role(role), append(ids[0], 0)[0], ids[1])
}
