package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"servicedesk/customers"
	"servicedesk/simulator"
	"servicedesk/store"
)

// demoFlags are what a person may say about the demo.
type demoFlags struct {
	listen, simulatorListen, data string
	virtual                       bool
	start                         time.Time
}

func runDemo(ctx context.Context, in *invocation) error {
	f, err := in.demoFlags()
	if err != nil {
		return err
	}
	if f.data == "" {
		if f.data, err = os.MkdirTemp("", "servicedesk-demo-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(f.data) }() // a fresh temporary folder: nobody asked to keep it
	}
	log := newLogger(in.stderr, "warn")
	d, err := openDemo(ctx, f, log)
	if err != nil {
		return err
	}
	defer d.Close()
	in.println("服务台演示已就绪 / the desk is ready")
	in.println("  打开 / open   http://" + d.sim.Addr() + "/")
	in.println("  服务台 / desk http://" + d.app.addr() + "/readyz")
	if f.virtual {
		in.println("  虚拟时钟：时间只在您拨动时前进 / virtual clock: time only moves when you move it")
	}
	return d.Run(ctx)
}

func (in *invocation) demoFlags() (demoFlags, error) {
	var f demoFlags
	fs := in.flags("demo")
	fs.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the desk")
	fs.StringVar(&f.simulatorListen, "simulator-listen", "127.0.0.1:8090", "address of the simulated platforms and the browser page")
	fs.StringVar(&f.data, "data", "", "folder in which everything is kept (default: a fresh temporary one)")
	fs.BoolVar(&f.virtual, "virtual-clock", false, "a clock that only moves when told")
	start := fs.String("clock-start", "", "where the virtual clock starts, RFC 3339")
	if err := in.parse(fs); err != nil {
		return f, err
	}
	var err error
	f.start, err = clockStart(*start, f.virtual)
	return f, err
}

func clockStart(text string, virtual bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if !virtual {
		return time.Time{}, usagef("--clock-start needs --virtual-clock")
	}
	start, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return start, usagef("--clock-start must look like 2026-03-02T09:30:00+08:00")
	}
	return start, nil
}

// demo is the desk and the simulated platforms in one process; they talk over the real wire.
type demo struct {
	sim *simulator.Simulator
	app *app
}

// openDemo starts the platforms first, because the desk takes its configuration from them.
func openDemo(ctx context.Context, f demoFlags, log *slog.Logger) (*demo, error) {
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with --listen", f.listen, err)
	}
	deskURL := "http://" + listener.Addr().String()
	step := &deskStepper{}
	sim, err := simulator.New(simulator.Options{Listen: f.simulatorListen, DeskURL: deskURL, Virtual: f.virtual, Start: f.start,
		DataDir: filepath.Join(f.data, "simulator"), Desk: step, Logger: log})
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	d := &demo{sim: sim}
	cfg, err := demoConfig(f, sim, deskURL)
	if err == nil {
		err = importSample(ctx, cfg, log)
	}
	if err == nil {
		d.app, err = openApp(ctx, cfg, log, appOptions{role: roleAll, virtual: f.virtual, clockStart: sim.World().Clock.Now(), listener: listener,
			move: func(ctx context.Context, to time.Time) error { return sim.World().Clock.Walk(ctx, to, step) }})
	}
	if err != nil {
		_ = listener.Close()
		_ = sim.Close() // the first error is the one to tell
		return nil, err
	}
	step.app = d.app
	return d, nil
}

func demoConfig(f demoFlags, sim *simulator.Simulator, deskURL string) (config, error) {
	environ := []string{
		"SERVICEDESK_DATABASE_URL=sqlite:" + filepath.Join(f.data, "desk.db"),
		"SERVICEDESK_MEDIA_DIR=" + filepath.Join(f.data, "media"),
		"SERVICEDESK_PUBLIC_URL=" + deskURL,
	}
	for name, value := range sim.DeskConfig() {
		environ = append(environ, name+"="+value)
	}
	return loadConfig("", false, environ)
}

// importSample loads the demo's directory, on kept data not again: people may have edited it.
func importSample(ctx context.Context, cfg config, log *slog.Logger) error {
	db, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the import is committed
	if kept, err := db.Modules(ctx); err != nil || len(kept) > 0 {
		return err
	}
	return importDirectory(ctx, db, customers.Sample)
}

func importDirectory(ctx context.Context, db *store.DB, data []byte) error {
	dir, problems := customers.ParseDirectory(data)
	if len(problems) > 0 {
		return fmt.Errorf("line %d: %s", problems[0].Line, problems[0].Key)
	}
	_, err := db.ImportDirectory(ctx, dir)
	return err
}

// Run runs both until ctx ends, the desk stopping first.
func (d *demo) Run(ctx context.Context) error {
	simCtx, stopSim := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSim()
	group, inner := errgroup.WithContext(ctx)
	sims, simInner := errgroup.WithContext(simCtx)
	sims.Go(func() error { return d.sim.Run(simInner) })
	group.Go(func() error { defer stopSim(); return d.app.Run(inner) })
	err := group.Wait()
	if simErr := sims.Wait(); err == nil {
		err = simErr
	}
	return err
}

// Close releases both.
func (d *demo) Close() { d.app.Close() }

// deskStepper lets the simulator's walk move the desk in the same process.
type deskStepper struct{ app *app }

// NextDue is the desk's next deadline.
func (s *deskStepper) NextDue(ctx context.Context) (time.Time, bool, error) {
	return s.app.db.NextDue(ctx)
}

// Set moves the desk's clock.
func (s *deskStepper) Set(ctx context.Context, t time.Time) error { return s.app.clock.jump(ctx, t) }

// Settle waits until the desk has nothing left to do.
func (s *deskStepper) Settle(ctx context.Context) error { return s.app.sched.Idle(ctx) }
