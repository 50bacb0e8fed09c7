package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// clean makes text storable: PostgreSQL takes neither a NUL nor broken UTF-8, and SQLite would give both back.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// when is a time as a statement's argument: UTC, microseconds, zero = NULL. Both drivers store it as bun does.
func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Microsecond)
}

// stamp receives a time: in UTC, NULL = zero. SQLite gives text where it does not know the column's type, as behind RETURNING.
type stamp time.Time

const stampLayout = "2006-01-02 15:04:05.999999999-07:00"

// Scan implements sql.Scanner.
func (s *stamp) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s = stamp{}
	case time.Time:
		*s = stamp(v.UTC())
	case string:
		t, err := time.Parse(stampLayout, v)
		if err != nil {
			return err
		}
		*s = stamp(t.UTC())
	default:
		return fmt.Errorf("a time cannot be read from %T", src)
	}
	return nil
}

// document receives a JSON column; NULL leaves the value as it is.
type document struct{ into any }

// Scan implements sql.Scanner.
func (d document) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, d.into)
	case string:
		return json.Unmarshal([]byte(v), d.into)
	default:
		return fmt.Errorf("JSON cannot be read from %T", src)
	}
}

// toDocument is a value as a JSON argument.
func toDocument(v any) (string, error) {
	data, err := json.Marshal(v) // replaces broken UTF-8
	if err != nil {
		return "", err
	}
	if !bytes.Contains(data, []byte(`\u0000`)) {
		return string(data), nil
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return "", err
	}
	data, err = json.Marshal(cleanTree(tree))
	return string(data), err
}

func cleanTree(v any) any {
	switch v := v.(type) {
	case string:
		return clean(v)
	case []any:
		for i := range v {
			v[i] = cleanTree(v[i])
		}
	case map[string]any:
		for k, item := range v {
			delete(v, k)
			v[clean(k)] = cleanTree(item)
		}
	}
	return v
}
