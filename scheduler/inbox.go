package scheduler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// deadAfter failed attempts an event is given up (about a quarter of an hour).
	deadAfter = 20
	// lostAfter failed attempts at an attachment the words go on without it (about five minutes): its sender's next words wait behind it.
	lostAfter = 10
	// fetchAnswer is how long a platform may take to begin with an attachment, fetchWhole how long the whole may take.
	fetchAnswer, fetchWhole = 10 * time.Second, time.Minute
	// enrichTimeout bounds the hook that adds what the platform knows besides.
	enrichTimeout = 5 * time.Second
	// fetchRest is how long an event waits when enough workers are busy with attachments.
	fetchRest = 250 * time.Millisecond
)

// Files keeps attachments.
type Files interface {
	// Put keeps what r holds under a key of its own choosing.
	Put(ctx context.Context, name string, r io.Reader) (key string, err error)
}

// receiver works the lanes of the inbox.
type receiver struct {
	queues    Queues
	desk      Desk
	platforms map[tickets.Platform]bot.Platform
	files     Files
	enrich    func(context.Context, *tickets.Inbound)
	machine   func() time.Time
	crowded   func(start time.Time) bool
	fetches   chan struct{} // places for workers that wait for a platform
	stats     *counters
	log       *slog.Logger
}

var (
	errFetchBusy = errors.New("enough attachments are being fetched")
	errDead      = errors.New("can never be handled")
	errNobody    = errors.New("no platform here understands the event")
)

// work hands a lane's events to the desk in order.
func (r *receiver) work(h *hold) (t turn) {
	start := r.machine()
	for {
		if h.stopping() || r.crowded(start) {
			t.again = true
			return t
		}
		row, at, ok, err := r.next(h)
		if err != nil {
			t.err = fmt.Errorf("next event of lane %s: %w", h.lane, err)
			return t
		}
		if !ok {
			t.until = at
			return t
		}
		err = r.handle(h, row)
		switch {
		case err == nil:
			t.rows++
			r.stats.eventsDone.Add(1)
			if row.Last { // what came since has rung
				return t
			}
		case errors.Is(err, errNobody), errors.Is(err, bot.ErrNotYet): // a matter of configuration or of the start, no failure of the event
			t.err = err
			return t
		case errors.Is(err, errFetchBusy):
			t.until = r.machine().Add(fetchRest)
			return t
		case h.ctx.Err() != nil: // broken off by us: no failure of the event
			t.again = true
			return t
		default:
			if t.err = r.failed(h, row, err); t.err != nil {
				return t
			}
		}
	}
}

func (r *receiver) next(h *hold) (Row, time.Time, bool, error) {
	h.looks()
	ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
	defer cancel()
	return r.queues.NextEvent(ctx, h.lane, r.machine())
}

func (r *receiver) handle(h *hold, row Row) error {
	in, ok, err := r.convert(row.Event)
	if err != nil {
		return err
	}
	if ok {
		if err := r.complete(h.ctx, &in, row.Attempts); err != nil {
			return err
		}
	}
	act := func(ctx context.Context, tx tickets.Tx) error {
		if !ok {
			return nil
		}
		return r.desk.Handle(ctx, tx, in)
	}
	return guard(func() error {
		ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
		defer cancel()
		if !row.Last {
			return r.queues.InEvent(ctx, row.ID, act)
		}
		released, err := r.queues.InLastEvent(ctx, row.ID, h.lane, h.fence, act)
		if released {
			h.given()
		}
		return err
	})
}

func (r *receiver) convert(e bot.Event) (in tickets.Inbound, ok bool, err error) {
	c, known := r.platforms[e.Platform].(bot.Converter)
	if !known {
		return in, false, fmt.Errorf("%w: %s", errNobody, e.Platform)
	}
	err = guard(func() (err error) {
		in, ok, err = c.Convert(e.Raw)
		return err
	})
	if err != nil && !errors.Is(err, bot.ErrNotYet) {
		err = errors.Join(errDead, err) // pure: the same bytes give the same answer for ever
	}
	return in, ok, err
}

