package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"servicedesk/customers"
	"servicedesk/simulator"
)

// A story is told from outside: people write in WeCom and Feishu, and the story says what they then see. It speaks to nothing but the
// simulator's control interface and the desk's HTTP, on every setup.

const (
	// patience is how long a story waits for what it expects (machine time); only a story that fails waits so long.
	patience = time.Minute
	// glance lies between two looks.
	glance = 40 * time.Millisecond
)

// TestMain lets more stories run at once than there are cores: they mostly wait for one another's clocks.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "10") // a flag of package testing: always there
	}
	os.Exit(m.Run())
}

// stage is what a story needs besides the usual: settings, another directory, several processes by role instead of one.
type stage struct {
	env       []string
	directory []byte
	roles     []string
	start     string // where the clock stands at first, RFC 3339; empty = a Monday morning
}

// stories tells a story on every setup.
func stories(t *testing.T, tell func(t *testing.T, s *story)) { stage{}.stories(t, tell) }

func (g stage) stories(t *testing.T, tell func(t *testing.T, s *story)) {
	t.Helper()
	t.Parallel()
	if g.roles == nil { // several processes need databases that they can share
		t.Run("embedded", func(t *testing.T) {
			t.Parallel()
			s := g.open(t, setup{database: "sqlite:" + filepath.Join(t.TempDir(), "desk.db"), redis: "embedded", together: true})
			tell(t, s)
			s.end()
		})
	}
	t.Run("services", func(t *testing.T) {
		t.Parallel()
		s := g.open(t, setup{database: testDatabase(t), redis: testRedis(t)})
		tell(t, s)
		s.end()
	})
}

// setup is where the desk keeps its things. Together, desk and simulator share one clock as in the demo; otherwise the simulator moves the
// desk's clock over HTTP, as it does with a desk in another process.
type setup struct {
	database, redis string
	together        bool
}

// story is one desk with its simulated platforms.
type story struct {
	t         *testing.T
	sim, desk string
	cfg       config
	log       *logBook
	app       *app
	http      *http.Client
	stop      func()

	mu      sync.Mutex
	secrets []string
	talks   []func() string // what a failure prints
	listed  map[string]bool

	// troubled stories make the desk log errors; in finished ones people write what looks like an unfinished text.
	troubled, finished bool
}

// open starts both sides and waits until the desk has its group.
func (g stage) open(t *testing.T, at setup) *story {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &story{t: t, desk: "http://" + listener.Addr().String(), log: &logBook{}, listed: map[string]bool{},
		http: &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	step := &deskStepper{}
	o := simulator.Options{Listen: "127.0.0.1:0", DeskURL: s.desk, Virtual: true}
	if at.together {
		o.Desk = step
	}
	if g.start != "" {
		o.Start, err = time.Parse(time.RFC3339, g.start)
		require.NoError(t, err)
	}
	sim, err := simulator.New(o)
	require.NoError(t, err)
	s.sim = "http://" + sim.Addr()

	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	environ := []string{"SERVICEDESK_DATABASE_URL=" + at.database, "SERVICEDESK_REDIS_URL=" + at.redis,
		"SERVICEDESK_MEDIA_DIR=" + filepath.Join(t.TempDir(), "media"), "SERVICEDESK_PUBLIC_URL=" + s.desk}
	for name, value := range sim.DeskConfig() {
		environ = append(environ, name+"="+value)
	}
	s.cfg, err = loadConfig("", false, append(environ, g.env...))
	require.NoError(t, err)
	s.load(g.directory, log)
	options := appOptions{role: roleAll, virtual: true, listener: listener, clockStart: o.Start}
	if at.together {
		options.move = func(ctx context.Context, to time.Time) error { return sim.World().Clock.Walk(ctx, to, step) }
	}
	if g.roles != nil {
		options.role = g.roles[0]
	}
	s.app, err = openApp(t.Context(), s.cfg, log, options)
	require.NoError(t, err)
	step.app = s.app
	desks := []runner{&demo{sim: sim, app: s.app}}
	for _, role := range g.roles[min(1, len(g.roles)):] {
		cfg := maps.Clone(s.cfg)
		cfg["listen"] = "127.0.0.1:0"
		replica, err := openApp(t.Context(), cfg, log, appOptions{role: role, virtual: true})
		require.NoError(t, err)
		desks = append(desks, replica)
	}
	s.run(desks)
	s.until("the desk has its group and its connection", s.ready)
	return s
}

// load brings a directory in.
func (s *story) load(directory []byte, log *slog.Logger) {
	s.t.Helper()
	if directory == nil {
		directory = customers.Sample
	}
	db, err := openStore(s.t.Context(), s.cfg, log)
	require.NoError(s.t, err)
	require.NoError(s.t, importDirectory(s.t.Context(), db, directory))
	require.NoError(s.t, db.Close())
}

// runner is one process: the demo's pair, or a further replica of the desk.
type runner interface {
	Run(ctx context.Context) error
	Close()
}

// run serves until the story is over; whatever happens, all ends before its databases do.
func (s *story) run(desks []runner) {
	ctx, cancel := context.WithCancel(context.Background())
	var work errgroup.Group
	for _, d := range desks {
		work.Go(func() error { return d.Run(ctx) })
	}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := work.Wait(); err != nil {
			s.t.Errorf("the desk ended with: %v", err)
		}
		for _, d := range desks {
			d.Close()
		}
		s.http.CloseIdleConnections()
	})
	s.t.Cleanup(s.stop)
}

