package scheduler_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// A platform that fails, hangs, takes and does not say so, and throttles; nudges that come again and again: every row arrives once, in order.
func TestOrderAndOneEffectUnderFailures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		dice := rand.New(rand.NewPCG(1, 2))
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) {
			r.desk.mu.Lock()
			defer r.desk.mu.Unlock()
			switch n := dice.IntN(100); {
			case n < 5:
				return 0, transient(), false
			case n < 10:
				return 0, transient(), true // taken, but the answer was lost
			case n < 12:
				return time.Hour, nil, true // hangs until the attempt's time is over
			case n < 13:
				return 0, &bot.SendError{Failure: tickets.Failure{Class: tickets.Throttled, Certain: true, After: 300 * time.Millisecond}}, false
			}
			return time.Duration(dice.IntN(30)) * time.Millisecond, nil, true
		}
		r.start()
		want := map[tickets.Lane][]string{}
		for i := range 20 {
			lane := tickets.TopicLane(tickets.TicketID(i))
			want[lane] = keys(string(lane), 25)
			for part := range slices.Chunk(want[lane], 5) {
				r.owe(lane, tickets.UrgencyInteractive, part...)
				r.bell.WakeLane(lane)
			}
		}
		r.idle(15 * time.Minute)
		for lane, keys := range want {
			if got := r.feishu.got(lane); !slices.Equal(got, keys) {
				t.Errorf("lane %s: got %v, want %v", lane, got, keys)
			}
		}
		if r.feishu.repeats == 0 {
			t.Error("no repeat was needed: the lost answers were not tested")
		}
		r.stop()
	})
}

// Two processes on one database: a row is tried by one of them.
func TestTwoSchedulersDoubleNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newRig(t, nil)
		b := a.twin(nil)
		a.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) { return 5 * time.Millisecond, nil, true }
		a.start()
		b.start()
		var events []bot.Event
		for i := range 300 {
			lane := fmt.Sprintf("in:%d", i%30)
			events = append(events, event(tickets.Feishu, lane, fmt.Sprintf("m%03d", i), fmt.Sprintf("topic:%d", i%30), "words"))
		}
		for i, e := range events {
			a.keep(e)
			b.bell.WakeInbox(e.Lane) // both hear of everything
			b.bell.WakeLane(tickets.TopicLane(tickets.TicketID(i % 30)))
		}
		a.idle(5 * time.Minute)
		arrived, calls := a.feishu.count()
		if arrived != 300 || calls != 300 {
			t.Errorf("%d arrived in %d calls, want 300 in 300", arrived, calls)
		}
		for id, n := range a.desk.handled {
			if n != 1 {
				t.Errorf("event %s handled %d times", id, n)
			}
		}
		for i := range 30 {
			if got := a.feishu.got(tickets.TopicLane(tickets.TicketID(i))); !slices.IsSorted(got) {
				t.Errorf("topic %d out of order: %v", i, got)
			}
		}
		a.stop()
		b.stop()
	})
}

// A crash between commit and bell: the sweep finds what nobody rang for, soon, and counts it.
func TestSweepFindsWhatNobodyRangFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		time.Sleep(5 * time.Second)
		r.memory.deaf.Store(true)
		r.owe("topic:1", tickets.UrgencyInteractive, "lost")
		r.keep(event(tickets.Feishu, "in:1", "m1", "topic:2", "words"))
		if took := r.idle(time.Minute); took > 3500*time.Millisecond {
			t.Errorf("found after %v", took)
		}
		st := r.s.Stats()
		if n := st.Pools["outbox feishu"].Repairs + st.Pools["inbox"].Repairs; n != 3 {
			t.Errorf("%d repairs counted, want 3 (the event, and two lanes): %+v", n, st.Pools)
		}
		r.memory.deaf.Store(false)
		r.owe("topic:1", tickets.UrgencyInteractive, "rung")
		r.idle(time.Second)
		if n := r.s.Stats().Pools["outbox feishu"].Repairs; n != 2 {
			t.Errorf("a lane that was rung for counts as repaired: %d", n)
		}
		r.stop()
	})
}

