package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// burstCallers is how many connections an open loop has: enough that its requests leave on time.
const burstCallers = 128

// benchBurst is benchmark 2: acknowledgements at a fixed rate, timed from the moment each was due, and a kill -9 in between.
func benchBurst(ctx context.Context, b *bench) error {
	for _, name := range b.places() {
		if err := b.bursts(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := b.killedBurst(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (b *bench) bursts(ctx context.Context, name string) error {
	p, err := b.fresh(ctx, name)
	if err != nil {
		return err
	}
	f := newPlatforms(nil)
	defer f.close()
	d, err := b.startDesk(ctx, p, f, roleAll)
	if err != nil {
		return err
	}
	defer d.kill()
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, step := range []struct {
		rate   float64
		during time.Duration
		most   float64 // p99 in ms
	}{{500, b.span(10*time.Second, 3*time.Second), 8}, {3000, b.span(6*time.Second, 2*time.Second), 25}} {
		prefix := fmt.Sprintf("b%.0f", step.rate)
		ids, requests := messages(prefix, int(step.rate*step.during.Seconds()))
		_, warm := messages("w"+prefix, 500) // connections and statements
		_ = openLoop(ctx, d.addr, burstCallers, warm, step.rate)
		if err := drained(ctx, db); err != nil {
			return err
		}
		if err := seasoned(ctx, p, db); err != nil {
			return err
		}
		b.settle(ctx)
		bare := watchDisk(b.dir)
		got := openLoop(ctx, d.addr, burstCallers, requests, step.rate)
		disk := bare()
		if got.failures > 0 {
			return fmt.Errorf("%d callbacks failed: %w", got.failures, got.failure)
		}
		lost, err := kept(ctx, db, prefix, ids, got.acked)
		if err != nil {
			return err
		}
		b.add(figure{Name: fmt.Sprintf("p99 of acknowledgement at %.0f/s, %s", step.rate, name), Unit: "ms",
			Ours: millis(percentile(got.latencies, 0.99)),
			Note: fmt.Sprintf("p50 %s ms, max %s ms, %d lost; a bare fsync p99 %s ms", number(millis(percentile(got.latencies, 0.5))),
				number(millis(percentile(got.latencies, 1))), lost, number(millis(disk)))}, atMost(step.most))
	}
	return nil
}

// watchDisk writes a little to the disk twenty times a second until the answer is called, which gives the 99th percentile of how long that took:
// no acknowledgement can be faster than the disk.
func watchDisk(dir string) func() time.Duration {
	stop, done := make(chan struct{}), make(chan time.Duration, 1)
	go func() {
		var times []time.Duration
		defer func() {
			slices.Sort(times)
			done <- percentile(times, 0.99)
		}()
		file, err := os.Create(filepath.Join(dir, "fsync"))
		if err != nil {
			return
		}
		defer file.Close()
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			start := time.Now()
			if _, err := file.WriteAt([]byte(limitBody[:512]), 0); err != nil || file.Sync() != nil {
				return
			}
			times = append(times, time.Since(start))
		}
	}()
	return func() time.Duration { close(stop); return <-done }
}

// killedBurst kills the desk in a burst, looks what is left of what it had acknowledged, and delivers everything again.
func (b *bench) killedBurst(ctx context.Context, name string) error {
	p, err := b.fresh(ctx, name)
	if err != nil {
		return err
	}
	f := newPlatforms(nil)
	defer f.close()
	d, err := b.startDesk(ctx, p, f, roleAll)
	if err != nil {
		return err
	}
	ids, requests := messages("k", 4000)
	kill := time.AfterFunc(700*time.Millisecond, d.kill)
	defer kill.Stop()
	before := openLoop(ctx, d.addr, burstCallers, requests, 3000)
	if len(before.acked) == 0 || before.failures == 0 {
		return fmt.Errorf("the kill missed the burst: %d acknowledged, %d not", len(before.acked), before.failures)
	}
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	lost, err := kept(ctx, db, "k", ids, before.acked)
	if err != nil {
		return err
	}
	if d, err = b.startDesk(ctx, p, f, roleAll); err != nil {
		return err
	}
	defer d.kill()
	again := closedLoop(ctx, d.addr, 16, requests, time.Minute)
	if again.failures > 0 {
		return fmt.Errorf("%d redeliveries failed: %w", again.failures, again.failure)
	}
	all, err := ask(ctx, db, "SELECT COUNT(*) FROM inbox WHERE event_key LIKE 'k-%'")
	if err != nil {
		return err
	}
	b.add(figure{Name: "acknowledged, then lost by kill -9, " + name, Ours: float64(lost), Unit: "events",
		Note: fmt.Sprintf("of %d in a burst of %d", len(before.acked), len(ids))}, atMost(0))
	b.add(figure{Name: "doubled by redelivery, " + name, Ours: float64(int(all) - len(ids)), Unit: "events"}, atMost(0))
	return nil
}
