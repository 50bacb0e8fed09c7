package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"servicedesk/scheduler"
	"servicedesk/store"
)

// benchSweep is benchmark 9: what nothing to do costs.
func benchSweep(ctx context.Context, b *bench) error {
	name := b.best()
	big, err := b.big(ctx, name, b.scale(1_000_000))
	if err != nil {
		return err
	}
	small, err := b.big(ctx, name, b.scale(10_000))
	if err != nil {
		return err
	}
	if err := b.sweeps(ctx, small, big); err != nil {
		return err
	}
	return b.idle(ctx, big)
}

// sweeps compares looks for what is due, with much and with little that is not.
func (b *bench) sweeps(ctx context.Context, small, big *bigDB) error {
	few, err := small.place.open(ctx)
	if err != nil {
		return err
	}
	defer few.Close()
	many, err := big.place.open(ctx)
	if err != nil {
		return err
	}
	defer many.Close()
	m := newMeter(ctx, big.place, os.Getpid())
	n := b.scale(4000)
	var costs, limits []float64
	b.settle(ctx)
	for range b.rounds {
		limit, err := sweepCost(ctx, few, m, n)
		if err != nil {
			return err
		}
		cost, err := sweepCost(ctx, many, m, n)
		if err != nil {
			return err
		}
		costs, limits = append(costs, cost), append(limits, limit)
	}
	b.add(figure{Name: "CPU of a sweep with nothing due, " + big.place.name, Ours: median(costs), Unit: "µs", Limit: median(limits),
		LimitName: fmt.Sprintf("%d pending", small.tickets), Note: fmt.Sprintf("%d pending", big.tickets)}, ratioAtMost(1.2))
	return b.dueCost(ctx, big, many)
}

// sweepCost is the processor time, here and in the database, of one look at everything, in µs.
func sweepCost(ctx context.Context, db *store.DB, m meter, n int) (float64, error) {
	before := m.read()
	for range n {
		now := machine()
		if _, err := db.DueTimers(ctx, now, 500); err != nil {
			return 0, err
		}
		for _, box := range []scheduler.Box{scheduler.Inbox, scheduler.Outbox} {
			if _, err := db.ReadyLanes(ctx, box, now, 1000); err != nil {
				return 0, err
			}
		}
		if _, err := db.Pulls(ctx); err != nil {
			return 0, err
		}
	}
	return micros(m.read().minus(before).all()) / float64(n), nil
}

// dueCost times the look that finds a hundred.
func (b *bench) dueCost(ctx context.Context, big *bigDB, db *store.DB) error {
	before, err := db.DueTimers(ctx, machine(), 1000)
	if err != nil {
		return err
	}
	if err := big.arm(ctx, db, 100, machine().Add(-time.Hour), time.Second); err != nil {
		return err
	}
	var times []float64
	for range 100 {
		start := time.Now()
		due, err := db.DueTimers(ctx, machine(), 1000)
		if err != nil {
			return err
		}
		if len(due) != len(before)+100 {
			return fmt.Errorf("%d timers are due, not a hundred", len(due))
		}
		times = append(times, millis(time.Since(start)))
	}
	b.add(figure{Name: "finding 100 due timers, " + big.place.name, Ours: median(times), Unit: "ms", Note: "wall time, round trip included"}, atMost(2))
	return executes(ctx, db, "UPDATE timers SET armed = FALSE WHERE kind = 'confirm'") // what follows starts without
}

// idle measures a desk with everything in its database and nothing to do.
func (b *bench) idle(ctx context.Context, big *bigDB) error {
	f := newPlatforms(nil)
	defer f.close()
	d, err := b.startDesk(ctx, big.place, f, roleAll)
	if err != nil {
		return err
	}
	defer d.kill()
	if err := d.awaitSetUp(ctx); err != nil {
		return err
	}
	sleep(ctx, 5*time.Second) // what a start leaves to do
	m := newMeter(ctx, big.place, d.pid())
	before, start := m.read(), time.Now()
	sleep(ctx, b.span(20*time.Second, 8*time.Second))
	spent, took := m.read().minus(before), time.Since(start)
	share := func(d time.Duration) float64 { return 100 * float64(d) / float64(took) }
	b.add(figure{Name: fmt.Sprintf("idle with %d tickets, %s", big.tickets, big.place.name), Ours: share(spent.all()), Unit: "% core",
		Note: fmt.Sprintf("desk %s, database %s, Redis %s", number(share(spent.app)), number(share(spent.database)),
			number(share(spent.queue)))}, atMost(2))
	return nil
}
