package store

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// mapping ties a row type, whose bun tags name the columns, to prepared statements. bun itself writes every value into the statement's
// text, so that the database parses and plans it anew each time: too dear on the write path.
type mapping[T any] struct {
	table   string
	columns []column
	// read is "SELECT all columns FROM table "; insert and update take values(row); create is insert without the id, which it answers.
	read, insert, create, update string
}

type column struct {
	name  string
	index []int
	kind  columnKind
}

type columnKind int

const (
	plainColumn columnKind = iota
	textColumn
	numberColumn
	timeColumn
	jsonColumn
)

// rowSchema only reads tags; the names are the same in both dialects.
var rowSchema = pgdialect.New().Tables()

// mapped makes the mapping of a row type. A column named id comes first where there is one.
func mapped[T any](table string) *mapping[T] {
	m := &mapping[T]{table: table}
	for _, f := range rowSchema.Get(reflect.TypeFor[T]()).Fields {
		m.columns = append(m.columns, column{name: f.Name, index: f.Index, kind: kindOf(f.StructField.Type)})
	}
	slices.SortStableFunc(m.columns, func(a, b column) int { return idFirst(a) - idFirst(b) })
	names := m.names("")
	m.read = "SELECT " + names + " FROM " + table + " "
	m.insert = "INSERT INTO " + table + " (" + names + ") VALUES (" + places(1, len(m.columns)) + ")"
	m.create = "INSERT INTO " + table + " (" + strings.TrimPrefix(names, "id, ") + ") VALUES (" + places(1, len(m.columns)-1) + ") RETURNING id"
	m.update = m.setting()
	return m
}

// insertMost is how many rows one statement inserts at most.
const insertMost = 8

// insertion is an INSERT of one row or several: texts[n-1] is that of n rows.
type insertion struct{ texts [insertMost]string }

// inserting is the insertion of whole rows; tail follows their values.
func (m *mapping[T]) inserting(tail string) *insertion {
	var i insertion
	text := m.insert
	for n := range i.texts {
		if n > 0 {
			text += ", (" + places(1+n*len(m.columns), len(m.columns)) + ")"
		}
		i.texts[n] = text + tail
	}
	return &i
}

// op inserts one row.
func (i *insertion) op(what string, args []any) op {
	return op{what: what, sql: i.texts[0], args: args, adds: i}
}

// join adds the rows of more to those of o when one statement can insert both.
func (o *op) join(more op) bool {
	width := len(more.args)
	if o.adds == nil || o.adds != more.adds || len(o.args) >= insertMost*width {
		return false
	}
	o.args = append(o.args[:len(o.args):len(o.args)], more.args...)
	o.sql = o.adds.texts[len(o.args)/width-1]
	return true
}

// setting is the UPDATE of all columns by the id, which is the first.
func (m *mapping[T]) setting() string {
	list := make([]string, 0, len(m.columns))
	for i, c := range m.columns[1:] {
		list = append(list, fmt.Sprintf("%s = $%d", c.name, i+2))
	}
	return "UPDATE " + m.table + " SET " + strings.Join(list, ", ") + " WHERE id = $1"
}

// only is the mapping of the id and some columns, for updates that leave the others alone.
func (m *mapping[T]) only(names ...string) *mapping[T] {
	part := &mapping[T]{table: m.table}
	for _, c := range m.columns {
		if c.name == "id" || slices.Contains(names, c.name) {
			part.columns = append(part.columns, c)
		}
	}
	part.update = part.setting()
	return part
}

// createQuietly is create for a row that may be there already, known by the unique columns: then nothing happens. It answers nothing.
func (m *mapping[T]) createQuietly(unique string) string {
	return strings.TrimSuffix(m.create, "RETURNING id") + "ON CONFLICT (" + unique + ") DO NOTHING"
}

func idFirst(c column) int {
	if c.name == "id" {
		return 0
	}
	return 1
}

func kindOf(t reflect.Type) columnKind {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return timeColumn
	case t == reflect.TypeFor[[]byte]():
		return plainColumn
	}
	switch t.Kind() {
	case reflect.String:
		return textColumn
	case reflect.Int, reflect.Int64:
		return numberColumn
	case reflect.Struct, reflect.Map, reflect.Slice:
		return jsonColumn
	}
	return plainColumn
}

// names lists the columns, each with the prefix.
func (m *mapping[T]) names(prefix string) string {
	var list []string
	for _, c := range m.columns {
		list = append(list, prefix+c.name)
	}
	return strings.Join(list, ", ")
}

// places is "$from, … " for n arguments.
func places(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// values are the row's columns as arguments, in the order of insert and update.
func (m *mapping[T]) values(row *T) ([]any, error) {
	v := reflect.ValueOf(row).Elem()
	args := make([]any, len(m.columns))
	for i, c := range m.columns {
		f := v.FieldByIndex(c.index)
		switch c.kind {
		case textColumn:
			args[i] = clean(f.String())
		case numberColumn:
			args[i] = f.Int()
		case timeColumn:
			args[i] = when(f.Interface().(time.Time))
		case jsonColumn:
			if isEmpty(f) {
				continue // NULL
			}
			doc, err := toDocument(f.Interface())
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", m.table, c.name, err)
			}
			args[i] = doc
		default:
			args[i] = f.Interface()
		}
	}
	return args, nil
}

func isEmpty(f reflect.Value) bool {
	if f.Kind() == reflect.Struct {
		return f.IsZero()
	}
	return f.Len() == 0
}

var (
	stringPointer = reflect.TypeFor[*string]()
	int64Pointer  = reflect.TypeFor[*int64]()
	intPointer    = reflect.TypeFor[*int]()
)

// targets are where the columns of read go, for a Scan.
func (m *mapping[T]) targets(row *T) []any {
	v := reflect.ValueOf(row).Elem()
	out := make([]any, len(m.columns))
	for i, c := range m.columns {
		p := v.FieldByIndex(c.index).Addr()
		switch c.kind {
		case textColumn:
			out[i] = p.Convert(stringPointer).Interface()
		case numberColumn:
			if p.Elem().Kind() == reflect.Int {
				out[i] = p.Convert(intPointer).Interface()
			} else {
				out[i] = p.Convert(int64Pointer).Interface()
			}
		case timeColumn:
			out[i] = (*stamp)(p.Interface().(*time.Time))
		case jsonColumn:
			out[i] = document{p.Interface()}
		default:
			out[i] = p.Interface()
		}
	}
	return out
}
