package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// Pulling is the box of accounts: one puller per account at a time.
const Pulling Box = "pull"

const (
	// pullTimeout bounds one page; four pages that hang still heal within a minute.
	pullTimeout = 10 * time.Second
	// tokenLife is how long a callback's token lifts the rate limit (ten minutes by the clock, less a margin).
	tokenLife = 10*time.Minute - 30*time.Second
	// throttledUnsaid is how long a throttled account rests when the platform does not say (45009 lasts a minute).
	throttledUnsaid = time.Minute
	// everyAccount is the lane of the account "", which stands for all.
	everyAccount = "*"
)

// pullLane is the lane of an account.
func pullLane(account tickets.RemoteID) string {
	if account == "" {
		return everyAccount
	}
	return string(account)
}

// puller fetches what bells announced, and looks by itself now and then. Its accounts are the lanes of a pool.
type puller struct {
	queues   Queues
	platform bot.Puller
	heard    func(err error)
	now      func() time.Time // clock
	machine  func() time.Time
	bell     *Bell
	accounts *accounts
	budget   *budget
	stats    *counters
	log      *slog.Logger
}

// ready lists the accounts whose bells have not been followed.
func (p *puller) ready(ctx context.Context, _ int) ([]string, error) {
	cursors, err := p.queues.Pulls(ctx)
	names := make([]string, len(cursors))
	for i, c := range cursors {
		names[i] = pullLane(c.Account)
	}
	return names, err
}

// work follows the bells of one account, or polls it when that is due, and rests until the next poll.
func (p *puller) work(h *hold) (t turn) {
	if h.lane == everyAccount {
		t.err = p.spread(h)
		return t
	}
	id := tickets.RemoteID(h.lane)
	state, err := p.state(h, id)
	if err != nil {
		return turn{err: err}
	}
	wanted := state.Wanted // read before the first page: a later bell may speak of what a page no longer holds
	wish, poll, err := p.pollDue(h, id)
	if err != nil {
		return turn{err: err}
	}
	if wanted == state.Done && !poll {
		return turn{until: p.accounts.next(id)}
	}
	for more := true; more; t.rows++ {
		if h.stopping() {
			return turn{again: true, rows: t.rows}
		}
		more, err = p.page(h, &state, wanted)
		if wait := new(waitError); errors.As(err, &wait) {
			return turn{firm: wait.firm, until: wait.until, rows: t.rows}
		}
		if errors.Is(err, tickets.ErrConflict) { // somebody else has moved the cursor: read it again
			return turn{until: p.machine().Add(leastRest), rows: t.rows}
		}
		if err != nil {
			p.accounts.failed(id)
			p.stats.pullFailures.Add(1)
			return turn{err: err, rows: t.rows}
		}
	}
	return turn{until: p.accounts.polled(id, wish, p.machine()), rows: t.rows}
}

func (p *puller) state(h *hold, id tickets.RemoteID) (Cursor, error) {
	h.looks()
	ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
	defer cancel()
	state, err := p.queues.PullState(ctx, id)
	if err != nil {
		return state, fmt.Errorf("pull state: %w", err)
	}
	return state, nil
}

// pollDue reports whether this process should poll the account now: of all processes one does each minute.
func (p *puller) pollDue(h *hold, id tickets.RemoteID) (wish int, poll bool, err error) {
	now := p.machine()
	wish, owed, due := p.accounts.poll(id, now)
	if owed || !due {
		return wish, owed, nil
	}
	ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
	defer cancel()
	mine, err := p.queues.Tick(ctx, "poll "+string(id), now.Truncate(pollEvery))
	if err != nil {
		return 0, false, fmt.Errorf("poll tick: %w", err)
	}
	return p.accounts.begin(id, now, mine), mine, nil
}

