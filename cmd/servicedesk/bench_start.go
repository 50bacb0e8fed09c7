package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"servicedesk/store"
)

// benchStart is benchmark 12: memory, starts, and a restart that nobody notices.
func benchStart(ctx context.Context, b *bench) error {
	if err := b.starts(ctx); err != nil {
		return err
	}
	big, err := b.big(ctx, b.best(), b.scale(1_000_000))
	if err != nil {
		return err
	}
	f := newPlatforms(nil)
	defer f.close()
	times, err := b.startTimes(ctx, big.place, f)
	if err != nil {
		return err
	}
	b.add(figure{Name: fmt.Sprintf("ready with %d tickets, %s", big.tickets, big.place.name), Ours: median(times), Unit: "ms"}, atMost(1000))
	return b.restart(ctx)
}

// starts measures an embedded desk: its first start, further ones, its memory at rest and under load.
func (b *bench) starts(ctx context.Context) error {
	p, err := b.fresh(ctx, onEmbedded)
	if err != nil {
		return err
	}
	f := newPlatforms(nil)
	defer f.close()
	b.settle(ctx)
	d, err := b.startDesk(ctx, p, f, roleAll)
	if err != nil {
		return err
	}
	b.add(figure{Name: "first start, schema included, embedded", Ours: millis(d.ready), Unit: "ms"}, atMost(1500))
	if err := d.stop(); err != nil {
		return err
	}
	times, err := b.startTimes(ctx, p, f)
	if err != nil {
		return err
	}
	b.add(figure{Name: "ready after a start, embedded", Ours: median(times), Unit: "ms"}, atMost(300))
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ImportDirectory(ctx, benchDirectory(1, false)); err != nil {
		return err
	}
	if d, err = b.startDesk(ctx, p, f, roleAll); err != nil {
		return err
	}
	defer d.kill()
	if err := d.awaitSetUp(ctx); err != nil {
		return err
	}
	sleep(ctx, b.span(10*time.Second, 5*time.Second))
	rest := resident(d.pid())
	b.add(figure{Name: "memory at rest, embedded", Ours: rest.now, Unit: "MB",
		Note: "of it " + number(rest.now-rest.own) + " are pages of the program's file"}, atMost(50))
	during := b.span(20*time.Second, 5*time.Second)
	if b.rounds >= 5 {
		during = time.Minute
	}
	_, requests := messages("m", int(500*during.Seconds()))
	if got := openLoop(ctx, d.addr, burstCallers, requests, 500); got.failures > 0 {
		return fmt.Errorf("%d callbacks failed: %w", got.failures, got.failure)
	}
	loaded := resident(d.pid())
	b.add(figure{Name: fmt.Sprintf("memory after %s at 500/s, embedded", during), Ours: loaded.now, Unit: "MB",
		Note: "at most " + number(loaded.most)}, atMost(120))
	return nil
}

// startTimes starts and stops a desk a few times.
func (b *bench) startTimes(ctx context.Context, p *place, f *platforms) (ms []float64, err error) {
	for range max(3, b.rounds) {
		b.settle(ctx)
		d, err := b.startDesk(ctx, p, f, roleAll)
		if err != nil {
			return nil, err
		}
		ms = append(ms, millis(d.ready))
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	return ms, nil
}

const (
	restartRate  = 50
	restartTries = 3 // WeCom's: one, and two more after five seconds each
	restartPause = 5 * time.Second
)

// restart stops and starts the desk under a sender that repeats as WeCom does.
func (b *bench) restart(ctx context.Context) error {
	p, err := b.fresh(ctx, onEmbedded)
	if err != nil {
		return err
	}
	f := newPlatforms(nil)
	defer f.close()
	d, err := b.startDesk(ctx, p, f, roleAll)
	if err != nil {
		return err
	}
	addr := d.addr
	again := make(chan error, 1)
	time.AfterFunc(2*time.Second, func() {
		err := d.stop()
		next, startErr := b.startDeskAt(ctx, p, f, roleAll, addr)
		if startErr == nil {
			b.later(next.kill)
		}
		again <- errors.Join(err, startErr)
	})
	ids, requests := messages("s", restartRate*5)
	var refused sampler
	start := time.Now()
	got := drive(ctx, addr, burstCallers, len(requests), func(c *caller, i int) (from time.Time, status int, err error) {
		due := start.Add(time.Duration(i) * time.Second / restartRate)
		for try := range restartTries {
			sleep(ctx, time.Until(due.Add(time.Duration(try)*restartPause)))
			at := time.Since(start)
			if status, err = c.call(ctx, requests[i]); err == nil && status == 200 {
				break
			}
			refused.add(at)
		}
		return due, status, err
	})
	if err := <-again; err != nil {
		return err
	}
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return b.restartFigures(ctx, db, ids, got, refused.sorted())
}

func (b *bench) restartFigures(ctx context.Context, db *store.DB, ids []string, got *loaded, refused []time.Duration) error {
	lost, err := kept(ctx, db, "s", ids, got.acked)
	if err != nil {
		return err
	}
	var window time.Duration
	if len(refused) > 0 {
		window = refused[len(refused)-1] - refused[0] + time.Second/restartRate
	}
	b.add(figure{Name: "lost in a restart at 50/s, embedded", Ours: float64(lost + got.failures), Unit: "events",
		Note: fmt.Sprintf("%d calls were refused and repeated", len(refused))}, atMost(0))
	b.add(figure{Name: "refused in a restart for, embedded", Ours: window.Seconds(), Unit: "s"}, atMost(1))
	return nil
}
