package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"servicedesk/bot"
	"servicedesk/bot/feishu"
	"servicedesk/bot/wecom"
	"servicedesk/handlers"
	"servicedesk/media"
	"servicedesk/scheduler"
	"servicedesk/store"
	"servicedesk/tickets"
)

// Roles of a process. All does both.
const (
	roleAll    = "all"
	roleWeb    = "web"
	roleWorker = "worker"
)

// appOptions are what a start may change besides the configuration.
type appOptions struct {
	role       string
	virtual    bool
	clockStart time.Time
	// move replaces the walk of the desk's own clock: in the demo the simulator walks both sides.
	move func(context.Context, time.Time) error
	// listener was opened by the caller already.
	listener net.Listener
}

// app is the desk, wired. It is the same in production and in the demo.
type app struct {
	cfg    config
	log    *slog.Logger
	db     *store.DB
	queue  *queue
	clock  *clock
	groups *groups
	wecom  *wecom.Client  // nil when not configured
	feishu *feishu.Client // nil when not configured
	router *handlers.Router
	sched  *scheduler.Scheduler
	busy   *busyLook
	bell   *scheduler.Bell
	// entrance is the link to the kf account, once WeCom has given it.
	entrance atomic.Pointer[string]

	listener net.Listener
	server   *http.Server
	opts     appOptions
}

// openApp builds everything in order; what was opened is closed again when a later part fails.
func openApp(ctx context.Context, cfg config, log *slog.Logger, opts appOptions) (_ *app, err error) {
	a := &app{cfg: cfg, log: log, opts: opts, groups: &groups{}}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.db, err = openStore(ctx, cfg, log); err != nil {
		return nil, err
	}
	if a.clock, err = openClock(ctx, opts.virtual, a.db, opts.clockStart); err != nil {
		return nil, err
	}
	if a.queue, err = openQueue(cfg["redis.url"]); err != nil {
		return nil, err
	}
	files, err := media.OpenFolder(cfg["media.dir"])
	if err != nil {
		return nil, err
	}
	platforms, err := a.openPlatforms(files)
	if err != nil {
		return nil, err
	}
	if err = a.openDesk(ctx, platforms, files); err != nil {
		return nil, err
	}
	return a, a.openServer(ctx, platforms)
}

// openPlatforms makes the clients of the platforms that are configured.
func (a *app) openPlatforms(files bot.Files) (map[tickets.Platform]bot.Platform, error) {
	platforms, cache := map[tickets.Platform]bot.Platform{}, tokenCache{a.queue.client}
	if a.cfg["wecom.corp_id"] != "" {
		duplicate, _ := strconv.Atoi(a.cfg["wecom.kf.duplicate_code"]) // validated
		client, err := wecom.New(wecom.Config{CorpID: a.cfg["wecom.corp_id"], KFSecret: a.cfg["wecom.kf.secret"], APIBase: a.cfg["wecom.api_base"],
			OpenKFIDs: a.cfg.list("wecom.kf.open_kfids"), Callbacks: callbackKeys(a.cfg), CallbackAge: a.cfg.duration("wecom.callback.max_age"),
			DuplicateCode: duplicate}, cache, files, a.log)
		if err != nil {
			return nil, err
		}
		a.wecom, platforms[tickets.WeCom] = client, client
	}
	if a.cfg["feishu.app_id"] != "" {
		client, err := feishu.New(feishu.Config{AppID: a.cfg["feishu.app_id"], AppSecret: a.cfg["feishu.app_secret"], APIBase: a.cfg["feishu.api_base"],
			Mode: a.cfg["feishu.mode"], VerificationToken: a.cfg["feishu.verification_token"], EncryptKey: a.cfg["feishu.encrypt_key"],
			CallbackAge: a.cfg.duration("feishu.callback.max_age")}, cache, files, a.log)
		if err != nil {
			return nil, err
		}
		a.feishu, platforms[tickets.Feishu] = client, client
	}
	return platforms, nil
}

