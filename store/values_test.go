package store

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPositional(t *testing.T) {
	for _, c := range []struct {
		text, want string
		order      []int
	}{
		{"SELECT 1", "SELECT 1", nil},
		{"a = $1 AND b = $2", "a = ? AND b = ?", []int{0, 1}},
		{"a = $2 OR b = $1 OR c = $2", "a = ? OR b = ? OR c = ?", []int{1, 0, 1}},
		{"$1$12", "??", []int{0, 11}},
	} {
		p := positional(c.text)
		require.Equal(t, c.want, p.text)
		require.Equal(t, c.order, p.order)
	}
}

func TestToDocument(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a\x00b", `{"k":"ab"}`}, {`a\u0000b`, `{"k":"a\\u0000b"}`}, {"a\xffb", "{\"k\":\"a\uFFFDb\"}"},
	} {
		doc, err := toDocument(map[string]string{"k": c.in})
		require.NoError(t, err)
		require.JSONEq(t, c.want, doc)
	}
	type nested struct {
		List []map[string]any `json:"list"`
	}
	doc, err := toDocument(nested{List: []map[string]any{{"a\x00": []string{"\x00x"}, "n": 1}}})
	require.NoError(t, err)
	require.JSONEq(t, `{"list":[{"a":["x"],"n":1}]}`, doc)
	_, err = toDocument(func() {})
	var unsupported *json.UnsupportedTypeError
	require.ErrorAs(t, err, &unsupported)
}

// bun and our own statements must store one moment as the same text: what is compared in SQL is compared as text.
func TestBothWaysStoreTheSameTime(t *testing.T) {
	l, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "t.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, l.close()) }()
	db := l.writer()
	_, err = db.ExecContext(t.Context(), "CREATE TABLE x (a TIMESTAMP, b TIMESTAMP)")
	require.NoError(t, err)
	east := time.FixedZone("east", 8*3600)
	times := []time.Time{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 123456789, east), time.Date(2026, 1, 2, 11, 4, 5, 100000000, east)}
	for _, at := range times {
		_, err = db.ExecContext(t.Context(), "DELETE FROM x")
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), "INSERT INTO x (a) VALUES (?)", at)
		require.NoError(t, err)
		require.NoError(t, l.do(t.Context(), op{sql: "UPDATE x SET b = $1", args: []any{when(at)}}))
		var a, b string
		var back stamp
		require.NoError(t, l.look(t.Context(), op{sql: "SELECT CAST(a AS TEXT), CAST(b AS TEXT), b FROM x", row: func(s scanner) error { return s.Scan(&a, &b, &back) }}))
		require.Equal(t, a, b)
		require.Equal(t, at.UTC().Truncate(time.Microsecond), time.Time(back))
	}
	require.Nil(t, when(time.Time{}))
}

func TestStampAndDocumentRefuseOtherTypes(t *testing.T) {
	for _, target := range []sql.Scanner{new(stamp), document{new(string)}} {
		require.Error(t, target.Scan(1.5))
		require.Error(t, target.Scan("{no"))
		require.NoError(t, target.Scan(nil))
	}
}
