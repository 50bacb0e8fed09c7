package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"servicedesk/tickets"
)

const (
	// busyFor is how long an answer of a calendar is good (machine time, and people's): appointments are made at short notice, but rarely by
	// the second.
	busyFor = 15 * time.Second
	// busyPause is how long a calendar that did not answer is left alone (machine time).
	busyPause = time.Minute
	// busyAnswer is how long a customer's words may wait for it.
	busyAnswer = time.Second
	// busyAhead is how far ahead appointments are noted.
	busyAhead = 24 * time.Hour
)

// busyLook asks colleagues' calendars before their customers' words are handled, so that these find somebody who is there. Whatever goes wrong,
// the words are handled all the same, with what was known before.
type busyLook struct {
	now, machine func() time.Time
	// ask answers when a colleague is busy; nil: nobody can.
	ask  func(ctx context.Context, openID tickets.RemoteID, from, until time.Time) ([]tickets.Stretch, error)
	note func(ctx context.Context, staffID int64, from, until time.Time, busy []tickets.Stretch) error
	log  *slog.Logger

	mu    sync.Mutex
	looks map[int64]lookedAt
}

// lookedAt is when a colleague's calendar was asked by the clock, and until when it need not be asked by the machine's.
type lookedAt struct{ clock, rest time.Time }

// look asks a colleague's calendar unless that was done just now.
func (b *busyLook) look(ctx context.Context, staffID int64, openID tickets.RemoteID) {
	now := b.now()
	if b.ask == nil || !b.due(staffID, now) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, busyAnswer)
	defer cancel()
	from, until := now.Truncate(time.Second), now.Add(busyAhead).Truncate(time.Second)
	busy, err := b.ask(ctx, openID, from, until)
	if err == nil {
		err = b.note(ctx, staffID, from, until, busy)
	}
	if err != nil {
		b.rest(staffID, now, busyPause)
		b.log.Debug("a colleague's calendar did not answer", slog.Int64("staff", staffID), slog.Any("error", err))
	}
}

// due reports whether it is time to ask, and notes that it is done: of many customers who write at once, one asks.
func (b *busyLook) due(staffID int64, now time.Time) bool {
	b.mu.Lock()
	last, known := b.looks[staffID]
	b.mu.Unlock()
	if known && b.machine().Before(last.rest) && now.Sub(last.clock) < busyFor {
		return false
	}
	b.rest(staffID, now, busyFor)
	return true
}

func (b *busyLook) rest(staffID int64, now time.Time, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.looks == nil {
		b.looks = map[int64]lookedAt{}
	}
	b.looks[staffID] = lookedAt{now, b.machine().Add(pause)}
}
