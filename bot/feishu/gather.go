package feishu

import (
	"context"
	"encoding/json"
	"log/slog"
	"sort"
	"time"

	"servicedesk/bot"
)

const (
	// gatherFor is how long an event waits for others that came with it.
	gatherFor = 2 * time.Millisecond
	// gatherMost bounds what is kept in one go.
	gatherMost = 256
)

// gatherer brings events back into order. The SDK starts a goroutine for each frame it reads, so that of two events that come together
// either may be handled first; those that come within gatherFor are kept together, in the order in which Feishu made them.
type gatherer struct {
	sink bot.Sink
	log  *slog.Logger
	in   chan arrival
}

type arrival struct {
	event bot.Event
	made  time.Time
	kept  chan error
}

func newGatherer(sink bot.Sink, log *slog.Logger) *gatherer {
	return &gatherer{sink: sink, log: log, in: make(chan arrival)}
}

// keep returns nil once the event is kept durably, or is of no use.
func (g *gatherer) keep(ctx context.Context, raw []byte) error {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return errNotKept
	}
	event, ok, err := eventOf(e, raw)
	if err != nil {
		return err
	}
	if !ok {
		return nil
	}
	a := arrival{event: event, made: instant(e.Header.CreateTime), kept: make(chan error, 1)}
	select {
	case g.in <- a:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.kept:
		return err
	case <-ctx.Done():
		return ctx.Err() // it is being kept all the same, and the repeat will be known
	}
}

func (g *gatherer) run(ctx context.Context) {
	for {
		select {
		case first := <-g.in:
			g.store(ctx, g.gather(first))
		case <-ctx.Done():
			return
		}
	}
}

func (g *gatherer) gather(first arrival) []arrival {
	batch := []arrival{first}
	quiet := time.NewTimer(gatherFor)
	defer quiet.Stop()
	for len(batch) < gatherMost {
		select {
		case next := <-g.in:
			batch = append(batch, next)
			continue
		case <-quiet.C:
		}
		break
	}
	sort.SliceStable(batch, func(i, j int) bool { return batch[i].made.Before(batch[j].made) })
	return batch
}

// store keeps a batch, even while the desk is being stopped.
func (g *gatherer) store(ctx context.Context, batch []arrival) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	events := make([]bot.Event, len(batch))
	for i, a := range batch {
		events[i] = a.event
	}
	err := g.accept(ctx, events)
	for _, a := range batch {
		a.kept <- err
	}
}

func (g *gatherer) accept(ctx context.Context, events []bot.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("keeping feishu events panicked", slog.Int("events", len(events)))
			err = errNotKept
		}
	}()
	if err := g.sink.Accept(ctx, events); err != nil {
		g.log.Warn("feishu events not kept", slog.Int("events", len(events)), slog.Any("error", err))
		return errNotKept
	}
	return nil
}
