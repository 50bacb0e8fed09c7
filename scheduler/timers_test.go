package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

func (r *rig) arm(list ...tickets.Timer) {
	r.t.Helper()
	err := r.queues.InTx(r.t.Context(), func(ctx context.Context, tx tickets.Tx) error {
		for _, timer := range list {
			if err := tx.SetTimer(ctx, timer); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func timer(subject int64, due time.Time) tickets.Timer {
	return tickets.Timer{Kind: tickets.TimerClose, Subject: subject, DueAt: due, Urgency: tickets.UrgencyInteractive}
}

// Timers fire once, in time, whoever looks; those moved or cancelled meanwhile do not fire at their old time.
func TestTimersFireOnceInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newRig(t, nil)
		b := a.twin(nil)
		a.start()
		b.start()
		start := time.Now()
		for i := range int64(200) {
			a.arm(timer(i, start.Add(time.Duration(i)*137*time.Millisecond)))
		}
		a.arm(timer(50, start.Add(time.Minute)))
		time.Sleep(time.Minute - time.Second)
		if arrived, _ := a.feishu.count(); arrived != 199 {
			t.Errorf("%d fired, want 199 without the one that was moved", arrived)
		}
		time.Sleep(2 * time.Second)
		arrived, calls := a.feishu.count()
		if arrived != 200 || calls != 200 {
			t.Errorf("%d arrived in %d calls, want 200", arrived, calls)
		}
		sa, sb := a.s.Stats(), b.s.Stats()
		if n := sa.TimersFired + sb.TimersFired; n != 200 {
			t.Errorf("%d fired by count", n)
		}
		late := sa.Lateness
		for i, n := range late.Counts {
			if n > 0 && (i >= len(late.Bounds) || late.Bounds[i] > 250*time.Millisecond) {
				t.Errorf("%d timers were later than 250 ms: %v", n, late.Counts)
			}
		}
		a.stop()
		b.stop()
	})
}

// A timer that cannot fire stays due, rests longer and longer, and keeps no other from firing – also when there are very many like it.
func TestBrokenTimersDoNotBlock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		var tries atomic.Int64
		var broken atomic.Bool
		broken.Store(true)
		r.desk.fire = func(timer tickets.Timer) error {
			if timer.Subject < 700 && broken.Load() {
				tries.Add(1)
				if timer.Subject%2 == 0 {
					panic("no")
				}
				return tickets.ErrNotFound // the desk's own, not the store's
			}
			return nil
		}
		r.start()
		now := time.Now()
		for i := range int64(700) {
			r.arm(timer(i, now.Add(-time.Hour)))
		}
		r.arm(timer(1000, now))
		time.Sleep(time.Second)
		if got := r.feishu.got("topic:1000"); len(got) != 1 {
			t.Error("the good timer was held up")
		}
		time.Sleep(5 * time.Minute)
		if n := tries.Load(); n > 700*15 || n < 700*5 {
			t.Errorf("%d attempts", n)
		}
		broken.Store(false)
		r.idle(2 * time.Minute)
		if st := r.s.Stats(); st.TimersFired != 701 {
			t.Errorf("%d fired", st.TimersFired)
		}
		r.stop()
	})
}

// On a virtual clock a timer fires when the clock is moved past it, at once.
func TestVirtualClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var clock atomic.Pointer[time.Time]
		from := time.Date(2026, 2, 20, 9, 0, 0, 0, time.UTC)
		clock.Store(&from)
		r := newRig(t, func(_ *rig, o *scheduler.Options) {
			o.Now, o.Virtual = func() time.Time { return *clock.Load() }, true
		})
		r.start()
		r.arm(timer(1, from.Add(10*time.Minute)))
		time.Sleep(time.Hour) // the machine's time is nothing to it
		if arrived, _ := r.feishu.count(); arrived != 0 {
			t.Error("fired by the machine's time")
		}
		to := from.Add(10 * time.Minute)
		clock.Store(&to)
		r.s.ClockMoved(from, to)
		if took := r.idle(time.Second); took > 50*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if got := r.feishu.got("topic:1"); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// Of all processes one prunes each hour, with the keeping time; after a hiccup it is tried again.
