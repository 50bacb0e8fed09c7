package scheduler_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

// memory is scheduler.Queues without a database, so that a test can run on a clock of its own. It keeps the contract of ports.go; the tests
// that matter most run on the real store as well.
type memory struct {
	bell atomic.Pointer[scheduler.Bell]
	// deaf drops the bells after commits, as a crash between commit and bell would.
	deaf atomic.Bool
	// fail, when set, is asked before each call; an error is the database's hiccup. committed says that the hiccup comes after the commit.
	fail func(op string) (err error, committed bool)

	gate chan struct{} // holds one token: transactions run one after the other

	events     []*memEvent
	keys       map[string]bool
	lanes      map[string]*memLease
	deliveries []*tickets.Delivery
	owed       map[string]bool
	timers     map[tickets.TimerID]*memTimer
	pulls      map[tickets.RemoteID]*scheduler.Cursor
	ticks      map[string]int // how often asked for
	pruned     []time.Time
}

type memEvent struct {
	scheduler.Row
	at         time.Time
	done, dead bool
}

type memLease struct {
	fence int64
	until time.Time
}

type memTimer struct {
	tickets.Timer
	armed bool
}

func newMemory(bell *scheduler.Bell) *memory {
	m := &memory{
		gate: make(chan struct{}, 1), keys: map[string]bool{}, lanes: map[string]*memLease{}, owed: map[string]bool{},
		timers: map[tickets.TimerID]*memTimer{}, pulls: map[tickets.RemoteID]*scheduler.Cursor{}, ticks: map[string]int{},
	}
	m.bell.Store(bell)
	m.gate <- struct{}{}
	return m
}

// alone runs f between the calls of others.
func (m *memory) alone(f func()) {
	<-m.gate
	defer func() { m.gate <- struct{}{} }()
	f()
}

// failing replaces fail.
func (m *memory) failing(f func(op string) (err error, committed bool)) {
	m.alone(func() { m.fail = f })
}

// with runs f alone, between the two places where a hiccup may strike.
func (m *memory) with(ctx context.Context, op string, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var hiccup error
	var late bool
	<-m.gate
	defer func() { m.gate <- struct{}{} }()
	if m.fail != nil {
		if hiccup, late = m.fail(op); hiccup != nil && !late {
			return hiccup
		}
	}
	if err := f(); err != nil {
		return err
	}
	return hiccup
}

// memTx undoes what it did when its function fails.
type memTx struct {
	tickets.Tx
	m      *memory
	undo   []func()
	lanes  []tickets.Lane
	timers []tickets.Timer
}

func (m *memory) InTx(ctx context.Context, f func(context.Context, tickets.Tx) error) error {
	return m.tx(ctx, "tx", m.bell.Load(), f)
}

func (m *memory) tx(ctx context.Context, op string, bell *scheduler.Bell, f func(context.Context, tickets.Tx) error) error {
	t := &memTx{m: m}
	err := m.with(ctx, op, func() (err error) {
		committed := false
		defer func() {
			if !committed {
				for _, u := range slices.Backward(t.undo) {
					u()
				}
			}
		}()
		if err := f(ctx, t); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		committed = true
		return nil
	})
	if err == nil && !m.deaf.Load() {
		for _, l := range t.lanes {
			bell.WakeLane(l)
		}
		for _, timer := range t.timers {
			bell.WakeTimer(timer.ID, timer.DueAt)
		}
	}
	return err
}

func (t *memTx) Enqueue(_ context.Context, d *tickets.Delivery) error {
	m := t.m
	if m.owed[d.Key] {
		return nil
	}
	c := *d
	c.ID, c.State = int64(len(m.deliveries)+1), tickets.DeliveryPending
	d.ID = c.ID
	m.owed[d.Key] = true
	m.deliveries = append(m.deliveries, &c)
	t.undo = append(t.undo, func() {
		delete(m.owed, c.Key)
		m.deliveries = m.deliveries[:c.ID-1]
	})
	t.lanes = append(t.lanes, d.Lane)
	return nil
}

func (t *memTx) LockDelivery(_ context.Context, id int64) (*tickets.Delivery, error) {
	c := *t.m.deliveries[id-1]
	return &c, nil
}

