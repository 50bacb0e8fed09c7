package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

type settingRow struct {
	bun.BaseModel `bun:"table:settings,alias:setting"`

	Name  string `bun:",pk"`
	Value string
}

// Setting is a value the desk noted for itself, such as the group it created; empty when there is none.
func (d *DB) Setting(ctx context.Context, key string) (string, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	var row settingRow
	err := d.engine.reader().NewSelect().Model(&row).Where("name = ?", clean(key)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read setting %s: %w", key, translate(err))
	}
	return row.Value, nil
}

// SetSetting notes a value.
func (d *DB) SetSetting(ctx context.Context, key, value string) error {
	if nested(ctx) {
		return errNested
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	row := settingRow{Name: clean(key), Value: clean(value)}
	return retry(ctx, func() error {
		_, err := d.engine.writer().NewInsert().Model(&row).On("CONFLICT (name) DO UPDATE").Set("value = EXCLUDED.value").Exec(ctx)
		if err != nil {
			return fmt.Errorf("write setting %s: %w", key, translate(err))
		}
		return nil
	})
}

const clockSetting = "clock"

// ClockAt is where the virtual clock stands (UTC); false when there is none.
func (d *DB) ClockAt(ctx context.Context) (time.Time, bool, error) {
	value, err := d.Setting(ctx, clockSetting)
	if err != nil || value == "" {
		return time.Time{}, false, err
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read the clock: %w", err)
	}
	return t.UTC(), true, nil
}

// SetClockAt moves the virtual clock of all replicas.
func (d *DB) SetClockAt(ctx context.Context, t time.Time) error {
	return d.SetSetting(ctx, clockSetting, t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
}
