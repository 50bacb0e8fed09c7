package store_test

import (
	"slices"
	"sync"
	"time"

	"servicedesk/tickets"
)

// bell is a waker that remembers.
type bell struct {
	mu   sync.Mutex
	list []string
}

func (b *bell) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, s)
}

// rung empties the list.
func (b *bell) rung() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = nil
	return slices.Clone(list)
}

func (b *bell) WakeLane(lane tickets.Lane) { b.note("lane " + string(lane)) }
func (b *bell) WakeTimer(_ tickets.TimerID, due time.Time) {
	b.note("timer " + due.UTC().Truncate(time.Microsecond).String())
}
func (b *bell) WakeInbox(lane string)             { b.note("inbox " + lane) }
func (b *bell) WakePull(account tickets.RemoteID) { b.note("pull " + string(account)) }
