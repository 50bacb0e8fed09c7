// Package scheduler moves work: it pulls, processes the inbox, drains the outgoing lanes, fires timers, and sweeps for what nudges lost.
// The database is the truth; asynq and the in-process bell only say that something may be worth a look.
package scheduler

import (
	"context"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// Box names one of the two durable queues that are worked lane by lane.
type Box string

// The boxes.
const (
	Inbox  Box = "inbox"
	Outbox Box = "outbox"
)

// Row is a kept event.
type Row struct {
	ID       int64
	Event    bot.Event
	Attempts int
	// Last: nothing undone stood behind it in its lane. False may also mean that nobody looked.
	Last bool
}

// Backlog counts the work left; retries that wait count, held messages are shown apart and are no work.
type Backlog struct {
	Inbox     int `json:"inbox"`
	Pulls     int `json:"pulls"`
	Outbox    int `json:"outbox"`
	DueTimers int `json:"due_timers"`
	Held      int `json:"held"`
	// ToWeCom is the part of Outbox that leads there.
	ToWeCom int `json:"-"`
}

// Cursor is where the pulling of an account stands. Wanted counts bells, Done the bells that were followed; work is left while they differ.
type Cursor struct {
	Account      tickets.RemoteID
	Cursor       string
	Token        string
	TokenAt      time.Time // clock time
	Wanted, Done int64
}

// Queues is what the scheduler needs of the store. Times named machine are machine time, others clock time.
type Queues interface {
	tickets.Store

	// Keep stores events durably, skipping those known by key or message key, and wakes their lanes. Concurrent calls share one commit.
	Keep(ctx context.Context, events []bot.Event) error
	// ReadyLanes lists lanes with something to do at machine, most urgent first, skipping leased ones.
	ReadyLanes(ctx context.Context, box Box, machine time.Time, limit int) ([]string, error)
	// Claim takes a lane's lease until machine+lease; ok=false: somebody else has it. The fence grows with every claim.
	Claim(ctx context.Context, box Box, lane string, machine time.Time, lease time.Duration) (fence int64, ok bool, err error)
	// Renew prolongs the lease; false: it was lost, stop at once.
	Renew(ctx context.Context, box Box, lane string, fence int64, machine time.Time, lease time.Duration) (bool, error)
	// Release gives the lane back.
	Release(ctx context.Context, box Box, lane string, fence int64) error

	// NextEvent is the oldest undone event of a lane; ok=false: none, or it rests until at (machine time, zero = none).
	NextEvent(ctx context.Context, lane string, machine time.Time) (row Row, at time.Time, ok bool, err error)
	// InEvent runs f in a transaction that marks the event done; when it is done already, f is not called or what it does is undone.
	InEvent(ctx context.Context, id int64, f func(context.Context, tickets.Tx) error) error
	// InLastEvent is InEvent for the last event of a lane of the inbox: it gives the lane back in the same transaction, unless it answers false.
	InLastEvent(ctx context.Context, id int64, lane string, fence int64, f func(context.Context, tickets.Tx) error) (released bool, err error)
	// DeferEvent counts a failed attempt and rests the event until machine time at; give up after it was marked dead.
	DeferEvent(ctx context.Context, id int64, at time.Time, reason string, dead bool) error

	// DueTimers are armed timers due at now, most urgent and oldest first. UpcomingTimers fall due after now and until until.
	DueTimers(ctx context.Context, now time.Time, limit int) ([]tickets.Timer, error)
	UpcomingTimers(ctx context.Context, now, until time.Time, limit int) ([]tickets.Timer, error)
	// NextDue is the earliest armed timer.
	NextDue(ctx context.Context) (time.Time, bool, error)

	// WantPull rings for an account, durably. Concurrent calls share one commit.
	WantPull(ctx context.Context, account tickets.RemoteID, token string, now time.Time) error
	// Pulls lists the accounts with bells not yet followed; PullState reads one.
	Pulls(ctx context.Context) ([]Cursor, error)
	PullState(ctx context.Context, account tickets.RemoteID) (Cursor, error)
	// SavePage keeps a page's events and moves the cursor in one transaction, unless the cursor is no longer from. done is the number of
	// bells followed, set when the last page was reached.
	SavePage(ctx context.Context, account tickets.RemoteID, from string, page bot.Page, done int64) error

	// Tick is true for the one caller who may run the periodic job's tick.
	Tick(ctx context.Context, job string, at time.Time) (bool, error)
	// Backlog counts the work left at now.
	Backlog(ctx context.Context, now time.Time) (Backlog, error)
	// Prune forgets events, done deliveries' bodies and ticks older than their keeping time.
	Prune(ctx context.Context, before time.Time) error
}

// Desk is what the scheduler drives.
type Desk interface {
	// Handle acts on one inbound thing inside the transaction that marks it done.
	Handle(ctx context.Context, tx tickets.Tx, in tickets.Inbound) error
	// FireTimer acts on a timer inside the transaction that took it.
	FireTimer(ctx context.Context, tx tickets.Tx, t tickets.Timer) error
	// Prepare makes the head of a lane ready to leave, inside a transaction: it may merge, hold or drop rows.
	Prepare(ctx context.Context, tx tickets.Tx, lane tickets.Lane) (tickets.Prepared, error)
	// Delivered and Undelivered record what became of it.
	Delivered(ctx context.Context, tx tickets.Tx, delivery int64, r tickets.Receipt) error
	Undelivered(ctx context.Context, tx tickets.Tx, delivery int64, f tickets.Failure) error
	// PlatformDown tells the operators that a platform has not answered since a moment of the clock; PlatformBack, that it does again.
	PlatformDown(ctx context.Context, tx tickets.Tx, p tickets.Platform, since time.Time) error
	PlatformBack(ctx context.Context, tx tickets.Tx, p tickets.Platform, since time.Time) error
}