// page pulls and keeps one page.
func (p *puller) page(h *hold, state *Cursor, wanted int64) (more bool, err error) {
	token := state.Token
	if p.now().Sub(state.TokenAt) >= tokenLife {
		token = ""
	}
	if token == "" {
		if wait := p.budget.take(p.machine()); wait > 0 {
			return false, &waitError{until: p.machine().Add(wait)}
		}
	}
	page, err := p.pull(h, state, token)
	if err != nil {
		return false, err
	}
	if page.Next == "" {
		page.Next = state.Cursor // never back to the oldest
	}
	if page.More && page.Next == state.Cursor {
		return false, errors.New("pull: the platform says there is more but its cursor stands still")
	}
	done := state.Done
	if !page.More {
		done = wanted
	}
	if len(page.Events) == 0 && page.Next == state.Cursor && done == state.Done {
		return false, nil // a poll that found nothing
	}
	return page.More, p.save(h, state, page, done)
}

func (p *puller) pull(h *hold, state *Cursor, token string) (page bot.Page, err error) {
	ctx, cancel := context.WithTimeout(h.ctx, pullTimeout)
	defer cancel()
	err = guard(func() (err error) {
		page, err = p.platform.Pull(ctx, state.Account, state.Cursor, token)
		return err
	})
	if h.ctx.Err() == nil { // not broken off by us
		p.heard(err)
	}
	if err == nil {
		return page, nil
	}
	if f := bot.FailureOf(err); f.Class == tickets.Throttled {
		pause := f.After
		if pause <= 0 {
			pause = throttledUnsaid
		}
		p.accounts.failed(state.Account)
		p.stats.pullFailures.Add(1)
		p.log.Warn("pull throttled", slog.String("account", string(state.Account)), slog.Duration("pause", pause), slog.Int("code", f.Code))
		return page, &waitError{until: p.machine().Add(min(pause, maxPause)), firm: true}
	}
	return page, fmt.Errorf("pull: %w", err)
}

func (p *puller) save(h *hold, state *Cursor, page bot.Page, done int64) error {
	ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
	defer cancel()
	if err := p.queues.SavePage(ctx, state.Account, state.Cursor, page, done); err != nil {
		return fmt.Errorf("save page: %w", err)
	}
	p.stats.pages.Add(1)
	state.Cursor, state.Done = page.Next, done
	return nil
}

// spread turns a bell for every account into one for each.
func (p *puller) spread(h *hold) error {
	state, err := p.state(h, "")
	if err != nil || state.Wanted == state.Done {
		return err
	}
	ids, err := p.list(h.life.soft)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(h.ctx, dbTimeout)
	defer cancel()
	for _, id := range ids {
		if err := p.queues.WantPull(ctx, id, state.Token, state.TokenAt); err != nil {
			return fmt.Errorf("want pull: %w", err)
		}
	}
	if err := p.queues.SavePage(ctx, "", state.Cursor, bot.Page{Next: state.Cursor}, state.Wanted); err != nil {
		return fmt.Errorf("spread bell: %w", err)
	}
	return nil
}

// list asks the platform which accounts there are.
func (p *puller) list(ctx context.Context) (ids []tickets.RemoteID, err error) {
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	err = guard(func() (err error) {
		ids, err = p.platform.Accounts(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return ids, nil
}

// run keeps the list of accounts; pulling itself is the pool's turns.
func (p *puller) run(l *life) {
	for fails := 0; ; {
		pause := refreshAccounts
		ids, err := p.list(l.soft)
		switch {
		case l.soft.Err() != nil:
			return
		case err != nil:
			if fails++; fails == 1 {
				p.log.Warn("accounts could not be listed; bells are followed all the same", cause(err))
			}
			pause = pullBackoff.after(fails)
		default:
			fails = 0
			for _, id := range p.accounts.add(ids) {
				p.bell.wakePull(pullLane(id))
			}
		}
		select {
		case <-l.soft.Done():
			return
		case <-time.After(pause):
		}
	}
}

// force polls every account now.
func (p *puller) force() {
	for _, id := range p.accounts.force() {
		p.bell.wakePull(pullLane(id))
	}
}

// pending counts the forced polls that can be made now.
func (p *puller) pending() int {
	if !p.budget.left(p.machine()) {
		return 0
	}
	return p.accounts.pending()
}

// waitError says that the platform wants to be left alone (firm), or that our own budget is spent: a bell with a token needs none.
type waitError struct {
	until time.Time
	firm  bool
}

func (e *waitError) Error() string { return "wait until " + e.until.Format(time.RFC3339) }
