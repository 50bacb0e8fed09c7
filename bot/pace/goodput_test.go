package pace

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// platform counts calls as a platform may: strictly, at any moment between a call's leaving and its answer.
type platform struct {
	mu      sync.Mutex
	seen    map[string][]time.Time
	refused int
	taken   int
}

func (s *platform) call(limits []Limit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, l := range limits {
		for _, w := range l.Windows {
			n := 0
			for _, at := range s.seen[l.Key] {
				if now.Sub(at) < w.Per {
					n++
				}
			}
			if n >= w.N {
				s.refused++
				return
			}
		}
	}
	for _, l := range limits {
		s.seen[l.Key] = append(s.seen[l.Key], now)
	}
	s.taken++
}

var (
	appWide = []Window{{N: 50, Per: time.Second}, {N: 1000, Per: time.Minute}}
	perChat = []Window{{N: 5, Per: time.Second}}
)

// send is one call that takes some milliseconds each way; it gives the time it waited.
func send(t *testing.T, p *Pacer, s *platform, rank int, chat string) time.Duration {
	limits := []Limit{{"api", appWide}, {chat, perChat}}
	start := time.Now()
	done, err := p.Acquire(t.Context(), rank, limits...)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer done()
	waited := time.Since(start)
	time.Sleep(time.Duration(1+rand.IntN(8)) * time.Millisecond)
	s.call(limits)
	time.Sleep(time.Duration(1+rand.IntN(8)) * time.Millisecond)
	return waited
}

// A backlog of 5,000 for 40 chats: the platform permits 1,000 a minute and has to refuse nothing; somebody urgent never waits long.
func TestBacklogIsAsFastAsPermitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := New(), &platform{seen: map[string][]time.Time{}}
		const chats, each = 40, 125
		var lanes sync.WaitGroup
		start := time.Now()
		for c := range chats {
			lanes.Go(func() {
				for range each {
					send(t, p, s, 2, fmt.Sprint("chat", c))
				}
			})
		}
		var urgent sync.WaitGroup
		urgent.Go(func() {
			for i := range 50 {
				time.Sleep(4900 * time.Millisecond)
				if d := send(t, p, s, Urgent, fmt.Sprint("chat", i%chats)); d > time.Second {
					t.Errorf("after %v an urgent one waited %v", time.Since(start), d)
				}
			}
		})
		lanes.Wait()
		elapsed := time.Since(start)
		urgent.Wait()
		if s.refused != 0 {
			t.Errorf("%d of %d were refused", s.refused, s.taken)
		}
		permitted := elapsed.Minutes() * 1000
		if goodput := float64(s.taken) / permitted; goodput < 0.95 {
			t.Errorf("%d in %v: %.3f of what is permitted", s.taken, elapsed, goodput)
		}
	})
}

// One chat alone gets its five a second.
func TestOneChatGetsItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := New(), &platform{seen: map[string][]time.Time{}}
		const n = 300
		start := time.Now()
		var lanes sync.WaitGroup
		for range 3 {
			lanes.Go(func() {
				for range n / 3 {
					send(t, p, s, 1, "chat")
				}
			})
		}
		lanes.Wait()
		if s.refused != 0 {
			t.Errorf("%d were refused", s.refused)
		}
		if goodput := n / (5 * time.Since(start).Seconds()); goodput < 0.95 {
			t.Errorf("%.3f of what is permitted", goodput)
		}
	})
}