func TestPeriodicJobs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var beats atomic.Int64
		change := func(_ *rig, o *scheduler.Options) {
			o.Keep = 100 * time.Hour
			o.Heartbeat = func(context.Context) { beats.Add(1) }
		}
		a := newRig(t, change)
		b := a.twin(nil)
		start := time.Now()
		a.memory.failing(func(op string) (error, bool) {
			if op == "tick" && time.Since(start) < 10*time.Second {
				return errors.New("away"), false
			}
			return nil, false
		})
		a.start()
		b.start()
		time.Sleep(3*time.Hour + time.Minute)
		a.memory.failing(nil)
		var want []time.Time
		for i := range 4 {
			want = append(want, start.Truncate(time.Hour).Add(time.Duration(i)*time.Hour))
		}
		got := a.memory.pruned
		if len(got) != 4 {
			t.Fatalf("pruned %d times in three hours and a bit, want 4", len(got))
		}
		for i, at := range got {
			if keep := want[i].Sub(at); keep != 100*time.Hour && keep != 14*24*time.Hour {
				t.Errorf("at %v everything before %v was pruned", want[i], at)
			}
		}
		if n := beats.Load(); n < 175 || n > 182 {
			t.Errorf("%d heartbeats in 181 minutes", n)
		}
		a.memory.failing(func(op string) (error, bool) { return errors.New("away"), false })
		time.Sleep(time.Minute)
		beats.Store(0)
		time.Sleep(10 * time.Minute)
		if n := beats.Load(); n > 0 {
			t.Errorf("%d heartbeats while the database was away", n)
		}
		a.memory.failing(nil)
		a.stop()
		b.stop()
	})
}

// Idle waits for retries, too, and says what it was waiting for when its time is over.
func TestIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.feishu.before = func(_ tickets.Outgoing, n int) (time.Duration, error, bool) {
			if n < 4 {
				return 0, transient(), false
			}
			return 0, nil, true
		}
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.s.Idle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("idle while a retry waits: %v", err)
		}
		if took := r.idle(time.Minute); took < 1900*time.Millisecond {
			t.Errorf("idle after %v", took)
		}
		r.stop()
	})
}

func TestNewRefuses(t *testing.T) {
	r := newRig(t, nil)
	for name, o := range map[string]scheduler.Options{
		"nothing":  {},
		"no role":  {Queues: r.queues, Desk: r.desk, Bell: r.bell},
		"no bell":  {Queues: r.queues, Desk: r.desk, Worker: true},
		"no desk":  {Queues: r.queues, Bell: r.bell, Worker: true},
		"no store": {Desk: r.desk, Bell: r.bell, Worker: true},
		"a platform without lanes": {Queues: r.queues, Desk: r.desk, Bell: r.bell, Worker: true,
			Platforms: map[tickets.Platform]bot.Platform{"fax": newPlatform("fax")}},
		"two that pull": {Queues: r.queues, Desk: r.desk, Bell: r.bell, Worker: true,
			Platforms: map[tickets.Platform]bot.Platform{tickets.WeCom: newPuller(), tickets.Feishu: newPuller()}},
	} {
		if _, err := scheduler.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// More names than a bell can remember are rung before anybody listens: all lanes are found at once all the same.
func TestBellOverflows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		for i := range 9000 {
			r.bell.WakeInbox(fmt.Sprint("nothing:", i))
		}
		r.memory.deaf.Store(true)
		r.start()
		time.Sleep(1500 * time.Millisecond)
		for i := range 9000 {
			r.bell.WakeInbox(fmt.Sprint("nothing:", i))
		}
		r.keep(event(tickets.Feishu, "in:1", "m1", "topic:1", "words"))
		r.bell.WakeInbox("in:1") // one too many
		r.memory.deaf.Store(false)
		if took := r.idle(time.Minute); took > 400*time.Millisecond {
			t.Errorf("took %v", took)
		}
		r.stop()
	})
}

// More lanes than one look asks for are all found.
func TestManyLanesAreFound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.memory.deaf.Store(true)
		for i := range 3000 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, fmt.Sprint("k", i))
		}
		r.owe("wecom:1", tickets.UrgencyCare, "w")
		r.start()
		r.idle(20 * time.Second)
		if got := r.wecom.got("wecom:1"); !slices.Equal(got, []string{"w"}) {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}