func (s *story) ready() bool {
	var ready struct {
		Ready bool
		Parts map[string]string
	}
	if _, err := s.call(http.MethodGet, s.desk+"/readyz", nil, &ready); err != nil {
		return false // it does not listen yet, or is not ready
	}
	for _, state := range ready.Parts {
		if state != "ok" {
			return false
		}
	}
	if !slices.ContainsFunc(s.state().Chats, func(c chatState) bool { return c.Name == deskGroupName }) {
		return false // a process that only takes what comes in leaves the setup to the others
	}
	var connections struct{ Open int }
	s.get(s.sim+"/control/feishu/connections", &connections)
	return ready.Ready && (connections.Open > 0) == (s.cfg["feishu.mode"] == "websocket")
}

// call speaks HTTP; the answer is decoded into out, if that is given. It may be used beside the story's own goroutine.
func (s *story) call(method, url string, in, out any) (status int, err error) {
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(in)
	default:
		raw, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, body)
	if err != nil {
		return 0, err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("%s %s: %s %.300s", method, url, resp.Status, raw)
	}
	if out == nil {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.Unmarshal(raw, out)
}

func (s *story) get(url string, out any) {
	s.t.Helper()
	_, err := s.call(http.MethodGet, url, nil, out)
	s.no(err)
}

func (s *story) post(path string, in, out any) {
	s.t.Helper()
	_, err := s.call(http.MethodPost, s.sim+path, in, out)
	s.no(err)
}

func (s *story) no(err error) {
	s.t.Helper()
	if err != nil {
		s.fail("%v", err)
	}
}

// until waits for a state of affairs.
func (s *story) until(what string, f func() bool) {
	s.t.Helper()
	s.within(patience, what, f)
}

func (s *story) within(limit time.Duration, what string, f func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); !f(); time.Sleep(glance) {
		if time.Now().After(end) {
			s.fail("waited in vain: %s", what)
		}
	}
}

// fail ends the story and prints everything that was said.
func (s *story) fail(format string, args ...any) {
	s.t.Helper()
	s.mu.Lock()
	talks := append([]func() string(nil), s.talks...)
	s.talks = nil // printing must not fail into itself
	s.mu.Unlock()
	var out strings.Builder
	for _, talk := range talks {
		out.WriteString(talk())
	}
	s.t.Fatalf(format+"\n%s\nlog:\n%s", append(args, out.String(), s.log.tail(30))...)
}

// shows makes a conversation part of what a failure prints.
func (s *story) shows(key string, talk func() string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.listed[key] {
		s.listed[key] = true
		s.talks = append(s.talks, talk)
	}
}

// secret notes words that must not appear in a log.
func (s *story) secret(words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, words)
}

type backlog struct {
	Inbox, Pulls, Outbox int
	DueTimers            int `json:"due_timers"`
	Held                 int
}

func (s *story) backlog() backlog {
	s.t.Helper()
	var b backlog
	s.get(s.desk+"/debug/backlog", &b)
	return b
}

// Settle waits until the desk has nothing left to do.
func (s *story) Settle() {
	s.t.Helper()
	var b backlog
	clear := 0
	s.within(2*patience, "the backlog empties", func() bool {
		b = s.backlog()
		if clear++; b.Inbox+b.Pulls+b.Outbox+b.DueTimers > 0 {
			clear = 0
		}
		return clear == 2
	})
}

// Forward moves the clock of both sides.
func (s *story) Forward(d time.Duration) {
	s.t.Helper()
	s.post("/control/clock", map[string]string{"advance": d.String()}, nil)
	s.Settle()
}

// Fault makes a platform's calls fail, Disturb its callbacks go astray; times 0 is until Heal.
func (s *story) Fault(platform, path string, times int, more map[string]any) {
	s.t.Helper()
	fault := map[string]any{"platform": platform, "path": path, "times": times}
	for k, v := range more {
		fault[k] = v
	}
	s.post("/control/faults", fault, nil)
}

func (s *story) Disturb(platform, mode string, times int) {
	s.t.Helper()
	s.post("/control/callbacks", map[string]any{"platform": platform, "mode": mode, "times": times}, nil)
}

func (s *story) Heal() {
	s.t.Helper()
	for _, path := range []string{"/control/faults", "/control/callbacks"} {
		_, err := s.call(http.MethodDelete, s.sim+path, nil, nil)
		s.no(err)
	}
}
