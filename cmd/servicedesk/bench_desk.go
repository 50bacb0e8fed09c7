package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// desk is this same program, started as `serve` in a process of its own.
type desk struct {
	addr    string
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process is gone
	failure error         // of the process, valid when it has ended
	log     string        // file
	ready   time.Duration // from its start to its first "ready"
}

// readyLimit is how long a start may take before it counts as failed.
const readyLimit = time.Minute

// deskEnv is the environment of a desk at the place that talks to the simulated platforms.
func deskEnv(p *place, f *platforms, addr string) []string {
	env := []string{"SERVICEDESK_DATABASE_URL=" + p.database, "SERVICEDESK_REDIS_URL=" + p.queue, "SERVICEDESK_LISTEN=" + addr,
		"SERVICEDESK_MEDIA_DIR=" + filepath.Join(p.dir, "media"), "SERVICEDESK_LOG_LEVEL=warn"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "ZONEINFO", "GODEBUG", "GOGC", "GOMEMLIMIT"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return append(env, f.deskEnv()...)
}

// freeAddr is an address of the loopback that nobody listens on.
func freeAddr() (string, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// startDesk starts a desk on a free port and waits until it is ready; it ends with the command if nobody stops it before.
func (b *bench) startDesk(ctx context.Context, p *place, f *platforms, role string) (*desk, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	return b.startDeskAt(ctx, p, f, role, addr)
}

func (b *bench) startDeskAt(ctx context.Context, p *place, f *platforms, role, addr string) (*desk, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	d := &desk{addr: addr, ended: make(chan struct{}), log: filepath.Join(p.dir, "desk.log")}
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, "serve", "--role", role)
	d.cmd.Dir, d.cmd.Env, d.cmd.Stdout, d.cmd.Stderr = p.dir, deskEnv(p, f, addr), log, log
	start := time.Now()
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		d.failure = d.cmd.Wait()
		close(d.ended)
	}()
	b.later(d.kill)
	if err := d.await(ctx, start); err != nil {
		d.kill()
		return nil, err
	}
	f.desk = d
	return d, nil
}

// await asks /readyz until it says yes.
func (d *desk) await(ctx context.Context, start time.Time) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for time.Since(start) < readyLimit {
		if status, _ := get(ctx, client, "http://"+d.addr+"/readyz"); status == http.StatusOK {
			d.ready = time.Since(start)
			return nil
		}
		select {
		case <-d.ended:
			return fmt.Errorf("the desk ended at once: %s", d.lastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return fmt.Errorf("the desk was not ready within %s: %s", readyLimit, d.lastWords())
}

// awaitSetUp waits until the desk has found its staff and made its groups.
func (d *desk) awaitSetUp(ctx context.Context) error {
	return until(ctx, readyLimit, "the desk is set up", func() (bool, error) {
		_, body := get(ctx, http.DefaultClient, "http://"+d.addr+"/readyz")
		return strings.Contains(body, `"setup":"ok"`), nil
	})
}

// get is a request of which nobody minds the failure: status 0.
func get(ctx context.Context, client *http.Client, address string) (status int, body string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, ""
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body) // what came is what can be shown
	return res.StatusCode, string(data)
}

// until looks every few milliseconds whether something is so.
func until(ctx context.Context, limit time.Duration, what string, so func() (bool, error)) error {
	for end := time.Now().Add(limit); ; {
		ok, err := so()
		switch {
		case err != nil:
			return err
		case ok:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(end):
			return fmt.Errorf("waited %s in vain: %s", limit, what)
		}
		sleep(ctx, 5*time.Millisecond)
	}
}

func (d *desk) lastWords() string {
	data, err := os.ReadFile(d.log)
	if err != nil || len(data) == 0 {
		return "it said nothing"
	}
	return oneLine(errors.New(string(data[max(0, len(data)-600):])))
}

func (d *desk) pid() int { return d.cmd.Process.Pid }

// stop asks the desk to end, as an operator does, and waits for it.
func (d *desk) stop() error {
	select {
	case <-d.ended:
		return nil
	default:
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-d.ended:
		return d.failure
	case <-time.After(20 * time.Second):
		d.kill()
		return errors.New("the desk did not stop within 20 s")
	}
}

// kill is kill -9; a desk that is gone stays gone.
func (d *desk) kill() {
	_ = d.cmd.Process.Kill() // gone already
	<-d.ended
}