// A row that is owed between a worker's last look and its leaving the lane is not left to the sweep.
func TestBellWhileTheLaneIsLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		late := false
		r.memory.failing(func(op string) (error, bool) {
			if op == "release" && !late {
				late = true
				r.memory.deliveries = append(r.memory.deliveries, &tickets.Delivery{
					ID: 2, Lane: "topic:1", Key: "late", State: tickets.DeliveryPending,
				})
				r.bell.WakeLane("topic:1")
			}
			return nil, false
		})
		r.start()
		time.Sleep(300 * time.Millisecond)
		r.owe("topic:1", tickets.UrgencyInteractive, "early")
		time.Sleep(50 * time.Millisecond)
		if got := r.feishu.got("topic:1"); !slices.Equal(got, []string{"early", "late"}) {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// The message is out; the database is away for a while: it is sent once and written down.
func TestOutcomeIsWrittenDownWhenTheDatabaseIsBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		var back atomic.Int64
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) {
			back.Store(time.Now().Add(45 * time.Second).UnixMicro())
			return 0, nil, true
		}
		r.memory.failing(func(string) (error, bool) {
			if time.Now().UnixMicro() < back.Load() {
				return errors.New("database is away"), false
			}
			return nil, false
		})
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "once")
		time.Sleep(50 * time.Second)
		r.idle(5 * time.Second)
		if _, calls := r.feishu.count(); calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
		r.stop()
	})
}

// The commit succeeded but its answer was lost: writing the outcome again changes nothing.
func TestOutcomeMayBeWrittenTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		times := 0
		r.memory.failing(func(op string) (error, bool) {
			if n, _ := r.feishu.count(); op == "tx" && n == 1 && times < 3 {
				times++
				return errors.New("connection reset"), true
			}
			return nil, false
		})
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "a")
		time.Sleep(10 * time.Second)
		r.idle(time.Minute)
		if _, calls := r.feishu.count(); calls != 1 || times != 3 {
			t.Errorf("%d calls, %d hiccups; want 1 and 3", calls, times)
		}
		r.stop()
	})
}

// Stopping waits for the call in hand and writes down what came of it; the next start goes on without a repeat.
func TestStopFinishesWhatIsInHand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) { return 8 * time.Second, nil, true }
		r.start()
		for i := range 4 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, keys(fmt.Sprint(i), 3)...)
		}
		time.Sleep(time.Second)
		begun := time.Now()
		r.stop()
		if took := time.Since(begun); took < 6*time.Second || took > 8*time.Second {
			t.Errorf("stopping took %v, want the seven seconds the calls needed", took)
		}
		if arrived, calls := r.feishu.count(); arrived != 4 || calls != 4 {
			t.Errorf("%d arrived in %d calls, want the four in hand", arrived, calls)
		}
		again := r.twin(nil)
		again.bell = r.bell
		again.make(nil)
		again.start()
		if took := again.idle(time.Minute); took > 20*time.Second {
			t.Errorf("the next start took %v: were the lanes not given back?", took)
		}
		if arrived, calls := r.feishu.count(); arrived != 12 || calls != 12 {
			t.Errorf("%d arrived in %d calls, want 12 in 12", arrived, calls)
		}
		again.stop()
	})
}

// An outcome that cannot be written down does not hold up the stop beyond the promised time.
func TestStopGivesUpInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.desk.record = func(int64) error { return errors.New("never") }
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "a")
		time.Sleep(time.Second)
		begun := time.Now()
		r.stop()
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

// A call longer than the lease: it is renewed, and nobody else takes the lane.
func TestLeaseIsRenewedDuringALongCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newRig(t, nil)
		b := a.twin(nil)
		a.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) { return 9 * time.Second, nil, true }
		a.start()
		b.start()
		a.owe("topic:1", tickets.UrgencyInteractive, keys("k", 3)...)
		a.idle(time.Minute)
		if arrived, calls := a.feishu.count(); arrived != 3 || calls != 3 {
			t.Errorf("%d arrived in %d calls, want 3 in 3", arrived, calls)
		}
		a.stop()
		b.stop()
	})
}