func (t *memTx) SaveDelivery(_ context.Context, d *tickets.Delivery) error {
	old := *t.m.deliveries[d.ID-1]
	*t.m.deliveries[d.ID-1] = *d
	t.undo = append(t.undo, func() { *t.m.deliveries[d.ID-1] = old })
	return nil
}

func (t *memTx) Waiting(_ context.Context, lane tickets.Lane) (list []*tickets.Delivery, err error) {
	for _, d := range t.m.deliveries {
		if d.Lane == lane && (d.State == tickets.DeliveryPending || d.State == tickets.DeliveryHeld) {
			c := *d
			list = append(list, &c)
		}
	}
	return list, nil
}

func (t *memTx) SetTimer(_ context.Context, timer tickets.Timer) error {
	m := t.m
	for _, known := range m.timers {
		if known.Kind == timer.Kind && known.Subject == timer.Subject {
			old := *known
			t.undo = append(t.undo, func() { *known = old })
			timer.ID, timer.Gen = known.ID, known.Gen+1
			*known = memTimer{timer, true}
			t.timers = append(t.timers, timer)
			return nil
		}
	}
	timer.ID, timer.Gen = tickets.TimerID(len(m.timers)+1), 1
	m.timers[timer.ID] = &memTimer{timer, true}
	t.undo = append(t.undo, func() { delete(m.timers, timer.ID) })
	t.timers = append(t.timers, timer)
	return nil
}

func (t *memTx) TakeTimer(_ context.Context, id tickets.TimerID, now time.Time) (tickets.Timer, error) {
	timer := t.m.timers[id]
	if timer == nil || !timer.armed || timer.DueAt.After(now) {
		return tickets.Timer{}, tickets.ErrNotFound
	}
	timer.armed = false
	t.undo = append(t.undo, func() { timer.armed = true })
	return timer.Timer, nil
}

func (m *memory) Keep(ctx context.Context, events []bot.Event) error {
	var lanes []string
	err := m.with(ctx, "keep", func() error {
		lanes = m.keep(events)
		return nil
	})
	m.wakeInbox(lanes, err)
	return err
}

func (m *memory) keep(events []bot.Event) (lanes []string) {
	for _, e := range events {
		names := []string{string(e.Platform) + " key " + e.Key}
		if e.MessageKey != "" {
			names = append(names, string(e.Platform)+" message "+e.MessageKey)
		}
		if slices.ContainsFunc(names, func(n string) bool { return m.keys[n] }) {
			continue
		}
		for _, n := range names {
			m.keys[n] = true
		}
		m.events = append(m.events, &memEvent{Row: scheduler.Row{ID: int64(len(m.events) + 1), Event: e}})
		lanes = append(lanes, e.Lane)
	}
	return lanes
}

func (m *memory) wakeInbox(lanes []string, err error) {
	bell := m.bell.Load()
	if err != nil || m.deaf.Load() || bell == nil {
		return
	}
	for _, l := range lanes {
		bell.WakeInbox(l)
	}
}

type memHead struct {
	lane    string
	at      time.Time
	urgency tickets.Urgency
	id      int64
}

func (m *memory) heads(box scheduler.Box) map[string]*memHead {
	heads := map[string]*memHead{}
	add := func(lane string, at time.Time, u tickets.Urgency, id int64) {
		if h := heads[lane]; h != nil {
			h.urgency = min(h.urgency, u)
			return
		}
		heads[lane] = &memHead{lane, at, u, id}
	}
	if box == scheduler.Inbox {
		for _, e := range m.events {
			if !e.done {
				add(e.Event.Lane, e.at, 0, e.ID)
			}
		}
		return heads
	}
	for _, d := range m.deliveries {
		if d.State == tickets.DeliveryPending {
			add(string(d.Lane), d.NextAt, d.Urgency, d.ID)
		}
	}
	return heads
}

