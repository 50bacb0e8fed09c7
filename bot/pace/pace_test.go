package pace

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

var fivePerSecond = []Window{{N: 5, Per: time.Second}}

// hold acquires and answers at once.
func hold(t *testing.T, p *Pacer, rank int, limits ...Limit) {
	t.Helper()
	done, err := p.Acquire(t.Context(), rank, limits...)
	if err != nil {
		t.Fatal(err)
	}
	done()
}

func TestABurstWithinTheLimitIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := New(), time.Now()
		for range 2 {
			hold(t, p, 1, Limit{"chat", fivePerSecond})
		}
		if d := time.Since(start); d != 0 {
			t.Fatalf("two of five took %v", d)
		}
		for range 3 {
			hold(t, p, 1, Limit{"chat", fivePerSecond})
		}
		if d := time.Since(start); d == 0 || d > time.Second {
			t.Fatalf("the five places of a second took %v", d)
		}
	})
}

func TestAPlaceIsTakenUntilAWindowAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		limit := Limit{"chat", []Window{{N: 1, Per: time.Second}}}
		done, err := p.Acquire(t.Context(), 0, limit)
		if err != nil {
			t.Fatal(err)
		}
		const latency = 3 * time.Second
		time.AfterFunc(latency, done)
		start := time.Now()
		hold(t, p, 0, limit)
		if d := time.Since(start); d < latency+time.Second || d > latency+1100*time.Millisecond {
			t.Fatalf("the next call went after %v", d)
		}
	})
}

func TestUrgencyThenArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		limit := Limit{"chat", []Window{{N: 1, Per: time.Second}}}
		hold(t, p, 0, limit)
		got := make(chan string, 6)
		for i, rank := range []int{2, 1, 2, 1, 0, 0} {
			name := fmt.Sprintf("%d/%d", rank, i)
			go func() {
				hold(t, p, rank, limit)
				got <- name
			}()
			synctest.Wait() // so that they arrive in this order
		}
		for _, want := range []string{"0/4", "0/5", "1/1", "1/3", "2/0", "2/2"} {
			if name := <-got; name != want {
				t.Fatalf("%s came before %s", name, want)
			}
		}
	})
}

func TestAFullChatHoldsNobodyElseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		api := Limit{"api", []Window{{N: 50, Per: time.Second}}}
		full := Limit{"full", []Window{{N: 1, Per: time.Hour}}}
		hold(t, p, 1, api, full)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _, _ = p.Acquire(ctx, 0, api, full) }()
		synctest.Wait()
		start := time.Now()
		hold(t, p, 2, api, Limit{"other", fivePerSecond})
		if d := time.Since(start); d != 0 {
			t.Fatalf("another chat waited %v", d)
		}
	})
}

func TestWhoGivesUpLeavesHisPlaceToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		limit := Limit{"chat", []Window{{N: 1, Per: time.Second}}}
		hold(t, p, 0, limit)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := p.Acquire(ctx, 0, limit); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		if n := p.Waiting(); n != 0 {
			t.Fatalf("%d still wait", n)
		}
		start := time.Now()
		hold(t, p, 2, limit)
		if d := time.Since(start); d > time.Second {
			t.Fatalf("the place came back after %v", d)
		}
		if _, err := p.Acquire(ctx, 0); err == nil {
			t.Fatal("an ended context acquired")
		}
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		chat, other := Limit{"chat", fivePerSecond}, Limit{"other", fivePerSecond}
		p.Pause("chat", 2*time.Second)
		p.Pause("chat", time.Second) // does not shorten
		start := time.Now()
		hold(t, p, 0, other)
		if d := time.Since(start); d != 0 {
			t.Fatalf("another key waited %v", d)
		}
		hold(t, p, 0, chat)
		if d := time.Since(start); d != 2*time.Second {
			t.Fatalf("the paused key waited %v", d)
		}
		p.Pause("", 3*time.Second)
		hold(t, p, 0, other)
		if d := time.Since(start); d != 5*time.Second {
			t.Fatalf("everything waited until %v", d)
		}
	})
}

func TestDoneTwiceIsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		limit := Limit{"chat", []Window{{N: 2, Per: time.Second}}}
		first, _ := p.Acquire(t.Context(), 0, limit)
		_, err := p.Acquire(t.Context(), 0, limit) // never answered
		if err != nil {
			t.Fatal(err)
		}
		first()
		first()
		time.Sleep(2 * time.Second)
		hold(t, p, 0, limit)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := p.Acquire(ctx, 0, limit); err == nil {
			t.Fatal("the call without an answer holds no place any more")
		}
	})
}

func TestIdleKeysAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		for i := range 5000 {
			hold(t, p, 0, Limit{fmt.Sprint("chat", i), fivePerSecond})
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(p.buckets); n > 1500 {
			t.Fatalf("%d keys are kept", n)
		}
	})
}

func BenchmarkAcquire(b *testing.B) {
	p := New()
	api := Limit{"api", []Window{{N: 1 << 30, Per: time.Millisecond}}}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			done, _ := p.Acquire(b.Context(), 1, api)
			done()
		}
	})
}
