package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// leaseTime is how long a lane stays closed after its worker was killed.
	leaseTime = 6 * time.Second
	// dbTimeout bounds one statement or transaction, so that a hanging database cannot hold a worker for ever.
	dbTimeout = 10 * time.Second
	// Stopping: calls of platforms may go on until hardStop, what they said may be written down until finalStop; 15 s are promised.
	hardStop  = 12 * time.Second
	finalStop = 14 * time.Second
)

var errLeaseLost = errors.New("lease lost")

// life is the three ends of a run: soft – take nothing new; hard – break off what is in hand; final – stop writing down.
type life struct {
	soft, hard, final context.Context
}

// newLife derives the later ends from the first; end releases them.
func newLife(ctx context.Context) (l *life, end func()) {
	hard, cancelHard := context.WithCancel(context.WithoutCancel(ctx))
	final, cancelFinal := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(hardStop):
			cancelHard()
		case <-final.Done():
			return
		}
		select {
		case <-time.After(finalStop - hardStop):
			cancelFinal()
		case <-final.Done():
		}
	})
	return &life{soft: ctx, hard: hard, final: final}, func() { stop(); cancelHard(); cancelFinal() }
}

// hold is a claimed lane. It renews itself when half of the lease is gone; ctx ends when the lease is lost.
type hold struct {
	ctx  context.Context
	life *life
	lane string
	// looks is called before each look at the lane: what was rung until then, that look sees.
	looks func()

	box     Box
	queues  Queues
	machine func() time.Time
	fence   int64
	cancel  context.CancelCauseFunc

	renewing sync.Mutex // held while the database is asked, so that no renewal can overtake the release
	timer    *time.Timer
	released bool
	until    atomic.Int64 // machine time in microseconds
}

// claim takes a lane; ok=false: somebody else works on it.
func claim(l *life, q Queues, machine func() time.Time, box Box, lane string) (h *hold, ok bool, err error) {
	ctx, cancel := context.WithCancelCause(l.hard)
	now := machine()
	dbCtx, done := context.WithTimeout(ctx, dbTimeout)
	defer done()
	fence, ok, err := q.Claim(dbCtx, box, lane, now, leaseTime)
	if err != nil || !ok {
		cancel(nil)
		if err != nil {
			err = fmt.Errorf("claim %s lane %s: %w", box, lane, err)
		}
		return nil, false, err
	}
	h = &hold{ctx: ctx, life: l, lane: lane, box: box, queues: q, machine: machine, fence: fence, cancel: cancel}
	h.until.Store(now.Add(leaseTime).UnixMicro())
	h.renewing.Lock()
	h.timer = time.AfterFunc(leaseTime/2, h.renew)
	h.renewing.Unlock()
	return h, true, nil
}

// valid reports whether the lane is still ours by our own clock: what leaves must not leave after somebody else may have taken over.
func (h *hold) valid() bool { return h.ctx.Err() == nil && h.machine().UnixMicro() < h.until.Load() }

// stopping reports whether nothing new should be begun.
func (h *hold) stopping() bool { return h.life.soft.Err() != nil || h.ctx.Err() != nil }

func (h *hold) renew() {
	h.renewing.Lock()
	defer h.renewing.Unlock()
	if h.released {
		return
	}
	now := h.machine()
	ctx, done := context.WithTimeout(context.WithoutCancel(h.ctx), leaseTime/4)
	defer done()
	ok, err := h.queues.Renew(ctx, h.box, h.lane, h.fence, now, leaseTime)
	switch {
	case err == nil && ok:
		h.until.Store(now.Add(leaseTime).UnixMicro())
		h.timer.Reset(leaseTime / 2)
	case err != nil && h.valid():
		h.timer.Reset(leaseTime / 12) // the database hiccups: as long as the lease runs, nobody else can take it
	default:
		h.cancel(errLeaseLost)
	}
}

// given notes that the lane was given back already; nothing more may be done in it.
func (h *hold) given() (already bool) {
	h.renewing.Lock()
	defer h.renewing.Unlock()
	already = h.released
	h.released = true
	h.timer.Stop()
	return already
}

// release gives the lane back; when that fails the lease runs out by itself.
func (h *hold) release() error {
	given := h.given()
	lost := h.lost()
	h.cancel(nil)
	if lost || given {
		return nil
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(h.ctx), 2*time.Second)
	defer done()
	if err := h.queues.Release(ctx, h.box, h.lane, h.fence); err != nil {
		return fmt.Errorf("release %s lane %s: %w", h.box, h.lane, err)
	}
	return nil
}

// lost reports whether the lease went to somebody else.
func (h *hold) lost() bool { return errors.Is(context.Cause(h.ctx), errLeaseLost) }

// panicError is a recovered panic: of a runtime error the message, of anything else only the type, since it could quote a message's words.
type panicError struct {
	what  string
	stack []byte
}

func (e *panicError) Error() string { return "panic: " + e.what }

// guard runs f and turns a panic into an error with its stack.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			what := fmt.Sprintf("%T", r)
			if e, ok := r.(runtime.Error); ok {
				what = e.Error()
			}
			err = &panicError{what: what, stack: debug.Stack()}
		}
	}()
	return f()
}