func (m *memory) ReadyLanes(ctx context.Context, box scheduler.Box, machine time.Time, limit int) (lanes []string, err error) {
	err = m.with(ctx, "ready "+string(box), func() error {
		var ready []*memHead
		for lane, h := range m.heads(box) {
			l := m.lanes[string(box)+" "+lane]
			if !h.at.After(machine) && (l == nil || !l.until.After(machine)) {
				ready = append(ready, h)
			}
		}
		slices.SortFunc(ready, func(a, b *memHead) int { return cmp.Or(cmp.Compare(a.urgency, b.urgency), cmp.Compare(a.id, b.id)) })
		for _, h := range ready[:min(limit, len(ready))] {
			lanes = append(lanes, h.lane)
		}
		return nil
	})
	return lanes, err
}

func (m *memory) Claim(ctx context.Context, box scheduler.Box, lane string, machine time.Time, d time.Duration) (fence int64, ok bool, err error) {
	err = m.with(ctx, "claim", func() error {
		l := m.lanes[string(box)+" "+lane]
		if l == nil {
			l = &memLease{}
			m.lanes[string(box)+" "+lane] = l
		}
		if ok = !l.until.After(machine); ok {
			l.fence, l.until = l.fence+1, machine.Add(d)
			fence = l.fence
		}
		return nil
	})
	return fence, ok, err
}

func (m *memory) Renew(ctx context.Context, box scheduler.Box, lane string, fence int64, machine time.Time, d time.Duration) (ok bool, err error) {
	err = m.with(ctx, "renew", func() error {
		l := m.lanes[string(box)+" "+lane]
		if ok = l != nil && l.fence == fence && !l.until.IsZero(); ok {
			l.until = machine.Add(d)
		}
		return nil
	})
	return ok, err
}

func (m *memory) Release(ctx context.Context, box scheduler.Box, lane string, fence int64) error {
	return m.with(ctx, "release", func() error {
		if l := m.lanes[string(box)+" "+lane]; l != nil && l.fence == fence {
			l.until = time.Time{}
		}
		return nil
	})
}

func (m *memory) NextEvent(ctx context.Context, lane string, machine time.Time) (row scheduler.Row, at time.Time, ok bool, err error) {
	err = m.with(ctx, "next", func() error {
		for _, e := range m.events {
			if e.done || e.Event.Lane != lane {
				continue
			}
			if e.at.After(machine) {
				at = e.at
			} else {
				row, ok = e.Row, true
				row.Last = !slices.ContainsFunc(m.events[e.ID:], func(o *memEvent) bool { return !o.done && o.Event.Lane == lane })
			}
			break
		}
		return nil
	})
	return row, at, ok, err
}

func (m *memory) InEvent(ctx context.Context, id int64, f func(context.Context, tickets.Tx) error) error {
	return m.inEvent(ctx, id, m.bell.Load(), f)
}

func (m *memory) InLastEvent(ctx context.Context, id int64, lane string, fence int64, f func(context.Context, tickets.Tx) error) (bool, error) {
	return m.inLastEvent(ctx, id, lane, fence, m.bell.Load(), f)
}

func (m *memory) inLastEvent(ctx context.Context, id int64, lane string, fence int64, bell *scheduler.Bell,
	f func(context.Context, tickets.Tx) error) (released bool, err error) {
	err = m.inEvent(ctx, id, bell, func(ctx context.Context, tx tickets.Tx) error {
		if err := f(ctx, tx); err != nil {
			return err
		}
		released = true
		if l := m.lanes[string(scheduler.Inbox)+" "+lane]; l != nil && l.fence == fence {
			t, until := tx.(*memTx), l.until
			t.undo = append(t.undo, func() { l.until = until })
			l.until = time.Time{}
		}
		return nil
	})
	return released && err == nil, err
}

func (m *memory) inEvent(ctx context.Context, id int64, bell *scheduler.Bell, f func(context.Context, tickets.Tx) error) error {
	return m.tx(ctx, "event", bell, func(ctx context.Context, tx tickets.Tx) error {
		e := m.events[id-1]
		if e.done {
			return nil
		}
		e.done = true
		t := tx.(*memTx)
		t.undo = append(t.undo, func() { e.done = false })
		return f(ctx, tx)
	})
}

func (m *memory) DeferEvent(ctx context.Context, id int64, at time.Time, _ string, dead bool) error {
	return m.with(ctx, "defer", func() error {
		e := m.events[id-1]
		if e.done {
			return nil
		}
		e.Attempts++
		e.at, e.done, e.dead = at, dead, dead
		return nil
	})
}

