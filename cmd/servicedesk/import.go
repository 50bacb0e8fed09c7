package main

import (
	"context"
	"fmt"
	"os"

	"servicedesk/customers"
	"servicedesk/words"
)

func runImport(ctx context.Context, in *invocation) error {
	fs := in.flags("import")
	path := fs.String("config", "", "configuration file")
	dry := fs.Bool("dry-run", false, "check the file and write nothing")
	sample := fs.Bool("sample", false, "load the directory of the demo")
	// The file may stand before the flags, as people type it.
	var file string
	if len(in.args) > 0 && in.args[0] != "" && in.args[0][0] != '-' {
		file, in.args = in.args[0], in.args[1:]
	}
	if err := in.parse(fs); err != nil {
		return err
	}
	if file == "" {
		file = fs.Arg(0)
	}
	data := customers.Sample
	if !*sample {
		if file == "" {
			return usagef("name the file: servicedesk import FILE [--dry-run], or --sample")
		}
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return err
		}
	}
	cfg, err := in.configFrom(*path)
	if err != nil {
		return usageError{err}
	}
	if customers.IsHolidays(data) {
		return in.importHolidays(ctx, cfg, file, data, *dry)
	}
	dir, problems := customers.ParseDirectory(data)
	if len(problems) > 0 {
		return in.tellProblems(file, cfg["locale"], problems)
	}
	if *dry {
		in.println(fmt.Sprintf("%s: %d customers, %d staff – the file is sound, nothing was written", name(file), len(dir.Customers), len(dir.Staff)))
		return nil
	}
	db, err := openStore(ctx, cfg, newLogger(in.stderr, "warn"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the import is committed
	changes, err := db.ImportDirectory(ctx, dir)
	if err != nil {
		return err
	}
	in.println(fmt.Sprintf("%s: %d customers, %d staff, %d changes", name(file), len(dir.Customers), len(dir.Staff), changes))
	return nil
}

func name(file string) string {
	if file == "" {
		return "sample"
	}
	return file
}

// tellProblems names line and field of every mistake; nothing was written.
func (in *invocation) tellProblems(file, locale string, problems []customers.Problem) error {
	say := words.In(locale)
	for _, p := range problems {
		fmt.Fprintf(in.stderr, "%s:%d: %s: %s\n", name(file), p.Line, p.Field, say.T(p.Key, p.Args))
	}
	return fmt.Errorf("%s: %d mistakes, nothing was written", name(file), len(problems))
}

// println writes a line to standard output.
func (in *invocation) println(parts ...any) { fmt.Fprintln(in.stdout, parts...) }
