package main

import (
	"context"
	"fmt"
	"time"

	"servicedesk/store"
)

const (
	ackCallers = 64
	// ackMost is the rate for which requests are made ready; a desk that is faster ends its round early.
	ackMost = 25_000
)

// ackRun is what the rounds of closed-loop callbacks at one place came to; benchmarks 1 and 3 read it.
type ackRun struct {
	place    string
	limit    *limit
	compared compared
	acked    int
	spent    usage // by all rounds
	metered  bool
}

// messages makes the callbacks of so many distinct messages of 1 KB, spread over forty chats, as requests.
func messages(prefix string, n int) (ids []string, requests [][]byte) {
	ids, requests = make([]string, n), make([][]byte, n)
	sender := spoken{sender: "ou_stranger"}
	for i := range n {
		s := sender
		s.id, s.chat = fmt.Sprintf("%s-%07d", prefix, i), fmt.Sprintf("oc_%02d", i%40)
		ids[i], requests[i] = s.id, feishuCallback(kilobyte(s).event())
	}
	return ids, requests
}

// kept checks that every acknowledged id is in the inbox once, and counts those that are not.
func kept(ctx context.Context, db *store.DB, prefix string, ids []string, acked []int) (lost int, err error) {
	rows, err := db.Bun().QueryContext(ctx, "SELECT event_key FROM inbox WHERE event_key LIKE '"+prefix+"-%'")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return 0, err
		}
		if there[key] {
			return 0, fmt.Errorf("%s is in the inbox twice", key)
		}
		there[key] = true
	}
	for _, i := range acked {
		if !there[ids[i]] {
			lost++
		}
	}
	return lost, rows.Err()
}

// ackRuns measures the closed loop where it can be measured.
func (b *bench) ackRuns(ctx context.Context) ([]*ackRun, error) {
	if b.acks != nil {
		return b.acks, nil
	}
	for _, name := range b.places() {
		run, err := b.ackRun(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.acks = append(b.acks, run)
	}
	return b.acks, nil
}

func (b *bench) ackRun(ctx context.Context, name string) (*ackRun, error) {
	run := &ackRun{place: name}
	p, err := b.fresh(ctx, name)
	if err != nil {
		return nil, err
	}
	// On PostgreSQL the part that acknowledges runs alone, as it may in production; embedded, one process does everything.
	role := roleAll
	if name == onPostgres {
		role = roleWeb
		run.limit, err = b.postgresLimit(ctx, 1, 32)
	} else {
		run.limit, err = b.sqliteLimit(ctx)
	}
	if err != nil {
		return nil, err
	}
	f := newPlatforms(nil)
	defer f.close()
	d, err := b.startDesk(ctx, p, f, role)
	if err != nil {
		return nil, err
	}
	defer d.kill()
	db, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	m := newMeter(ctx, p, d.pid())
	run.metered = name == onEmbedded || m.postmaster != 0
	round := 0
	run.compared, err = b.compare(ctx, run.limit, func() (float64, error) {
		round++
		return b.ackRound(ctx, run, fmt.Sprintf("r%d", round), d, db, m)
	})
	return run, err
}

// ackRound is one closed loop; it fails when an acknowledged event is not in the inbox.
func (b *bench) ackRound(ctx context.Context, run *ackRun, prefix string, d *desk, db *store.DB, m meter) (float64, error) {
	during := b.span(3*time.Second, 2*time.Second)
	ids, requests := messages(prefix, int(ackMost*during.Seconds()))
	if warm := closedLoop(ctx, d.addr, ackCallers, requests[:2000], time.Second); warm.failures > 0 {
		return 0, warm.failure
	}
	b.settle(ctx)
	before := m.read()
	got := closedLoop(ctx, d.addr, ackCallers, requests[2000:], during)
	spent := m.read().minus(before)
	if got.failures > 0 {
		return 0, fmt.Errorf("%d callbacks failed: %w", got.failures, got.failure)
	}
	lost, err := kept(ctx, db, prefix, ids[2000:], got.acked)
	if err == nil && lost > 0 {
		err = fmt.Errorf("%d acknowledged events are not in the inbox", lost)
	}
	run.acked += len(got.acked)
	run.spent = usage{run.spent.app + spent.app, run.spent.database + spent.database, run.spent.queue + spent.queue}
	return got.rate(), err
}

// benchAck is benchmark 1: how many callbacks are kept durably and acknowledged in a second.
func benchAck(ctx context.Context, b *bench) error {
	runs, err := b.ackRuns(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		asked, note := ratioAtLeast(0.6), "web role"
		if run.place == onEmbedded {
			asked, note = ratioAtLeast(1.2), "all in one process"
		}
		if run.compared.dropped > 0 {
			note += fmt.Sprintf(", %d rounds dropped", run.compared.dropped)
		}
		b.add(figure{Name: "callbacks acknowledged, " + run.place, Ours: run.compared.ours, Unit: "/s", Limit: run.compared.limit,
			LimitName: run.limit.name, Ratio: run.compared.ratio, Note: note}, asked)
	}
	return b.bellRate(ctx)
}

// bellRate is beside benchmark 1: WeCom's bells carry no content, so that many share one row.
func (b *bench) bellRate(ctx context.Context) error {
	p, err := b.fresh(ctx, b.best())
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
	during := b.span(2*time.Second, time.Second)
	bells := make([][]byte, int(ackMost*during.Seconds()))
	for i := range bells {
		bells[i] = kfBell(benchKF, fmt.Sprintf("token%d", i))
	}
	got := closedLoop(ctx, d.addr, ackCallers, bells, during)
	if got.failures > 0 {
		return fmt.Errorf("%d bells failed: %w", got.failures, got.failure)
	}
	b.add(figure{Name: "WeCom bells acknowledged, " + p.name, Ours: got.rate(), Unit: "/s", Note: "all roles"}, nil)
	return nil
}

// benchCallbackCPU is benchmark 3: what a callback costs in processor time, in the same rounds.
func benchCallbackCPU(ctx context.Context, b *bench) error {
	runs, err := b.ackRuns(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.acked == 0 || !run.metered {
			b.say("the database is not on this machine: its processor time is unknown")
			continue
		}
		n := float64(run.acked)
		if run.place == onEmbedded {
			b.add(figure{Name: "CPU per callback, embedded", Ours: micros(run.spent.app) / n, Unit: "µs", Note: "handling included"}, nil)
			continue
		}
		b.add(figure{Name: "CPU per callback, desk", Ours: micros(run.spent.app) / n, Unit: "µs"}, atMost(120))
		b.add(figure{Name: "CPU per callback, PostgreSQL", Ours: micros(run.spent.database) / n, Unit: "µs",
			Note: fmt.Sprintf("Redis %s µs; a transaction of %s %s µs", number(micros(run.spent.queue)/n), run.limit.name,
				number(micros(run.limit.cost())))}, atMost(50))
	}
	return nil
}