// complete fetches what belongs to the event from its platform, before any transaction is open.
func (r *receiver) complete(ctx context.Context, in *tickets.Inbound, attempts int) error {
	for i := range in.Attached {
		a := &in.Attached[i]
		if a.Key != "" || a.Lost || a.Remote == "" {
			continue
		}
		select {
		case r.fetches <- struct{}{}:
		default:
			return errFetchBusy
		}
		err := guard(func() error { return r.fetch(ctx, in, a) })
		<-r.fetches
		if err != nil {
			if ctx.Err() != nil || attempts+1 < lostAfter && !gone(err) {
				return fmt.Errorf("fetch attachment: %w", err)
			}
			a.Lost = true
			r.stats.attachmentsLost.Add(1)
			r.log.Warn("attachment lost", slog.String("platform", string(in.Platform)), slog.String("id", string(in.ID)), cause(err))
		}
	}
	if r.enrich == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, enrichTimeout)
	defer cancel()
	return guard(func() error { r.enrich(ctx, in); return nil })
}

// gone reports whether trying again cannot help.
func gone(err error) bool {
	var e *bot.SendError
	return errors.As(err, &e) && (e.Class == tickets.Rejected || e.Class == tickets.Stale)
}

func (r *receiver) fetch(ctx context.Context, in *tickets.Inbound, a *tickets.Attachment) error {
	f, ok := r.platforms[in.Platform].(bot.Fetcher)
	if !ok || r.files == nil {
		return &bot.SendError{Failure: tickets.Failure{Class: tickets.Rejected, Certain: true, Reason: "attachments cannot be fetched here"}}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWhole)
	defer cancel()
	answer := time.AfterFunc(fetchAnswer, cancel)
	body, name, err := f.Fetch(ctx, *in, *a)
	answer.Stop()
	if err != nil {
		return err
	}
	defer body.Close()
	if a.Name == "" {
		a.Name = name
	}
	key, err := r.files.Put(ctx, a.Name, body)
	if err != nil {
		return fmt.Errorf("keep attachment: %w", err)
	}
	a.Key = key
	return nil
}

// failed rests the event, or gives it up. Its own error is that even this could not be written down.
func (r *receiver) failed(h *hold, row Row, err error) error {
	n := row.Attempts + 1
	dead := n >= deadAfter || errors.Is(err, errDead)
	pause := eventBackoff.after(n)
	if f := bot.FailureOf(err); f.Class == tickets.Throttled {
		pause = max(pause, min(f.After, maxPause))
	}
	ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
	defer cancel()
	if derr := r.queues.DeferEvent(ctx, row.ID, r.machine().Add(pause), reason(err), dead); derr != nil {
		return fmt.Errorf("rest event %d after %w: %w", row.ID, err, derr)
	}
	attrs := []slog.Attr{
		slog.Int64("event", row.ID), slog.String("platform", string(row.Event.Platform)), slog.Int("attempt", n), cause(err),
	}
	if e := new(panicError); errors.As(err, &e) {
		r.stats.panics.Add(1)
		attrs = append(attrs, slog.String("stack", string(e.stack)))
	}
	if dead {
		r.stats.eventsDead.Add(1)
		r.log.LogAttrs(ctx, slog.LevelError, "event given up: it stays in the inbox as dead and has had no effect", attrs...)
		return nil
	}
	r.stats.eventsDeferred.Add(1)
	r.log.LogAttrs(ctx, slog.LevelWarn, "event will be tried again", attrs...)
	return nil
}

// maxReason bounds what is kept of an error beside a row.
const maxReason = 200

// reason is an error in short, for the row.
func reason(err error) string {
	s := err.Error()
	if len(s) > maxReason {
		s = s[:maxReason]
	}
	return s
}

func cause(err error) slog.Attr { return slog.String("error", reason(err)) }
