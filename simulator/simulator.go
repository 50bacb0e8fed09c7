// Package simulator fakes WeCom and Feishu faithfully enough to develop, show and test a desk without either: their wire
// formats, limits, error codes and delivery rules, a control interface for people and checks, and a browser page. It
// knows nothing of the desk but the addresses of its callbacks and, when both run on a virtual clock, of its clock.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"servicedesk/simulator/feishu"
	"servicedesk/simulator/kernel"
	"servicedesk/simulator/page"
	"servicedesk/simulator/wecom"
)

// defaultStart is where a fresh virtual clock stands: a Monday in working time.
var defaultStart = time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("CST", 8*60*60))

// stopLimit is how long Run waits for calls under way (machine time).
const stopLimit = 5 * time.Second

// Options say how a simulator runs.
type Options struct {
	Listen  string    // address of its own listener; "" = none, the caller serves Handler
	DeskURL string    // base of the desk's callback addresses; "" = nobody is called back
	Virtual bool      // the clock stands still between moves
	Start   time.Time // of a virtual clock; zero = where the kept data stand, or a Monday morning

	// DataDir keeps people, messages, ids and the virtual clock; "" = memory only.
	DataDir string
	// Desk moves with a virtual clock; nil = the desk at DeskURL, over HTTP, as far as it has a virtual clock.
	Desk   kernel.Desk
	Logger *slog.Logger // nil = no log
}

// Simulator is both platforms, the control interface and the page on one handler.
type Simulator struct {
	world    *kernel.World
	desk     kernel.Desk
	wecom    *wecom.Server
	feishu   *feishu.Server
	listener net.Listener
	handler  http.Handler
}

// New opens a simulator and, with Options.Listen, its listener. Errors: data or address that cannot be opened, a Start
// before the kept clock.
func New(o Options) (*Simulator, error) {
	journal, err := kernel.OpenJournal(o.DataDir)
	if err != nil {
		return nil, err
	}
	clock, err := openClock(o, journal)
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	s := &Simulator{desk: o.Desk}
	if o.Listen != "" {
		// The listener comes first: a desk that a pending callback wakes can call at once.
		if s.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", o.Listen); err != nil {
			return nil, errors.Join(fmt.Errorf("open the simulator's listener: %w", err), journal.Close())
		}
	}
	journal.KeepClock(clock)
	deskURL := strings.TrimRight(o.DeskURL, "/")
	s.world = kernel.NewWorld(clock, journal, deskURL, o.Logger)
	if s.desk == nil && deskURL != "" {
		s.desk = NewHTTPDesk(deskURL)
	}
	clock.OnMove(func(time.Time) { s.world.Hub.Publish("clock", "") })
	s.wecom = wecom.New(s.world)
	s.feishu = feishu.New(s.world)
	s.handler = s.routes()
	return s, nil
}

// openClock starts the clock where the options or the kept data want it.
func openClock(o Options, journal *kernel.Journal) (*kernel.Clock, error) {
	kept, there := journal.ClockTime()
	switch {
	case !o.Virtual:
		return kernel.NewClock(false, time.Time{}), nil
	case !there && o.Start.IsZero():
		return kernel.NewClock(true, defaultStart), nil
	case !there:
		return kernel.NewClock(true, o.Start), nil
	case o.Start.IsZero():
		return kernel.NewClock(true, kept), nil
	case o.Start.Before(kept):
		return nil, fmt.Errorf("the clock of the kept data stands at %s and only goes forward: start it then or later, or use a fresh data folder",
			kept.Format(time.RFC3339))
	}
	return kernel.NewClock(true, o.Start), nil
}

// Handler serves everything.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Addr is the listener's address, "" without one.
func (s *Simulator) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// World is what both platforms share, for an adapter in the same process.
func (s *Simulator) World() *kernel.World { return s.world }

// Run serves on the listener until ctx ends, then closes the simulator.
func (s *Simulator) Run(ctx context.Context) error {
	if s.listener == nil {
		return errors.New("the simulator has no listener: name one in its options")
	}
	base, cancel := context.WithCancel(ctx)
	defer cancel() // ends the streams of events
	srv := &http.Server{
		Handler:           s.handler,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.world.Log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(s.listener) }()
	select {
	case err := <-served:
		return errors.Join(fmt.Errorf("serve the simulator: %w", err), s.Close())
	case <-ctx.Done():
	}
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer done()
	s.feishu.Close() // long connections never end by themselves
	if err := srv.Shutdown(stop); err != nil {
		_ = srv.Close() // whoever still talks has had his time
	}
	return s.Close()
}

// Close ends both platforms and the journal. Run does it itself; whoever serves Handler calls it when done.
func (s *Simulator) Close() error {
	s.feishu.Close()
	if s.listener != nil {
		_ = s.listener.Close() // closed already when Run served it
	}
	return s.world.Journal.Close()
}

// adminMobile is the mobile number of the sample's administrator 郑宇.
const adminMobile = "13800000011"

// DeskConfig is the environment with which a separate desk talks to this simulator.
func (s *Simulator) DeskConfig() map[string]string { return s.deskConfig(s.Addr()) }

func (s *Simulator) deskConfig(host string) map[string]string {
	corp, app := s.wecom.Config(), s.feishu.Config()
	return map[string]string{
		"SERVICEDESK_WECOM_CORP_ID":             corp.CorpID,
		"SERVICEDESK_WECOM_API_BASE":            "http://" + host + "/wecom",
		"SERVICEDESK_WECOM_KF_SECRET":           corp.KFSecret,
		"SERVICEDESK_WECOM_CALLBACK_TOKEN":      corp.CallbackToken,
		"SERVICEDESK_WECOM_CALLBACK_AES_KEY":    corp.CallbackAESKey,
		"SERVICEDESK_FEISHU_APP_ID":             app.AppID,
		"SERVICEDESK_FEISHU_APP_SECRET":         app.AppSecret,
		"SERVICEDESK_FEISHU_API_BASE":           "http://" + host + "/feishu",
		"SERVICEDESK_FEISHU_MODE":               "websocket",
		"SERVICEDESK_FEISHU_VERIFICATION_TOKEN": app.VerificationToken,
		"SERVICEDESK_FEISHU_ENCRYPT_KEY":        app.EncryptKey,
		"SERVICEDESK_ADMINS":                    adminMobile,
	}
}

// routes joins everything on one handler.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.Handle("/wecom/", s.wecom.API())
	mux.Handle("/feishu/", s.feishu.API())
	mux.Handle("/control/wecom/", s.wecom.Control())
	mux.Handle("/control/feishu/", s.feishu.Control())
	mux.Handle("GET /control/events", s.world.Hub)
	s.addControl(mux)
	return mux
}
