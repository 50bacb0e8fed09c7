package store

import (
	"context"
	"fmt"
	"slices"

	"servicedesk/customers"
)

// SettingOnce notes a value unless there is one already, and gives the one that stands: of several processes that try, all get the same.
func (d *DB) SettingOnce(ctx context.Context, key, value string) (string, error) {
	err := d.do(ctx, op{what: "note setting " + key, sql: "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
		args: []any{clean(key), clean(value)}})
	if err != nil {
		return "", err
	}
	return d.Setting(ctx, key)
}

// SettingsWith gives the settings whose names begin with a prefix.
func (d *DB) SettingsWith(ctx context.Context, prefix string) (map[string]string, error) {
	found := map[string]string{}
	err := d.look(ctx, op{what: "list settings " + prefix, args: []any{clean(prefix), len(prefix)},
		sql: "SELECT name, value FROM settings WHERE SUBSTR(name, 1, $2) = $1",
		row: func(s scanner) error {
			var name, value string
			err := s.Scan(&name, &value)
			found[name] = value
			return err
		}})
	return found, err
}

// EnsureAdmin gives the administrator's role to the colleague with that mobile number or Feishu id, adding him under that name when the
// directory does not know him. It reports whether anything changed.
func (d *DB) EnsureAdmin(ctx context.Context, mobileOrOpenID, name string) (changed bool, err error) {
	who := clean(mobileOrOpenID)
	err = d.inTx(ctx, func(ctx context.Context, t *tx) error {
		row, err := one(ctx, t.run, staffRows, "find an administrator", "WHERE mobile = $1 OR open_id = $1 ORDER BY id LIMIT 1", who)
		switch {
		case isMissing(err):
			row = staffRow{staffColumns: staffColumns{Name: clean(name), Active: true}}
			if len(who) > 3 && who[:3] == "ou_" {
				row.OpenID = who
			} else {
				row.Mobile = who
			}
		case err != nil:
			return err
		}
		if changed = !row.Active || !slices.Contains(row.Roles, customers.RoleAdmin); !changed {
			return nil
		}
		row.Active, row.Roles = true, append(row.Roles, customers.RoleAdmin)
		return save(ctx, t, staffRows, fmt.Sprintf("save administrator %d", row.ID), &row, row.ID)
	})
	return changed, err
}
