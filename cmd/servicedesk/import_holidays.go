package main

import (
	"context"
	"fmt"

	"servicedesk/customers"
)

// importHolidays takes the published holidays of one year or several; of a faulty file, none.
func (in *invocation) importHolidays(ctx context.Context, cfg config, file string, data []byte, dry bool) error {
	years, problems := customers.ParseHolidays(data)
	if len(problems) > 0 {
		return in.tellProblems(file, cfg["locale"], problems)
	}
	if dry {
		for _, y := range years {
			in.println(fmt.Sprintf("%s: holidays of %d, %d days – the file is sound, nothing was written", name(file), y.Year, len(y.Days)))
		}
		return nil
	}
	db, err := openStore(ctx, cfg, newLogger(in.stderr, "warn"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the import is committed
	for _, y := range years {
		changes, err := db.ImportYear(ctx, y.Year, y.Days)
		if err != nil {
			return err
		}
		in.println(fmt.Sprintf("%s: holidays of %d, %d days, %d changes", name(file), y.Year, len(y.Days), changes))
	}
	return nil
}