func callbackKeys(cfg config) []wecom.CallbackKey {
	var keys []wecom.CallbackKey
	for _, prefix := range []string{"wecom.callback.", "wecom.app.callback."} {
		if cfg[prefix+"token"] != "" || cfg[prefix+"aes_key"] != "" {
			keys = append(keys, wecom.CallbackKey{Token: cfg[prefix+"token"], AESKey: cfg[prefix+"aes_key"]})
		}
	}
	return keys
}

// openDesk makes the use cases and what drives them.
func (a *app) openDesk(ctx context.Context, platforms map[tickets.Platform]bot.Platform, files *media.Folder) error {
	rules := tickets.DefaultConfig()
	rules.Locale = a.cfg["locale"]
	rules.Zone, _ = time.LoadLocation(a.cfg["timezone"]) // validated
	rules.ClickRenews = a.cfg["wecom.kf.menu_click_renews"] == "true"
	rules.Sent, rules.Failed = a.cfg["feishu.echo.sent"], a.cfg["feishu.echo.failed"]
	if err := a.groups.load(ctx, a.db); err != nil {
		return err
	}
	installation, err := installationName(ctx, a.db)
	if err != nil {
		return err
	}
	desk := &tickets.Desk{Config: rules, Now: a.clock.Now, Machine: machine, Installation: installation,
		OpsChat: tickets.RemoteID(a.cfg["feishu.ops_chat_id"]), Group: a.groups.chat}
	a.router = &handlers.Router{Desk: desk, Entrance: a.entranceLink, Pictures: files}
	a.busy = &busyLook{now: a.clock.Now, machine: machine, note: a.db.NoteBusy, log: a.log}
	if a.feishu != nil {
		a.busy.ask = a.feishu.Busy
	}
	a.bell = scheduler.NewBell()
	a.db.SetWaker(a.bell)
	a.db.SetClock(a.clock.Now)
	a.sched, err = scheduler.New(scheduler.Options{Queues: a.db, Desk: a.router, Bell: a.bell, Platforms: platforms, Files: files,
		Enrich: a.enrich, Now: a.clock.Now, Machine: machine, Virtual: a.clock.virtual, Web: a.opts.role != roleWorker,
		Worker: a.opts.role != roleWeb, Redis: a.queue.client, Logger: a.log})
	if err != nil {
		return err
	}
	if a.opts.role != roleWeb {
		a.groups.report(handlers.ErrUnderWay)
	}
	a.clock.settle, a.clock.nextDue, a.clock.moved = a.sched.Idle, a.db.NextDue, a.sched.ClockMoved
	return nil
}

func machine() time.Time { return time.Now().UTC() }

// enrich asks WeCom for the name of a contact that writes for the first time, and Feishu whether the owner of a customer who writes is busy.
func (a *app) enrich(ctx context.Context, in *tickets.Inbound) {
	if in.Platform != tickets.WeCom || in.Author == "" {
		return
	}
	who, err := a.db.Correspondent(ctx, in.Author)
	switch {
	case err != nil:
	case !who.Known && in.AuthorName == "":
		in.AuthorName, _ = a.wecom.Nickname(ctx, in.Author) // without it the contact is called a visitor
	case who.OwnerOpenID != "":
		a.busy.look(ctx, who.OwnerID, who.OwnerOpenID)
	}
}

// openServer opens the listener, so that a port in use is said at once.
func (a *app) openServer(ctx context.Context, platforms map[tickets.Platform]bot.Platform) error {
	if a.opts.role == roleWorker && a.cfg["listen"] == "" {
		return nil
	}
	receivers := map[string]bot.Receiver{}
	for name, p := range platforms {
		if r, ok := p.(bot.Receiver); ok {
			receivers[string(name)] = r
		}
	}
	options := handlers.Options{Keeper: a.db, Sink: a.sink(), Receivers: receivers, Now: a.clock.Now, Ready: a.checks(), Metrics: a.metrics,
		VerificationDir: a.cfg["web.verification_dir"], Log: a.log}
	if a.clock.virtual {
		move := a.clock.Move
		if a.opts.move != nil {
			move = a.opts.move
		}
		options.Debug = &handlers.Debug{Now: a.clock.Now, NextDue: a.db.NextDue, Move: move,
			Backlog: func(ctx context.Context) (any, error) { return a.sched.Backlog(ctx) }}
	}
	a.server = &http.Server{Handler: handlers.NewMux(options), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	if a.listener = a.opts.listener; a.listener != nil {
		return nil
	}
	var err error
	if a.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", a.cfg["listen"]); err != nil {
		return fmt.Errorf("listen on %s: %w; choose another address with `listen`", a.cfg["listen"], err)
	}
	return nil
}

