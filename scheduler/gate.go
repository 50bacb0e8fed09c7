package scheduler

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// tripAfter failures in a row a platform counts as dead; a probe follows every probeEvery.
	tripAfter  = 5
	probeEvery = 3 * time.Second
	// pauseUnsaid is the pause when a platform says "too fast" but not for how long; maxPause bounds what it may ask for.
	pauseUnsaid = time.Second
	maxPause    = 15 * time.Minute
)

// errClosed is the answer of a closed gate: the call was not made.
var errClosed = errors.New("platform is left alone for now")

// gate stands before one platform: it shuts when the platform asks for peace or seems dead, and then lets single probes through.
type gate struct {
	machine func() time.Time
	breaker *gobreaker.CircuitBreaker[tickets.Receipt]
	paused  atomic.Int64 // machine time in microseconds until which the platform asked to be left alone
	opened  atomic.Int64 // machine time in microseconds of the next probe
	heard   func(err error)
	changed func() // called, without blocking, when the room may have changed
}

func newGate(p tickets.Platform, machine func() time.Time) *gate {
	g := &gate{machine: machine, changed: func() {}, heard: func(error) {}}
	g.breaker = gobreaker.NewCircuitBreaker[tickets.Receipt](gobreaker.Settings{
		Name:         string(p),
		Timeout:      probeEvery,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
		IsSuccessful: func(err error) bool { return err == nil || bot.FailureOf(err).Class != tickets.Transient },
		IsExcluded:   func(err error) bool { return errors.Is(err, errLeaseLost) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				g.opened.Store(g.machine().Add(probeEvery).UnixMicro())
			}
			g.changed()
		},
	})
	return g
}

// room is how many workers may be busy with the platform now; when none, at is the moment to ask again.
func (g *gate) room(size int, now time.Time) (n int, at time.Time) {
	if until := time.UnixMicro(g.paused.Load()); now.Before(until) {
		return 0, until
	}
	switch g.breaker.State() {
	case gobreaker.StateOpen:
		if at = time.UnixMicro(g.opened.Load()); !at.After(now) {
			at = now.Add(10 * time.Millisecond)
		}
		return 0, at
	case gobreaker.StateHalfOpen:
		return 1, time.Time{}
	default:
		return size, time.Time{}
	}
}

// do makes one call unless the gate is shut (errClosed), and learns from its outcome.
func (g *gate) do(call func() (tickets.Receipt, error)) (tickets.Receipt, error) {
	if n, _ := g.room(1, g.machine()); n == 0 {
		return tickets.Receipt{}, errClosed
	}
	r, err := g.breaker.Execute(call)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return tickets.Receipt{}, errClosed
	}
	if !errors.Is(err, errLeaseLost) {
		g.heard(err)
	}
	if f := bot.FailureOf(err); err != nil && f.Class == tickets.Throttled {
		g.pause(f.After)
	}
	return r, err
}

func (g *gate) pause(d time.Duration) {
	if d <= 0 {
		d = pauseUnsaid
	}
	until := g.machine().Add(min(d, maxPause)).UnixMicro()
	for {
		old := g.paused.Load()
		if old >= until || g.paused.CompareAndSwap(old, until) {
			break
		}
	}
	g.changed()
}

// String says open, probing or shut.
func (g *gate) String() string {
	switch {
	case g.machine().UnixMicro() < g.paused.Load(), g.breaker.State() == gobreaker.StateOpen:
		return "shut"
	case g.breaker.State() == gobreaker.StateHalfOpen:
		return "probing"
	default:
		return "open"
	}
}
