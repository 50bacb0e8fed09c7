package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"servicedesk/customers"
	"servicedesk/handlers"
	"servicedesk/tickets"
	"servicedesk/words"
)

func runImport(ctx context.Context, in *invocation) error {
	flags := in.flags("import")
	path := flags.String("config", "", "configuration file")
	dry := flags.Bool("dry-run", false, "check the file, show what would change, and write nothing")
	undo := flags.Bool("undo", false, "take the last import back; what was edited since stays")
	sample := flags.Bool("sample", false, "load the directory of the demo")
	// The file may stand before the flags, as people type it.
	var file string
	if len(in.args) > 0 && in.args[0] != "" && in.args[0][0] != '-' {
		file, in.args = in.args[0], in.args[1:]
	}
	if err := in.parse(flags); err != nil {
		return err
	}
	if file == "" {
		file = flags.Arg(0)
	}
	if *undo {
		return in.undoImport(ctx, *path)
	}
	data := customers.Sample
	if !*sample {
		if file == "" {
			return usagef("name the file: servicedesk import FILE [--dry-run], or --sample, or --undo")
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
	parse := customers.ParseDirectory
	if customers.IsWorkbook(data) {
		parse = customers.ParseWorkbook
	}
	dir, problems := parse(data)
	if len(problems) > 0 {
		return in.tellProblems(file, cfg["locale"], problems)
	}
	return in.load(ctx, cfg, dir, name(file), *dry)
}

// load brings a sound directory in, or says what it would change.
func (in *invocation) load(ctx context.Context, cfg config, dir customers.Directory, file string, dry bool) error {
	if dry {
		other, drop, err := besides(cfg)
		if err != nil {
			return err
		}
		defer drop()
		cfg = other
	}
	db, err := openStore(ctx, cfg, newLogger(in.stderr, "warn"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the import is committed
	done, err := db.Import(ctx, dir, filepath.Base(file), dry)
	if err != nil {
		return err
	}
	summary := fmt.Sprintf("%s: %d customers, %d staff, %d changes", file, len(dir.Customers), len(dir.Staff), done.Rows)
	if dry {
		in.tellChanges(cfg["locale"], done.Changes)
		summary += " – the file is sound, nothing was written"
	}
	in.println(summary)
	return nil
}

// besides gives a dry run an empty database elsewhere when there is none yet: looking must not make one. drop takes it away.
func besides(cfg config) (other config, drop func(), err error) {
	path, lite := strings.CutPrefix(cfg["database.url"], "sqlite:")
	if _, err := os.Stat(path); !lite || !errors.Is(err, fs.ErrNotExist) {
		return cfg, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "servicedesk-dry-run-")
	if err != nil {
		return nil, nil, err
	}
	other = maps.Clone(cfg)
	other["database.url"] = "sqlite:" + filepath.Join(dir, "desk.db")
	return other, func() { _ = os.RemoveAll(dir) }, nil // a temporary folder
}

// tellChanges prints changes a line each: record, field, old → new.
func (in *invocation) tellChanges(locale string, changes []customers.Change) {
	say := words.In(locale)
	for _, c := range changes {
		in.println(fmt.Sprintf("  %s %s: %s", say.T("noun."+string(c.Noun)), c.Subject, handlers.ChangeText(say, c)))
	}
}

// undoImport takes the last import back and says what stays.
func (in *invocation) undoImport(ctx context.Context, path string) error {
	cfg, err := in.configFrom(path)
	if err != nil {
		return usageError{err}
	}
	db, err := openStore(ctx, cfg, newLogger(in.stderr, "warn"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it is committed
	done, err := db.UndoImport(ctx)
	if errors.Is(err, tickets.ErrNotFound) {
		return errors.New("there is no import to take back")
	}
	if err != nil {
		return err
	}
	in.println(fmt.Sprintf("%s of %s: %d changes taken back", name(done.File), done.At.Format("2006-01-02 15:04 MST"), len(done.Back)))
	if len(done.Kept) > 0 {
		in.println(fmt.Sprintf("%d stay, because they were edited or used since:", len(done.Kept)))
		in.tellChanges(cfg["locale"], done.Kept)
	}
	if done.Beside > 0 {
		in.println(fmt.Sprintf("%d rows of duty, calendars or policies stay as they are; import the file before to set them back", done.Beside))
	}
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
		at := fmt.Sprintf("%s:%d", name(file), p.Line)
		if p.Sheet != "" {
			at = fmt.Sprintf("%s:%s!%d", name(file), p.Sheet, p.Line)
		}
		fmt.Fprintf(in.stderr, "%s: %s: %s\n", at, p.Field, say.T(p.Key, p.Args))
	}
	return fmt.Errorf("%s: %d mistakes, nothing was written", name(file), len(problems))
}

// println writes a line to standard output.
func (in *invocation) println(parts ...any) { fmt.Fprintln(in.stdout, parts...) }