func (a *app) sink() *handlers.Sink {
	return &handlers.Sink{Keeper: a.db, Store: a.db, Router: a.router}
}

// checks are the parts of readyz.
func (a *app) checks() map[string]func(context.Context) error {
	checks := map[string]func(context.Context) error{"database": a.db.Ping, "queue": a.queue.Ping, "schema": a.db.CheckSchema}
	for name, missing := range map[string]bool{"wecom": a.wecom == nil, "feishu": a.feishu == nil} {
		if missing {
			checks[name] = func(context.Context) error { return errors.New("not configured") }
		}
	}
	checks["setup"] = func(context.Context) error { return a.groups.problem() }
	return checks
}

// stopLimit is how long calls under way may take when the desk stops.
const stopLimit = 10 * time.Second

// Run serves until ctx ends, then stops in reverse order: no more calls from outside, then no more work, then the queue.
func (a *app) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	inner, inCtx := errgroup.WithContext(work)
	inner.Go(func() error { return a.queue.drive(inCtx, a.log) })
	inner.Go(func() error { return a.sched.Run(inCtx) })
	if a.clock.virtual {
		inner.Go(func() error { return a.clock.follow(inCtx) })
	}
	outer, outCtx := errgroup.WithContext(ctx)
	outer.Go(func() error { <-inCtx.Done(); return context.Cause(inCtx) })
	if a.opts.role != roleWeb {
		outer.Go(func() error { return a.setUp(outCtx) })
	}
	if a.feishu != nil && a.cfg["feishu.mode"] == "websocket" {
		outer.Go(func() error { return a.listen(outCtx) })
		outer.Go(func() error { return a.repairGaps(outCtx) })
	}
	if a.server != nil {
		outer.Go(func() error { return a.serveHTTP(outCtx, stopWork) })
	} else {
		outer.Go(func() error { <-outCtx.Done(); stopWork(); return nil })
	}
	a.log.Info("the desk is up", slog.String("listen", a.addr()), slog.String("role", a.opts.role), slog.Bool("virtual_clock", a.clock.virtual))
	err := outer.Wait()
	stopWork()
	if innerErr := inner.Wait(); err == nil {
		err = innerErr
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return err
}

func (a *app) addr() string {
	if a.listener == nil {
		return ""
	}
	return a.listener.Addr().String()
}

// serveHTTP serves until ctx ends, lets calls under way finish, and then lets the work stop.
func (a *app) serveHTTP(ctx context.Context, stopWork func()) error {
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(a.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer done()
	if err := a.server.Shutdown(stop); err != nil {
		_ = a.server.Close() // whoever still talks has had his time
	}
	stopWork()
	return nil
}

// listen holds the long connection; refused for good, the desk stays up, says so and tries again.
func (a *app) listen(ctx context.Context) error {
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		err := a.feishu.Listen(ctx, a.sink())
		if ctx.Err() != nil {
			return nil
		}
		a.log.Error("the long connection to Feishu was refused; `servicedesk doctor` says what to mend", slog.Any("error", err))
		sleep(ctx, pause)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Close releases what openApp opened.
func (a *app) Close() {
	if a.listener != nil {
		_ = a.listener.Close() // closed already when it was served
	}
	if a.queue != nil {
		a.queue.Close()
	}
	if a.db != nil {
		if err := a.db.Close(); err != nil {
			a.log.Error("close the database", slog.Any("error", err))
		}
	}
}

// embedded reports whether a URL means the parts inside the process.
func (c config) embedded() bool {
	return strings.HasPrefix(c["database.url"], "sqlite:") || c["redis.url"] == "embedded"
}
