package scheduler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

func (r *rig) want(account tickets.RemoteID, token string) {
	r.t.Helper()
	if err := r.queues.WantPull(r.t.Context(), account, token, time.Now()); err != nil {
		r.t.Fatal(err)
	}
}

// pullRig has one account and has made its first poll.
func pullRig(t *testing.T, change func(r *rig, o *scheduler.Options)) *rig {
	r := newRig(t, change)
	r.wecom.feed["kf1"] = nil
	r.start()
	r.idle(time.Second)
	if n := len(r.wecom.pulled()); n != 1 {
		t.Fatalf("%d pulls at the start, want one poll", n)
	}
	return r
}

// A bell is followed over all pages at once, with its token, and what came is handled in order.
func TestBellIsFollowed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		r.wecom.add("kf1", "m1", "m2", "m3", "m4", "m5")
		r.want("kf1", "secret")
		if took := r.idle(time.Second); took > 50*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if got := r.feishu.got("topic:1"); !slices.Equal(got, []string{"in:m1", "in:m2", "in:m3", "in:m4", "in:m5"}) {
			t.Errorf("got %v", got)
		}
		var cursors []string
		for _, p := range r.wecom.pulled()[1:] {
			cursors = append(cursors, p.cursor+" "+p.token)
		}
		if want := []string{"c0 secret", "c2 secret", "c4 secret"}; !slices.Equal(cursors, want) {
			t.Errorf("pulled from %v, want %v", cursors, want)
		}
		r.stop()
	})
}

// A bell that rings while its account is being pulled is followed as well.
func TestBellDuringAPull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		for i := range 20 {
			r.wecom.add("kf1", fmt.Sprint("m", i))
			r.want("kf1", "secret")
		}
		r.idle(time.Second)
		if arrived, _ := r.feishu.count(); arrived != 20 {
			t.Errorf("%d arrived, want 20", arrived)
		}
		if state, _ := r.queues.PullState(t.Context(), "kf1"); state.Wanted != 20 || state.Done != 20 {
			t.Errorf("state %+v", state)
		}
		r.stop()
	})
}

// The bell of every account rings for each.
func TestBellForEveryAccount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.wecom.feed["kf1"], r.wecom.feed["kf2"] = nil, nil
		r.start()
		r.idle(time.Second)
		r.wecom.add("kf1", "a")
		r.wecom.add("kf2", "b")
		r.want("", "secret")
		r.idle(2 * time.Second)
		if got := r.feishu.got("topic:1"); len(got) != 2 {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// A lost callback: the safety poll finds its message within a minute; idle, an account costs at most 65 calls an hour, of all processes.
func TestSafetyPoll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		other := r.twin(nil)
		other.start()
		time.Sleep(10 * time.Minute)
		r.wecom.add("kf1", "m1")
		begun := time.Now()
		for len(r.feishu.got("topic:1")) == 0 && time.Since(begun) < 5*time.Minute {
			time.Sleep(time.Second)
		}
		if took := time.Since(begun); took > 61*time.Second {
			t.Errorf("found after %v", took)
		}
		before := len(r.wecom.pulled())
		time.Sleep(time.Hour)
		if n := len(r.wecom.pulled()) - before; n < 59 || n > 65 {
			t.Errorf("%d calls in an idle hour", n)
		}
		r.stop()
		other.stop()
	})
}

// Moving the clock by a minute or more polls at once and counts as work until it is done; a smaller step does not.
func TestClockMovedPolls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		time.Sleep(time.Second)
		r.wecom.add("kf1", "m1")
		now := time.Now()
		r.s.ClockMoved(now, now.Add(30*time.Second))
		r.idle(time.Second)
		if n := len(r.wecom.pulled()); n != 1 {
			t.Errorf("%d pulls after a small step, want 1", n)
		}
		r.s.ClockMoved(now, now.Add(time.Hour))
		r.idle(time.Second)
		if got := r.feishu.got("topic:1"); len(got) != 1 {
			t.Errorf("idle before the poll was done: %v", got)
		}
		for i := range 30 { // a walk of many steps must neither break the limit nor wait for it
			r.s.ClockMoved(now, now.Add(time.Duration(i+1)*time.Hour))
			r.idle(time.Second)
		}
		if n := len(r.wecom.pulled()); n > 10 {
			t.Errorf("%d tokenless pulls within a minute", n)
		}
		r.stop()
	})
}

// The clock is moved while a poll is under way, whose answer is older than the move: another poll follows.
func TestClockMovedDuringAPoll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.wecom.feed["kf1"] = nil
		r.wecom.takes = 2 * time.Second
		r.start()
		time.Sleep(time.Second)
		r.wecom.add("kf1", "m1")
		r.s.ClockMoved(time.Now(), time.Now().Add(time.Hour))
		if took := r.idle(time.Minute); took < 2*time.Second || took > 4*time.Second {
			t.Errorf("idle after %v", took)
		}
		if got := r.feishu.got("topic:1"); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// Without a token at most ten calls a minute are made; a bell with a token does not wait for them.
func TestTokenlessBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		for i := range 100 {
			r.wecom.add("kf1", fmt.Sprint("m", i))
		}
		r.want("kf1", "")
		time.Sleep(5 * time.Second)
		if n := len(r.wecom.pulled()); n != 10 {
			t.Errorf("%d tokenless pulls, want 10", n)
		}
		r.want("kf1", "secret")
		r.idle(time.Second)
		if arrived, _ := r.feishu.count(); arrived != 100 {
			t.Errorf("%d arrived, want 100", arrived)
		}
		r.stop()
	})
}

// A token is used for ten minutes of the clock, not longer.
func TestOldTokenIsNotUsed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		r.want("kf1", "secret")
		r.idle(time.Second)
		time.Sleep(15 * time.Minute)
		pulls := r.wecom.pulled()
		if pulls[1].token != "secret" || pulls[2].token != "secret" || pulls[len(pulls)-1].token != "" {
			t.Errorf("pulls %+v", pulls)
		}
		r.stop()
	})
}

// Four failures in a row heal within a minute; while they last the bell counts as work left.
func TestFailingPullStaysInTheBacklog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		failed := 0
		r.wecom.fail = func(int) error {
			if failed < 4 {
				failed++
				return transient()
			}
			return nil
		}
		r.wecom.add("kf1", "m1")
		r.want("kf1", "secret")
		time.Sleep(time.Second)
		if b, _ := r.s.Backlog(t.Context()); b.Pulls != 1 {
			t.Errorf("backlog %+v", b)
		}
		r.idle(time.Minute)
		if got := r.feishu.got("topic:1"); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// Throttled: the minute is waited out, whatever rings.
func TestThrottledPullWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		r.wecom.fail = func(n int) error {
			if n == 2 {
				return &bot.SendError{Failure: tickets.Failure{Class: tickets.Throttled, Certain: true, Code: 45009}}
			}
			return nil
		}
		for range 50 {
			r.want("kf1", "")
			time.Sleep(time.Second)
		}
		if n := len(r.wecom.pulled()); n != 2 {
			t.Errorf("%d pulls, want the two before the pause", n)
		}
		r.idle(15 * time.Second)
		r.stop()
	})
}

// The process dies between two pages, or the page cannot be kept: the next attempt goes on from the stored cursor, and nothing is doubled.
func TestPullGoesOnFromTheStoredCursor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, nil)
		broken := 0
		r.memory.failing(func(op string) (error, bool) {
			if op == "page" {
				if broken++; broken == 2 || broken == 4 {
					return fmt.Errorf("connection reset"), broken == 4
				}
			}
			return nil, false
		})
		r.wecom.add("kf1", "m1", "m2", "m3", "m4", "m5", "m6")
		r.want("kf1", "secret")
		r.idle(time.Minute)
		if got := r.feishu.got("topic:1"); !slices.Equal(got, []string{"in:m1", "in:m2", "in:m3", "in:m4", "in:m5", "in:m6"}) {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// An answer without a cursor must not send the account back to its oldest message.
func TestCursorIsNotForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := pullRig(t, func(r *rig, o *scheduler.Options) {
			o.Platforms = map[tickets.Platform]bot.Platform{tickets.Feishu: r.feishu, tickets.WeCom: &forgetful{fakePuller: r.wecom}}
		})
		r.wecom.add("kf1", "m1", "m2", "m3")
		r.want("kf1", "secret")
		r.idle(time.Second)
		r.want("kf1", "secret")
		r.idle(time.Second)
		pulls := r.wecom.pulled()
		if last := pulls[len(pulls)-1]; len(pulls) != 4 || last.cursor != "c2" {
			t.Errorf("%d pulls, the last from %q; want the poll, two pages, and one from the last cursor that was given", len(pulls), last.cursor)
		}
		r.stop()
	})
}

// "There is more" with a cursor that stands still must not become a hot loop.
func TestStandingCursor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, func(r *rig, o *scheduler.Options) {
			o.Platforms = map[tickets.Platform]bot.Platform{tickets.Feishu: r.feishu, tickets.WeCom: &stuckPuller{fakePuller: r.wecom}}
		})
		r.wecom.feed["kf1"] = nil
		r.start()
		time.Sleep(10 * time.Minute)
		if n := len(r.wecom.pulled()); n > 30 {
			t.Errorf("%d pulls in ten minutes", n)
		}
		r.stop()
	})
}
