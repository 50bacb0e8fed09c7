package kernel

import (
	"encoding/json"
	"fmt"
	"sort"
	"sync"
)

// Table is one kind of entity in the journal, by id. What Get and All give are copies of the stored value; slices and
// maps inside it are shared, so change them by building new ones. Safe for concurrent use.
type Table[T any] struct {
	journal *Journal
	name    string

	mu    sync.RWMutex
	rows  map[string]row[T]
	count int // rows ever inserted, orders them
}

type row[T any] struct {
	place int
	value T
}

// NewTable opens the table of that name with the rows the journal kept. Rows that no longer decode are left out, and
// the journal's Close reports them.
func NewTable[T any](j *Journal, name string) *Table[T] {
	t := &Table[T]{journal: j, name: name, rows: map[string]row[T]{}}
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.loaded[name]
	delete(j.loaded, name)
	if kept == nil {
		return t
	}
	for _, id := range kept.living() {
		var v T
		if err := json.Unmarshal(kept.rows[id], &v); err != nil {
			if j.err == nil {
				j.err = fmt.Errorf("row %s of table %s in the simulator's journal: %w", id, name, err)
			}
			continue
		}
		t.count++
		t.rows[id] = row[T]{place: t.count, value: v}
	}
	return t
}

// Put keeps v under id, replacing what was there. It is on disk when Put returns.
func (t *Table[T]) Put(id string, v T) {
	raw, err := json.Marshal(v)
	t.mu.Lock()
	defer t.mu.Unlock()
	place := t.rows[id].place
	if place == 0 {
		t.count++
		place = t.count
	}
	t.rows[id] = row[T]{place: place, value: v}
	t.append(record{Table: t.name, ID: id, Value: raw}, err)
}

// Get gives the row of that id.
func (t *Table[T]) Get(id string) (T, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	r, ok := t.rows[id]
	return r.value, ok
}

// Delete removes the row of that id, if there is one.
func (t *Table[T]) Delete(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.rows[id]; !ok {
		return
	}
	delete(t.rows, id)
	t.append(record{Table: t.name, ID: id, Deleted: true}, nil)
}

// All gives every row in the order of insertion; replacing a row does not move it.
func (t *Table[T]) All() []T {
	t.mu.RLock()
	rows := make([]row[T], 0, len(t.rows))
	for _, r := range t.rows {
		rows = append(rows, r)
	}
	t.mu.RUnlock()
	sort.Slice(rows, func(i, j int) bool { return rows[i].place < rows[j].place })
	values := make([]T, len(rows))
	for i, r := range rows {
		values[i] = r.value
	}
	return values
}

// Len is the number of rows.
func (t *Table[T]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.rows)
}

// append writes while mu is held, so that the journal's order is the table's.
func (t *Table[T]) append(r record, err error) {
	t.journal.mu.Lock()
	defer t.journal.mu.Unlock()
	if err != nil {
		if t.journal.err == nil {
			t.journal.err = fmt.Errorf("row %s of table %s: %w", r.ID, t.name, err)
		}
		return
	}
	t.journal.write(r)
}
