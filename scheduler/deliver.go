package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// sendTimeout bounds one attempt, uploads included. Four attempts that hang still heal within a minute.
	sendTimeout = 10 * time.Second
	// recordFor is how long a worker insists on writing down what has already happened; then the same key goes out again.
	recordFor = 2 * time.Minute
)

// deliverer sends what the lanes of one platform hold.
type deliverer struct {
	queues   Queues
	desk     Desk
	platform bot.Platform
	gate     *gate
	machine  func() time.Time
	crowded  func(start time.Time) bool
	stats    *counters
	log      *slog.Logger
}

// result is what became of an attempt, until it is written down.
type result struct {
	delivery int64
	sent     bool
	receipt  tickets.Receipt
	failure  tickets.Failure
}

// work sends a lane's rows one after the other, until none is left, it rests, or others should have their turn.
func (d *deliverer) work(h *hold) (t turn) {
	lane, start := tickets.Lane(h.lane), d.machine()
	var last *result
	for {
		if h.stopping() || d.crowded(start) || d.shut() {
			t.again = true
			if last != nil {
				t.err = d.record(h, *last)
			}
			return t
		}
		h.looks()
		p, err := d.next(h, lane, last)
		if err != nil {
			t.err = err
			return t
		}
		last = nil
		switch p.Step {
		case tickets.StepNext:
			t.rows++
		case tickets.StepLater:
			t.until = p.At
			return t
		case tickets.StepSend:
			r, ok := d.send(h, p)
			if !ok {
				t.again = true
				return t
			}
			last = &r
			t.rows++
		default:
			return t
		}
	}
}

func (d *deliverer) shut() bool {
	n, _ := d.gate.room(1, d.machine())
	return n == 0
}

// next writes down what became of the last row and prepares the next one, both in one transaction when that succeeds.
func (d *deliverer) next(h *hold, lane tickets.Lane, last *result) (p tickets.Prepared, err error) {
	step := func(last *result) error {
		return guard(func() error {
			ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
			defer cancel()
			return d.queues.InTx(ctx, func(ctx context.Context, tx tickets.Tx) (err error) {
				if last != nil {
					if err := d.write(ctx, tx, *last); err != nil {
						return err
					}
				}
				p, err = d.desk.Prepare(ctx, tx, lane)
				return err
			})
		})
	}
	if err = step(last); err == nil {
		return p, nil
	}
	if last != nil { // its own transaction, and again and again: it has happened
		if rerr := d.record(h, *last); rerr != nil {
			return p, errors.Join(err, rerr)
		}
		err = step(nil)
	}
	if err != nil {
		return p, fmt.Errorf("prepare lane %s: %w", lane, err)
	}
	return p, nil
}

func (d *deliverer) write(ctx context.Context, tx tickets.Tx, r result) error {
	if r.sent {
		return d.desk.Delivered(ctx, tx, r.delivery, r.receipt)
	}
	return d.desk.Undelivered(ctx, tx, r.delivery, r.failure)
}

// record writes down an outcome, whatever the database does meanwhile: a sent message must not be forgotten. It may be written twice when the
// answer to a commit was lost. A failure is worth less: without the lease it is left to the next holder.
func (d *deliverer) record(h *hold, r result) error {
	ctx, cancel := context.WithTimeout(h.life.final, recordFor)
	defer cancel()
	for n := 1; ; n++ {
		err := guard(func() error {
			ctx, cancel := context.WithTimeout(ctx, dbTimeout)
			defer cancel()
			return d.queues.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error { return d.write(ctx, tx, r) })
		})
		if err == nil {
			return nil
		}
		err = fmt.Errorf("record delivery %d: %w", r.delivery, err)
		if !r.sent && h.ctx.Err() != nil {
			return err
		}
		if n == 1 {
			d.log.Warn("outcome not written down yet", slog.Int64("delivery", r.delivery), slog.Bool("sent", r.sent), cause(err))
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(recordBackoff.after(n)):
		}
	}
}

// send makes one attempt. ok=false: nothing was learned (the gate is shut, the lane is no longer ours, we are stopping).
func (d *deliverer) send(h *hold, p tickets.Prepared) (r result, ok bool) {
	r.delivery = p.Delivery
	ctx, cancel := context.WithTimeout(h.ctx, sendTimeout)
	defer cancel()
	receipt, err := d.gate.do(func() (receipt tickets.Receipt, err error) {
		if !h.valid() {
			return receipt, errLeaseLost
		}
		err = guard(func() (err error) {
			receipt, err = d.platform.Send(ctx, p.Out)
			return err
		})
		if err != nil && h.ctx.Err() != nil { // broken off by us: says nothing about the platform
			return receipt, errLeaseLost
		}
		return receipt, err
	})
	switch {
	case errors.Is(err, errClosed), errors.Is(err, errLeaseLost):
		return r, false
	case err == nil:
		d.stats.sent(d.platform.Name())
		r.sent, r.receipt = true, receipt
		return r, true
	}
	r.failure = bot.FailureOf(err)
	d.stats.sendFailed(d.platform.Name(), r.failure.Class)
	d.report(p, r.failure, err)
	return r, true
}

func (d *deliverer) report(p tickets.Prepared, f tickets.Failure, err error) {
	level := slog.LevelInfo
	switch f.Class {
	case tickets.Rejected, tickets.Misconfigured, tickets.Unauthorized, tickets.Rerender:
		level = slog.LevelWarn
	default:
	}
	attrs := []slog.Attr{
		slog.String("platform", string(d.platform.Name())), slog.Int64("delivery", p.Delivery), slog.String("use", string(p.Out.Use)),
		slog.String("class", string(f.Class)), slog.Bool("certain", f.Certain), slog.Int("code", f.Code), slog.String("reason", f.Reason),
	}
	if e := new(panicError); errors.As(err, &e) {
		d.stats.panics.Add(1)
		level, attrs = slog.LevelError, append(attrs, slog.String("panic", e.what), slog.String("stack", string(e.stack)))
	}
	d.log.LogAttrs(context.Background(), level, "not sent", attrs...)
}
