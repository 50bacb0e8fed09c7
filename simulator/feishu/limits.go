package feishu

import (
	"sync"
	"time"
)

// Limits of machine time, from the platform's list of rates.
const (
	perSecond  = 50   // calls of one app to one API
	perMinute  = 1000 // calls of one app to one API
	perChat    = 5    // messages a second into one chat, a person's direct chat included
	perMessage = 5    // updates a second of one message
)

// rates counts what happened lately, per key, in sliding windows. Safe for concurrent use.
type rates struct {
	mu     sync.Mutex
	events map[string][]time.Time
}

// prunedAbove is how many keys are kept before those that no window needs any more are dropped.
const prunedAbove = 4096

func newRates() *rates { return &rates{events: map[string][]time.Time{}} }

// span allows n events in any stretch of this length.
type span struct {
	n   int
	per time.Duration
}

// take counts an event at now if every span, the shortest first, has room for it. Otherwise it counts nothing and tells
// the span without room and how long until there is some. A refused event counts nowhere.
func (r *rates) take(key string, now time.Time, spans ...span) (full span, wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	past := r.events[key]
	for len(past) > 0 && now.Sub(past[0]) >= spans[len(spans)-1].per {
		past = past[1:]
	}
	for _, s := range spans {
		if len(past) < s.n {
			continue
		}
		oldest := past[len(past)-s.n]
		if age := now.Sub(oldest); age < s.per {
			r.events[key] = past
			return s, s.per - age, false
		}
	}
	r.events[key] = append(past, now)
	if len(r.events) > prunedAbove {
		r.prune(now)
	}
	return span{}, 0, true
}

func (r *rates) prune(now time.Time) {
	for key, past := range r.events {
		if now.Sub(past[len(past)-1]) >= time.Minute {
			delete(r.events, key)
		}
	}
}

// limitCall refuses calls of one API that come too often.
func (s *Server) limitCall(api string) error {
	full, wait, ok := s.rates.take("api "+api, s.machine(), span{perSecond, time.Second}, span{perMinute, time.Minute})
	if ok {
		return nil
	}
	e := fail(99991400, "")
	e.limit, e.reset = full.n, wait
	return e
}

// limitChat refuses messages that come too often into one chat.
func (s *Server) limitChat(chatID string) error {
	if _, _, ok := s.rates.take("chat "+chatID, s.machine(), span{perChat, time.Second}); !ok {
		return fail(230020, "")
	}
	return nil
}

// limitMessage refuses updates that come too often to one message.
func (s *Server) limitMessage(messageID string) error {
	if _, _, ok := s.rates.take("message "+messageID, s.machine(), span{perMessage, time.Second}); !ok {
		return fail(230020, "")
	}
	return nil
}
