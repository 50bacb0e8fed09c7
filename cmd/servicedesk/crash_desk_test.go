package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crashBinary builds the program, under the race detector when the test itself runs under it.
func crashBinary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "servicedesk")
	args := []string{"build", "-o", path}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				args = append(args, "-race")
			}
		}
	}
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// crashDesk is a desk in a process of its own that may be killed at any moment. In front of it stands an address that stays: the platforms
// call that one, and find nobody there while the desk is dead.
type crashDesk struct {
	t      *testing.T
	binary string
	dir    string
	env    []string
	front  *httptest.Server
	moment crashMoment
	life   atomic.Pointer[crashLife]
	kills  atomic.Int64

	mu  sync.Mutex
	log bytes.Buffer
}

// crashLife is one life of the process, from its start to its death.
type crashLife struct {
	desk      *crashDesk
	cmd       *exec.Cmd
	killed    atomic.Bool
	dead      chan struct{}
	addr      atomic.Pointer[string] // where it listens, once it does
	connected atomic.Bool            // holds a long connection to Feishu
	rest      []byte                 // an unfinished line of its log
}

func newCrashDesk(t *testing.T, binary string) *crashDesk {
	d := &crashDesk{t: t, binary: binary, dir: t.TempDir()}
	d.moment.strike = d.kill
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", d.life.Load().address()
		},
		ModifyResponse: func(r *http.Response) error {
			l := d.life.Load()
			d.passes(r.Request)
			if l.killed.Load() {
				return errors.New("dead")
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		Transport:    &http.Transport{DisableKeepAlives: true},
	}
	d.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.life.Load().address() != "" {
			d.passes(r)
		}
		if d.life.Load().address() == "" {
			panic(http.ErrAbortHandler) // the caller sees a connection that breaks
		}
		proxy.ServeHTTP(w, r)
	}))
	return d
}

// passes counts a callback among the exchanges at which the desk may die.
func (d *crashDesk) passes(r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/callbacks/") {
		d.moment.pass()
	}
}

// command prepares a call of the program; every child of it has the same settings.
func (d *crashDesk) command(args ...string) *exec.Cmd {
	cmd := exec.Command(d.binary, args...)
	cmd.Dir, cmd.Env = d.dir, d.env // an empty folder: no configuration file of the machine's
	return cmd
}

// start begins a new life.
func (d *crashDesk) start() {
	l := &crashLife{desk: d, cmd: d.command("serve", "--virtual-clock"), dead: make(chan struct{})}
	l.cmd.Stdout, l.cmd.Stderr = l, l
	if err := l.cmd.Start(); err != nil {
		d.t.Errorf("start the desk: %v", err)
		close(l.dead)
		return
	}
	d.life.Store(l)
	go func() {
		err := l.cmd.Wait()
		if !l.killed.Swap(true) {
			d.t.Errorf("the desk ended by itself: %v\n%s", err, d.tail(40))
		}
		close(l.dead)
	}()
}

// kill ends the present life with SIGKILL and returns when the process is no more.
func (d *crashDesk) kill() {
	l := d.life.Load()
	if l == nil {
		return
	}
	if !l.killed.Swap(true) {
		d.kills.Add(1)
		_ = l.cmd.Process.Kill() // it may have ended in the same moment
	}
	<-l.dead
}

// steady is the present life if whatever the platforms send now reaches it, nil otherwise.
func (d *crashDesk) steady(longConnection bool) *crashLife {
	l := d.life.Load()
	if l.address() == "" || longConnection && !l.connected.Load() {
		return nil
	}
	return l
}

// address is empty while nobody listens.
func (l *crashLife) address() string {
	if l == nil || l.killed.Load() {
		return ""
	}
	if addr := l.addr.Load(); addr != nil {
		return *addr
	}
	return ""
}

// Write takes the log of the process and learns from it what goes on inside.
func (l *crashLife) Write(p []byte) (int, error) {
	l.desk.mu.Lock()
	l.desk.log.Write(p)
	l.desk.mu.Unlock()
	lines := bytes.Split(append(l.rest, p...), []byte("\n"))
	l.rest = bytes.Clone(lines[len(lines)-1])
	for _, line := range lines[:len(lines)-1] {
		var entry struct{ Msg, Listen string }
		if json.Unmarshal(line, &entry) != nil {
			continue
		}
		switch entry.Msg {
		case "the desk is up":
			l.addr.Store(&entry.Listen)
		case "feishu long connection open":
			l.connected.Store(true)
		case "feishu long connection lost":
			l.connected.Store(false)
		}
	}
	return len(p), nil
}

func (d *crashDesk) tail(n int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// alarms are the lines of the log that must not be there, however often the desk dies.
func (d *crashDesk) alarms() (found []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, line := range strings.Split(d.log.String(), "\n") {
		if strings.Contains(line, "DATA RACE") || strings.Contains(line, "panic") || strings.Contains(line, `"level":"ERROR"`) {
			found = append(found, line)
		}
	}
	return found
}

// crashMoment picks the moment of a death: so many exchanges between desk and platforms from now. Each is passed twice, before it has its
// effect and when only its answer is still on the way.
type crashMoment struct {
	strike func()

	mu     sync.Mutex
	left   int
	struck chan struct{}
}

func (m *crashMoment) pass() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 {
		return
	}
	if m.left--; m.left == 0 {
		m.strike()
		close(m.struck)
	}
}

// wait lets n passes happen and returns after the last, or when nothing has happened for so long.
func (m *crashMoment) wait(n int, limit time.Duration) {
	struck := make(chan struct{})
	m.mu.Lock()
	m.left, m.struck = n, struck
	m.mu.Unlock()
	select {
	case <-struck:
	case <-time.After(limit):
		m.mu.Lock()
		defer m.mu.Unlock()
		m.left = 0
	}
}

// around lets the platforms' calls pass the moment, too. What stays open, like a long connection, is left alone.
func (m *crashMoment) around(platforms http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := strings.Contains(r.URL.Path, "/open-apis/") || strings.Contains(r.URL.Path, "/cgi-bin/")
		if call {
			m.pass()
		}
		platforms.ServeHTTP(w, r)
		if call {
			m.pass() // short answers are still in the server's buffer
		}
	})
}
