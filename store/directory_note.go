package store

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"servicedesk/customers"
)

// begin notes the import itself, before its first change.
func (i *importer) begin(ctx context.Context) error {
	if i.id != 0 {
		return nil
	}
	row := importRow{At: i.now, File: i.file}
	err := save(ctx, i.tx, importRows, "note an import", &row, 0)
	i.id = row.ID
	return err
}

// end notes how much of the import cannot be taken back.
func (i *importer) end(ctx context.Context) error {
	if i.changes == i.noted {
		return nil
	}
	if err := i.begin(ctx); err != nil {
		return err
	}
	return i.tx.run(ctx, op{what: "note an import's size", sql: "UPDATE imports SET beside = $2 WHERE id = $1", args: []any{i.id, i.changes - i.noted}})
}

// note keeps a change, as one of this import.
func (i *importer) note(ctx context.Context, c customers.Change) error {
	if err := i.begin(ctx); err != nil {
		return err
	}
	c.At, c.Editor, c.ImportID = i.now, i.file, i.id
	i.list = append(i.list, c)
	row := changeRow(c)
	args, err := changeRows.values(&row)
	if err != nil {
		return err
	}
	return i.tx.later(ctx, op{what: "note a change", sql: strings.TrimSuffix(changeRows.create, "RETURNING id"), args: args[1:]})
}

// wrote counts a row whose change is noted.
func (i *importer) wrote() {
	i.changes++
	i.noted++
}

// unnoted columns are the desk's own.
var unnoted = []string{"id", "place", "created_at", "noticed_at"}

// putNoted is put for a row that has a history. about has noun, subject and customer; id tells a row's id.
func putNoted[T any](ctx context.Context, i *importer, m *mapping[T], about customers.Change, old T, row *T, id func(*T) int64) error {
	known, before := id(&old) != 0, i.changes
	if err := put(ctx, i, m, "save "+string(about.Noun)+" "+about.Subject, old, row, id(row)); err != nil || i.changes == before {
		return err
	}
	i.noted++
	about.SubjectID = id(row)
	if about.Noun == customers.NounCustomer {
		about.CustomerID = about.SubjectID
	}
	if !known {
		about.New = about.Subject
		return i.note(ctx, about)
	}
	for _, c := range m.columns {
		if slices.Contains(unnoted, c.name) {
			continue
		}
		was, is := reflect.ValueOf(&old).Elem().FieldByIndex(c.index), reflect.ValueOf(row).Elem().FieldByIndex(c.index)
		if about.Field, about.Old, about.New = c.name, textOf(was), textOf(is); about.Old != about.New {
			if err := i.note(ctx, about); err != nil {
				return err
			}
		}
	}
	return nil
}
