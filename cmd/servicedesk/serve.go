package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"servicedesk/migrations"
	"servicedesk/store"
)

// openStore opens the database and brings its schema up, under a lock.
func openStore(ctx context.Context, cfg config, log *slog.Logger) (*store.DB, error) {
	db, err := store.Open(ctx, cfg["database.url"], store.Options{Log: log})
	if err != nil {
		return nil, err
	}
	steps, err := migrations.Up(ctx, db.Bun())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if len(steps) > 0 {
		log.Info("schema brought up", slog.Int("steps", len(steps)))
	}
	return db, nil
}

// configFrom reads the configuration of the named file, or of the default one if it is there.
func (in *invocation) configFrom(path string) (config, error) {
	named := path != ""
	if !named {
		path = "servicedesk.yaml"
	}
	return loadConfig(path, named, in.env)
}

func runServe(ctx context.Context, in *invocation) error {
	fs := in.flags("serve")
	path := fs.String("config", "", "configuration file (default servicedesk.yaml, if there is one)")
	role := fs.String("role", roleAll, "all, web or worker")
	virtual := fs.Bool("virtual-clock", false, "a clock that only moves when told: for tests")
	if err := in.parse(fs); err != nil {
		return err
	}
	cfg, err := in.configFrom(*path)
	if err != nil {
		return usageError{err}
	}
	switch *role {
	case roleAll:
	case roleWeb, roleWorker:
		if cfg.embedded() {
			return usagef("--role %s needs PostgreSQL and Redis, which several processes can share; set database.url and redis.url, or use --role all", *role)
		}
	default:
		return usagef("--role must be all, web or worker, not %q", *role)
	}
	log := newLogger(in.stderr, cfg["log.level"])
	a, err := openApp(ctx, cfg, log, appOptions{role: *role, virtual: *virtual})
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(ctx)
}

func runMigrate(ctx context.Context, in *invocation) error {
	if len(in.args) == 0 {
		return usagef("say what to do: servicedesk migrate up|status|rollback")
	}
	verb := in.args[0]
	in.args = in.args[1:]
	fs := in.flags("migrate")
	path := fs.String("config", "", "configuration file")
	if err := in.parse(fs); err != nil {
		return err
	}
	cfg, err := in.configFrom(*path)
	if err != nil {
		return usageError{err}
	}
	db, err := store.Open(ctx, cfg["database.url"], store.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing is pending: every step is its own transaction
	switch verb {
	case "up":
		steps, err := migrations.Up(ctx, db.Bun())
		return report(in, "taken", steps, err)
	case "rollback":
		steps, err := migrations.Rollback(ctx, db.Bun())
		return report(in, "taken back", steps, err)
	case "status":
		return migrationStatus(ctx, in, db)
	}
	return usagef("there is no migrate %s; use up, status or rollback", verb)
}

func report(in *invocation, what string, steps []string, err error) error {
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		in.println("nothing to do")
		return nil
	}
	in.println(what+":", strings.Join(steps, ", "))
	return nil
}

func migrationStatus(ctx context.Context, in *invocation, db *store.DB) error {
	steps, err := migrations.Status(ctx, db.Bun())
	if err != nil {
		return err
	}
	for _, s := range steps {
		switch {
		case s.Unknown:
			in.println(s.Name, "taken by a newer program")
		case s.AppliedAt.IsZero():
			in.println(s.Name, "pending")
		default:
			in.println(s.Name, "taken", s.AppliedAt.Format("2006-01-02 15:04:05"))
		}
	}
	return nil
}
