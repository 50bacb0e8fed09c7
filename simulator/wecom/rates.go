package wecom

import (
	"sync"
	"time"
)

const (
	// tokenlessPerMinute is how many sync_msg calls without a token go through in a minute of machine time.
	tokenlessPerMinute = 10
	// maxParallel is how many sync_msg calls may be under way at once.
	maxParallel = 5
)

// rates counts calls by machine time.
type rates struct {
	mu       sync.Mutex
	windows  map[string]*rateWindow
	parallel int
}

// rateWindow holds the calls of the last minute and how long further ones are refused.
type rateWindow struct {
	calls   []time.Time
	blocked time.Time
}

func (r *rates) init() { r.windows = map[string]*rateWindow{} }

// allow counts one call under key; when more than limit fall into a minute, all are refused for a minute.
func (r *rates) allow(key string, now time.Time, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.windows[key]
	if w == nil {
		w = &rateWindow{}
		r.windows[key] = w
	}
	if now.Before(w.blocked) {
		return false
	}
	old := 0
	for old < len(w.calls) && now.Sub(w.calls[old]) >= time.Minute {
		old++
	}
	w.calls = w.calls[old:]
	if len(w.calls) >= limit {
		w.blocked = now.Add(time.Minute)
		return false
	}
	w.calls = append(w.calls, now)
	return true
}

// enter counts a sync_msg call that begins; false when too many are under way.
func (r *rates) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.parallel >= maxParallel {
		return false
	}
	r.parallel++
	return true
}

func (r *rates) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parallel--
}