// The lease is lost while a call is under way: the call is broken off, nothing is written, and the next holder goes on with the same key.
func TestLostLeaseStopsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.feishu.before = func(_ tickets.Outgoing, n int) (time.Duration, error, bool) {
			if n == 1 {
				return 9 * time.Second, nil, true
			}
			return 0, nil, true
		}
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "k")
		time.Sleep(time.Second)
		// Somebody else takes the lane, as after a pause of this process, and gives it back later.
		r.memory.alone(func() {
			l := r.memory.lanes["outbox topic:1"]
			l.fence, l.until = l.fence+1, time.Now().Add(5*time.Second)
		})
		time.Sleep(2500 * time.Millisecond)
		r.desk.mu.Lock()
		if len(r.desk.failures) != 0 {
			t.Errorf("the loser wrote %v", r.desk.failures)
		}
		r.desk.mu.Unlock()
		if n := r.s.Stats().Pools["outbox feishu"].LeasesLost; n != 1 {
			t.Errorf("%d leases lost, want 1", n)
		}
		r.idle(10 * time.Second)
		if got := r.feishu.got("topic:1"); len(got) != 1 {
			t.Errorf("arrived: %v", got)
		}
		r.stop()
	})
}

// A held lane is no work; when its rows are released they go.
func TestHeldRowsWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		full := true
		r.wecom.before = func(tickets.Outgoing, int) (time.Duration, error, bool) {
			if full {
				return 0, &bot.SendError{Failure: tickets.Failure{Class: tickets.CountSpent, Certain: true, Code: 95001}}, false
			}
			return 0, nil, true
		}
		r.start()
		r.owe("wecom:7", tickets.UrgencyInteractive, "a")
		r.idle(time.Minute)
		if b, _ := r.s.Backlog(t.Context()); b.Held != 1 || b.Outbox != 0 {
			t.Errorf("backlog %+v, want one held", b)
		}
		_, before := r.wecom.count()
		time.Sleep(time.Hour)
		if _, calls := r.wecom.count(); calls != before {
			t.Errorf("a held row was tried %d more times", calls-before)
		}
		r.stop()
	})
}

// A panic in one item harms no other, and its words do not reach the log.
func TestPanicIsolated(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		var bad atomic.Bool
		bad.Store(true)
		r.feishu.before = func(out tickets.Outgoing, _ int) (time.Duration, error, bool) {
			if out.Key == "bad" && bad.Load() {
				panic("secret words")
			}
			return 0, nil, true
		}
		r.desk.handle = func(in tickets.Inbound) error {
			if in.Text == "boom" && bad.Load() {
				panic(fmt.Sprintf("secret words %s", in.Text))
			}
			return nil
		}
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "bad", "after")
		r.owe("topic:2", tickets.UrgencyInteractive, "good")
		r.keep(
			event(tickets.Feishu, "in:1", "m1", "topic:3", "boom"), event(tickets.Feishu, "in:1", "m2", "topic:3", "fine"),
			event(tickets.Feishu, "in:2", "m3", "topic:4", "fine"),
			event(tickets.Feishu, "in:3", "panic", "topic:5", "x"), event(tickets.Feishu, "in:3", "m4", "topic:5", "fine"),
		)
		time.Sleep(2 * time.Second)
		if got := r.feishu.got("topic:2"); len(got) != 1 {
			t.Error("another lane of the outbox was held up")
		}
		if got := r.feishu.got("topic:4"); len(got) != 1 {
			t.Error("another lane of the inbox was held up")
		}
		if got := r.feishu.got("topic:5"); len(got) != 1 {
			t.Error("an event that can never be read held up the next")
		}
		bad.Store(false)
		r.idle(2 * time.Minute)
		if got := r.feishu.got("topic:1"); !slices.Equal(got, []string{"bad", "after"}) {
			t.Errorf("topic:1 got %v", got)
		}
		if got := r.feishu.got("topic:3"); !slices.Equal(got, []string{"in:m1", "in:m2"}) {
			t.Errorf("topic:3 got %v", got)
		}
		st := r.s.Stats()
		if st.Panics < 3 || st.EventsDead != 1 {
			t.Errorf("%d panics, %d dead; want at least 3, and 1", st.Panics, st.EventsDead)
		}
		log := r.log.String()
		if strings.Contains(log, "secret") || strings.Contains(log, "words of a customer") {
			t.Error("words of a panic reached the log")
		}
		if !strings.Contains(log, "deliver_test.go") {
			t.Error("no stack in the log")
		}
		r.stop()
	})
}

// watchRounds is longer than the distance of two looks at the platforms' state.
const watchRounds = 6 * time.Second

