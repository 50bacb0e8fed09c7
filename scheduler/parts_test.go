package scheduler

import (
	"errors"
	"testing"
	"time"
)

// Every pause lies within a fifth of its place in the doubling row, and no number of failures leaves the bounds.
func TestBackoff(t *testing.T) {
	b := backoff{Base: time.Second, Max: time.Minute}
	for n, want := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 6: 32 * time.Second, 7: time.Minute, 99: time.Minute,
	} {
		for range 100 {
			if d := b.after(n); d < want-want/5 || d > want+want/5 {
				t.Fatalf("failure %d: %v, want about %v", n, d, want)
			}
		}
	}
}

func TestBudget(t *testing.T) {
	var b budget
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range tokenless {
		if wait := b.take(now.Add(time.Duration(i) * time.Second)); wait != 0 {
			t.Fatalf("call %d has to wait %v", i, wait)
		}
	}
	at := now.Add(15 * time.Second)
	if wait := b.take(at); b.left(at) || wait != 47*time.Second {
		t.Errorf("one too many waits %v, want until the first is a minute and a margin of two seconds old", wait)
	}
	if at = at.Add(47 * time.Second); b.take(at) != 0 || b.left(at) {
		t.Error("exactly one more is allowed then")
	}
}

func TestChime(t *testing.T) {
	c := newChime[string]()
	for _, k := range []string{"b", "a", "b", "c", "a"} {
		c.ring(k)
	}
	<-c.C
	select {
	case <-c.C:
		t.Error("two signals for one look")
	default:
	}
	rung, lost := c.take()
	if len(rung) != 3 || rung[0] != "b" || rung[1] != "a" || rung[2] != "c" || lost {
		t.Errorf("rung %v, lost %v", rung, lost)
	}
	for i := range maxRung + 1 {
		c.ring(string(rune('一' + i)))
	}
	if rung, lost = c.take(); len(rung) != maxRung || !lost {
		t.Errorf("%d rung, lost %v", len(rung), lost)
	}
	if rung, lost = c.take(); len(rung) != 0 || lost {
		t.Error("taken twice")
	}
}

func TestGuardHidesWords(t *testing.T) {
	words := "what a customer said"
	err := guard(func() error { panic(words) })
	e := new(panicError)
	if !errors.As(err, &e) || e.Error() != "panic: string" || len(e.stack) == 0 {
		t.Errorf("got %v", err)
	}
	var none []int
	if err := guard(func() error { _ = none[len(words)]; return nil }); err == nil || err.Error() == "panic: runtime.boundsError" {
		t.Errorf("a runtime error should say what it is: %v", err)
	}
}

func TestLateness(t *testing.T) {
	c := newCounters()
	for _, d := range []time.Duration{-time.Second, 0, 100 * time.Millisecond, 101 * time.Millisecond, time.Second, 2 * time.Hour} {
		c.fired(d)
	}
	want := map[int]int64{0: 3, 1: 1, 3: 1, len(latenessBounds): 1}
	for i, n := range c.lateness.Counts {
		if n != want[i] {
			t.Errorf("place %d holds %d, want %d", i, n, want[i])
		}
	}
}
