package migrations_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"servicedesk/migrations"
)

// Both schemas have the same tables; those the same columns of corresponding types, the same keys and the same indexes.
func TestSchemasAreTwins(t *testing.T) {
	ctx := context.Background()
	lite, pg := newSQLite(t)(), newPostgres(t)()
	for _, db := range []*bun.DB{lite, pg} {
		_, err := migrations.Up(ctx, db)
		require.NoError(t, err)
	}
	require.Equal(t, tablesOf(t, pg), tablesOf(t, lite))
	for _, table := range tablesOf(t, pg) {
		if strings.HasPrefix(table, "bun_") {
			continue
		}
		columns := postgresColumns(t, pg, table)
		require.NotEmpty(t, columns)
		require.Equal(t, columns, sqliteColumns(t, lite, table), table)
		require.Equal(t, postgresIndexes(t, pg, table), sqliteIndexes(t, lite, table), table)
	}
}

func list(t *testing.T, db *bun.DB, query string, args ...any) (lines []string) {
	t.Helper()
	require.NoError(t, db.NewRaw(query, args...).Scan(context.Background(), &lines))
	return lines
}

func tablesOf(t *testing.T, db *bun.DB) []string {
	t.Helper()
	query := "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename COLLATE \"C\""
	if db.Dialect().Name() == dialect.SQLite {
		query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
	}
	return list(t, db, query)
}

// counterparts are PostgreSQL's types in SQLite's words.
var counterparts = strings.NewReplacer("bigint", "INTEGER", "integer", "INTEGER", "text", "TEXT", "boolean", "BOOLEAN", "timestamp with time zone", "TIMESTAMP",
	"jsonb", "TEXT", "bytea", "BLOB")

func postgresColumns(t *testing.T, db *bun.DB, table string) []string {
	lines := list(t, db, `SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
			|| COALESCE(' default ' || upper(split_part(pg_get_expr(d.adbin, d.adrelid), '::', 1)), '')
		FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, table)
	for i, line := range lines {
		name, rest, _ := strings.Cut(line, " ")
		lines[i] = name + " " + counterparts.Replace(rest)
	}
	return lines
}

func sqliteColumns(t *testing.T, db *bun.DB, table string) []string {
	// A rowid alias is never null, which table_info does not say.
	return list(t, db, `SELECT name || ' ' || type || CASE WHEN "notnull" OR (pk AND type = 'INTEGER') THEN ' not null' ELSE '' END || COALESCE(' default ' || upper(dflt_value), '')
		FROM pragma_table_info(?) ORDER BY cid`, table)
}

func postgresIndexes(t *testing.T, db *bun.DB, table string) []string {
	lines := list(t, db, `SELECT CASE WHEN i.indisprimary THEN 'primary key' ELSE c.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END END
			|| ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
				JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) || ')'
			|| COALESCE(' where ' || pg_get_expr(i.indpred, i.indrelid), '')
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = ?::regclass`, table)
	for i, line := range lines {
		lines[i] = plain(line)
	}
	slices.Sort(lines)
	return lines
}

func sqliteIndexes(t *testing.T, db *bun.DB, table string) []string {
	lines := list(t, db, `SELECT CASE WHEN l.origin = 'pk' THEN 'primary key' ELSE l.name || CASE WHEN l."unique" THEN ' unique' ELSE '' END END
			|| ' (' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) || ')'
			|| CASE WHEN l.partial THEN ' where ' || substr(m.sql, instr(m.sql, 'WHERE ') + 6) ELSE '' END
		FROM pragma_index_list(?) AS l LEFT JOIN sqlite_master AS m ON m.type = 'index' AND m.name = l.name`, table)
	for i, line := range lines {
		lines[i] = plain(line)
	}
	for _, key := range list(t, db, "SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type = 'INTEGER' AND (SELECT COUNT(*) FROM pragma_table_info(?) WHERE pk > 0) = 1", table, table) {
		lines = append(lines, fmt.Sprintf("primary key (%s)", key)) // a rowid alias has no index of its own
	}
	slices.Sort(lines)
	return lines
}

// plain takes PostgreSQL's casts and brackets off a condition.
func plain(line string) string {
	head, condition, found := strings.Cut(line, " where ")
	if !found {
		return line
	}
	return head + " where " + strings.NewReplacer("(", "", ")", "", "::text", "").Replace(condition)
}