// A dead platform is probed, not hammered; the other goes on; after it is back all goes out soon.
func TestDeadPlatformIsProbed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		var dead atomic.Bool
		dead.Store(true)
		r.wecom.before = func(tickets.Outgoing, int) (time.Duration, error, bool) {
			if dead.Load() {
				return 5 * time.Second, transient(), false
			}
			return 0, nil, true
		}
		r.start()
		for i := range 100 {
			r.owe(tickets.CustomerLane(int64(i+1)), tickets.UrgencyInteractive, fmt.Sprintf("w%d", i))
		}
		time.Sleep(20 * time.Second)
		r.owe("topic:1", tickets.UrgencyInteractive, "f")
		time.Sleep(100 * time.Millisecond)
		if got := r.feishu.got("topic:1"); len(got) != 1 {
			t.Error("the dead platform held up the other")
		}
		_, before := r.wecom.count()
		time.Sleep(2 * time.Minute)
		_, calls := r.wecom.count()
		if n := calls - before; n > 120/8+1 || n < 10 {
			t.Errorf("%d probes in two minutes, want one each eight seconds (five to fail, three of peace)", n)
		}
		if st := r.s.Stats(); st.Gates[tickets.WeCom] == "open" || st.Gates[tickets.Feishu] != "open" {
			t.Errorf("gates %v", st.Gates)
		}
		dead.Store(false)
		if took := r.idle(time.Minute); took > 15*time.Second {
			t.Errorf("recovered after %v", took)
		}
		time.Sleep(watchRounds)
		r.desk.mu.Lock()
		defer r.desk.mu.Unlock()
		if want := []string{"down wecom", "back wecom"}; !slices.Equal(r.desk.news, want) {
			t.Errorf("the operators heard %v, want %v", r.desk.news, want)
		}
		r.stop()
	})
}

// "Too fast": the whole platform rests for the time it names.
func TestThrottledPausesThePlatform(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		var later atomic.Bool
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) {
			if !later.Swap(true) {
				return 0, &bot.SendError{Failure: tickets.Failure{Class: tickets.Throttled, Certain: true, After: 7 * time.Second}}, false
			}
			return 0, nil, true
		}
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "a")
		time.Sleep(10 * time.Millisecond)
		for i := 2; i < 50; i++ {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, fmt.Sprint("k", i))
		}
		time.Sleep(6 * time.Second)
		if _, calls := r.feishu.count(); calls != 1 {
			t.Errorf("%d calls during the pause, want the one that was throttled", calls)
		}
		r.idle(3 * time.Second)
		r.stop()
	})
}

// Four failures in a row, time-outs among them, heal within a minute.
func TestFourHangsHealWithinAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.feishu.before = func(_ tickets.Outgoing, n int) (time.Duration, error, bool) {
			if n <= 4 {
				return time.Hour, nil, false
			}
			return 0, nil, true
		}
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "a")
		r.idle(time.Minute)
		r.stop()
	})
}

// An emergency overtakes a backlog that keeps every worker busy.
func TestUrgentOvertakes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) { return 400 * time.Millisecond, nil, true }
		r.start()
		for i := range 200 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyCare, keys(fmt.Sprint("b", i), 20)...)
		}
		time.Sleep(3 * time.Second)
		r.owe("direct:1", tickets.UrgencyEmergency, "urgent")
		begun := time.Now()
		for len(r.feishu.got("direct:1")) == 0 && time.Since(begun) < 10*time.Second {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the emergency left after %v", took)
		}
		r.idle(10 * time.Minute)
		if arrived, calls := r.feishu.count(); arrived != 4001 || calls != 4001 {
			t.Errorf("%d arrived in %d calls", arrived, calls)
		}
		r.stop()
	})
}

// A lane whose look fails for good rests between attempts and spins nowhere.
func TestBrokenLaneDoesNotSpin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		claims := 0
		r.memory.failing(func(op string) (error, bool) {
			if op == "claim" {
				claims++
				return errors.New("no"), false
			}
			return nil, false
		})
		r.start()
		r.owe("topic:1", tickets.UrgencyInteractive, "a")
		for range 600 {
			time.Sleep(100 * time.Millisecond)
			r.bell.WakeLane("topic:1")
		}
		if claims > 30 {
			t.Errorf("%d attempts in a minute", claims)
		}
		r.memory.failing(nil)
		r.idle(10 * time.Second)
		r.stop()
	})
}
