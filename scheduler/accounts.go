package scheduler

import (
	"sync"
	"time"

	"servicedesk/tickets"
)

const (
	// pollEvery is the pace of the safety poll that repairs lost callbacks: 60 calls an hour and account.
	pollEvery = time.Minute
	// refreshAccounts is how often the platform is asked which accounts there are.
	refreshAccounts = 10 * time.Minute
	// settleFails failures in a row, a forced poll no longer counts as work left: the platform refuses for a longer time.
	settleFails = 5
	// Without a token about ten calls a minute are allowed (45009); whether to an account or to the app is unknown, so they are shared by all.
	tokenless, tokenlessIn = 10, time.Minute + 2*time.Second
)

// accounts remembers when each account is polled next. All times are machine time.
type accounts struct {
	mu sync.Mutex
	of map[tickets.RemoteID]*account
}

type account struct {
	pollAt time.Time
	// A poll without asking the other processes is owed while wished differs from met: just met, the clock moved, or one was begun and failed.
	wished, met int
	fails       int
}

func newAccounts() *accounts { return &accounts{of: map[tickets.RemoteID]*account{}} }

func (s *accounts) get(id tickets.RemoteID) *account {
	a := s.of[id]
	if a == nil {
		a = &account{wished: 1}
		s.of[id] = a
	}
	return a
}

// add gives the accounts that were not known yet.
func (s *accounts) add(ids []tickets.RemoteID) (fresh []tickets.RemoteID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.of[id] == nil {
			s.get(id)
			fresh = append(fresh, id)
		}
	}
	return fresh
}

// force wishes a poll of all accounts and gives them.
func (s *accounts) force() (all []tickets.RemoteID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.of {
		a.wished++
		a.fails = 0
		all = append(all, id)
	}
	return all
}

// pending counts the polls wished for that are worth waiting for.
func (s *accounts) pending() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.of {
		if a.wished != a.met && a.fails < settleFails {
			n++
		}
	}
	return n
}

// poll tells how the account stands: wish is to be handed to polled, owed says to poll in any case, due that the minute is over.
func (s *accounts) poll(id tickets.RemoteID, now time.Time) (wish int, owed, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(id)
	return a.wished, a.wished != a.met, !now.Before(a.pollAt)
}

func (s *accounts) next(id tickets.RemoteID) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(id).pollAt
}

// begin notes that this minute's poll is made by this process (mine), which then owes it until it succeeds, or by another.
func (s *accounts) begin(id tickets.RemoteID, now time.Time, mine bool) (wish int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(id)
	a.pollAt = now.Add(pollEvery)
	if mine {
		a.wished++
	}
	return a.wished
}

// polled notes that everything was pulled that was there when wish was read, and gives the time of the next poll.
func (s *accounts) polled(id tickets.RemoteID, wish int, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(id)
	a.pollAt, a.met, a.fails = now.Add(pollEvery), wish, 0
	return a.pollAt
}

func (s *accounts) failed(id tickets.RemoteID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.get(id).fails++
}

// budget counts the calls without a token in a sliding minute of machine time.
type budget struct {
	mu    sync.Mutex
	calls []time.Time
}

// take uses one call, or says how long to wait for the next.
func (b *budget) take(now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	if len(b.calls) >= tokenless {
		return b.calls[0].Add(tokenlessIn).Sub(now)
	}
	b.calls = append(b.calls, now)
	return 0
}

// left reports whether a call is allowed now.
func (b *budget) left(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	return len(b.calls) < tokenless
}

func (b *budget) forget(now time.Time) {
	for len(b.calls) > 0 && now.Sub(b.calls[0]) >= tokenlessIn {
		b.calls = b.calls[1:]
	}
}