func (m *memory) due(from, until time.Time, limit int) (list []tickets.Timer) {
	for _, t := range m.timers {
		if t.armed && t.DueAt.After(from) && !t.DueAt.After(until) {
			list = append(list, t.Timer)
		}
	}
	slices.SortFunc(list, func(a, b tickets.Timer) int {
		return cmp.Or(cmp.Compare(a.Urgency, b.Urgency), a.DueAt.Compare(b.DueAt))
	})
	return list[:min(limit, len(list))]
}

func (m *memory) DueTimers(ctx context.Context, now time.Time, limit int) (list []tickets.Timer, err error) {
	err = m.with(ctx, "due", func() error { list = m.due(time.Time{}, now, limit); return nil })
	return list, err
}

func (m *memory) UpcomingTimers(ctx context.Context, now, until time.Time, limit int) (list []tickets.Timer, err error) {
	err = m.with(ctx, "upcoming", func() error { list = m.due(now, until, limit); return nil })
	return list, err
}

func (m *memory) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = m.with(ctx, "nextdue", func() error {
		for _, t := range m.timers {
			if t.armed && (!ok || t.DueAt.Before(at)) {
				at, ok = t.DueAt, true
			}
		}
		return nil
	})
	return at, ok, err
}

func (m *memory) cursor(account tickets.RemoteID) *scheduler.Cursor {
	c := m.pulls[account]
	if c == nil {
		c = &scheduler.Cursor{Account: account}
		m.pulls[account] = c
	}
	return c
}

func (m *memory) WantPull(ctx context.Context, account tickets.RemoteID, token string, now time.Time) error {
	err := m.with(ctx, "want", func() error {
		c := m.cursor(account)
		c.Wanted++
		if token != "" {
			c.Token, c.TokenAt = token, now
		}
		return nil
	})
	if bell := m.bell.Load(); err == nil && !m.deaf.Load() && bell != nil {
		bell.WakePull(account)
	}
	return err
}

func (m *memory) Pulls(ctx context.Context) (list []scheduler.Cursor, err error) {
	err = m.with(ctx, "pulls", func() error {
		for _, c := range m.pulls {
			if c.Wanted > c.Done {
				list = append(list, *c)
			}
		}
		return nil
	})
	return list, err
}

func (m *memory) PullState(ctx context.Context, account tickets.RemoteID) (c scheduler.Cursor, err error) {
	err = m.with(ctx, "state", func() error { c = *m.cursor(account); return nil })
	return c, err
}

func (m *memory) SavePage(ctx context.Context, account tickets.RemoteID, from string, page bot.Page, done int64) error {
	var lanes []string
	err := m.with(ctx, "page", func() error {
		c := m.cursor(account)
		if c.Cursor != from {
			return tickets.ErrConflict
		}
		c.Cursor, c.Done = page.Next, max(c.Done, done)
		lanes = m.keep(page.Events)
		return nil
	})
	m.wakeInbox(lanes, err)
	return err
}

func (m *memory) Tick(ctx context.Context, job string, at time.Time) (first bool, err error) {
	err = m.with(ctx, "tick", func() error {
		key := job + at.UTC().String()
		m.ticks[key]++
		first = m.ticks[key] == 1
		return nil
	})
	return first, err
}

func (m *memory) Backlog(ctx context.Context, now time.Time) (b scheduler.Backlog, err error) {
	err = m.with(ctx, "backlog", func() error {
		for _, e := range m.events {
			if !e.done {
				b.Inbox++
			}
		}
		for _, d := range m.deliveries {
			switch d.State {
			case tickets.DeliveryPending:
				b.Outbox++
			case tickets.DeliveryHeld:
				b.Held++
			default:
			}
		}
		for c := range maps.Values(m.pulls) {
			if c.Wanted > c.Done {
				b.Pulls++
			}
		}
		b.DueTimers = len(m.due(time.Time{}, now, len(m.timers)))
		return nil
	})
	return b, err
}

func (m *memory) Prune(ctx context.Context, before time.Time) error {
	return m.with(ctx, "prune", func() error { m.pruned = append(m.pruned, before); return nil })
}

var _ scheduler.Queues = (*memory)(nil)
