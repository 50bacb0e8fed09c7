package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Watching finds the tickets that need a look.
type Watching interface {
	AddSilence(ctx context.Context, id TicketID, since time.Time) error
	EndSilence(ctx context.Context, id TicketID) error
	// Watched finds tickets that need a look for a reason, the longest open first; idle ones are those untouched since before.
	Watched(ctx context.Context, why Watch, before time.Time) ([]*Ticket, error)
	// LongOpen are the open tickets opened before, by customer, then oldest first.
	LongOpen(ctx context.Context, before time.Time) ([]*Ticket, error)
	// Beside is what stands beside a ticket; since is how far back its customer's earlier tickets on the module count.
	Beside(ctx context.Context, t *Ticket, since time.Time) (Beside, error)
	// ConversationOf is the latest conversation of a contact.
	ConversationOf(ctx context.Context, contactID int64) (*Conversation, error)
	// MoveTickets puts all tickets of one conversation into another; both are locked.
	MoveTickets(ctx context.Context, from, to int64) error
}

// Watch is why a ticket needs a look.
type Watch string

// The reasons.
const (
	// WatchOverdue: a promised time has passed.
	WatchOverdue Watch = "overdue"
	// WatchSilent: two working days without a person's word to the customer.
	WatchSilent Watch = "silent"
	// WatchIdle: without next step. Nobody has it, who had it left, or it was given to somebody who has not begun within a working day.
	WatchIdle Watch = "idle"
)

var watches = []Watch{WatchOverdue, WatchSilent, WatchIdle}

// watchLines bounds each list of a card.
const watchLines = 25

// watchlist is what needs a look among one colleague's customers.
type watchlist map[Watch][]*Ticket

func (w watchlist) count() int {
	n := 0
	for _, ts := range w {
		n += len(ts)
	}
	return n
}

// allWatched is what needs a look in the whole company: it costs by what needs one.
func (d *Desk) allWatched(ctx context.Context, tx Tx) (watchlist, error) {
	before, err := d.workdayBack(ctx, tx)
	if err != nil {
		return nil, err
	}
	list := watchlist{}
	for _, why := range watches {
		if list[why], err = tx.Watched(ctx, why, before); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// workdayBack is this time of day on the working day before.
func (d *Desk) workdayBack(ctx context.Context, tx Tx) (time.Time, error) {
	cal, err := d.calendarOf(ctx, tx, customers.Customer{})
	if err != nil {
		return time.Time{}, err
	}
	at := d.Now().In(d.Zone).AddDate(0, 0, -1)
	for i := 0; i < 30 && !cal.WorkingDay(at); i++ {
		at = at.AddDate(0, 0, -1)
	}
	return at, nil
}

// dailyWatch gives every liaison one card on working days; who has nothing to look at gets none.
func (d *Desk) dailyWatch(ctx context.Context, tx Tx) error {
	now := d.Now().In(d.Zone)
	cal, err := d.calendarOf(ctx, tx, customers.Customer{})
	if err != nil || !cal.WorkingDay(now) {
		return err
	}
	all, err := d.allWatched(ctx, tx)
	if err != nil {
		return err
	}
	minders := map[int64]customers.Staff{} // by customer
	lists, order := map[int64]watchlist{}, []customers.Staff(nil)
	for _, why := range watches {
		for _, t := range all[why] {
			liaison, known := minders[t.CustomerID]
			if !known {
				if liaison, err = d.minder(ctx, tx, t.CustomerID); err != nil {
					return err
				}
				minders[t.CustomerID] = liaison
			}
			if lists[liaison.ID] == nil {
				lists[liaison.ID] = watchlist{}
				order = append(order, liaison)
			}
			lists[liaison.ID][why] = append(lists[liaison.ID][why], t)
		}
	}
	for _, liaison := range order {
		say := d.ToStaff(liaison)
		list := lists[liaison.ID]
		title := say.T("watch.daily", Args{"Day": now.Format("01-02"), "Count": list.count()})
		card, err := d.watchCard(ctx, tx, say, title, list)
		if err != nil {
			return err
		}
		if err := d.notifyStaff(ctx, tx, liaison, 0, "daily-watch:"+now.Format(time.DateOnly), card); err != nil {
			return err
		}
	}
	return nil
}

// Watchlist is what /督办 shows: what needs a look now among the customers a colleague supervises.
func (d *Desk) Watchlist(ctx context.Context, tx Tx, who customers.Staff) (Card, error) {
	all, err := d.allWatched(ctx, tx)
	if err != nil {
		return Card{}, err
	}
	mine, looked := watchlist{}, map[int64]supervisor{}
	for _, why := range watches {
		for _, t := range all[why] {
			as, known := looked[t.CustomerID]
			if !known {
				if as, err = d.supervises(ctx, tx, who, t.CustomerID); err != nil {
					return Card{}, err
				}
				looked[t.CustomerID] = as
			}
			if as.liaison || as.other && t.Type != TypeComplaint {
				mine[why] = append(mine[why], t)
			}
		}
	}
	say := d.ToStaff(who)
	return d.watchCard(ctx, tx, say, say.T("watch.now", Args{"Count": mine.count()}), mine)
}

// supervisor says in which capacity a colleague supervises a customer; complaints are the liaison's alone.
type supervisor struct{ liaison, other bool }

func (d *Desk) supervises(ctx context.Context, tx Tx, who customers.Staff, customerID int64) (supervisor, error) {
	var as supervisor
	_, team, err := d.customerOf(ctx, tx, customerID)
	if err != nil {
		return as, err
	}
	in := func(role customers.Role) bool {
		bound := team.In(role)
		return bound.ID == who.ID || bound.ID == 0 && who.Has(role)
	}
	acting, _, err := d.acting(ctx, tx, team, customers.RoleLiaison)
	as.liaison = in(customers.RoleLiaison) || acting.ID == who.ID
	as.other = in(customers.RoleAccountManager) || in(customers.RoleProductManager)
	return as, err
}

// watchCard draws the lists, a heading and a line a ticket.
func (d *Desk) watchCard(ctx context.Context, tx Tx, say words.Locale, title string, list watchlist) (Card, error) {
	card := Card{Title: title, Summary: title, Colour: ColourOurs}
	for _, why := range watches {
		ts := list[why]
		if len(ts) == 0 {
			card.Lines = append(card.Lines, Line{Label: say.T("watch." + string(why)), Text: say.T("watch.none")})
			continue
		}
		card.Lines = append(card.Lines, Line{Label: say.T("watch." + string(why)), Text: say.T("watch.count", Args{"Count": len(ts)})})
		for i, t := range ts {
			if i == watchLines {
				card.Lines = append(card.Lines, Line{Text: say.T("digest.more", Args{"Count": len(ts) - watchLines})})
				break
			}
			line, err := d.watchLine(ctx, tx, say, t)
			if err != nil {
				return card, err
			}
			card.Lines = append(card.Lines, Line{Text: line})
		}
	}
	return card, nil
}

func (d *Desk) watchLine(ctx context.Context, tx Tx, say words.Locale, t *Ticket) (string, error) {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return "", err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return "", err
	}
	last := say.T("watch.never")
	if !t.SpokenAt.IsZero() {
		last = t.SpokenAt.In(d.Zone).Format("01-02 15:04")
	}
	return say.T("watch.line", Args{"Number": t.Number, "Customer": orElse(customer.Name, say.T("card.unbound")), "Title": t.Title,
		"Owner": orElse(owner.Name, say.T("nobody.yet")), "State": say.T("state." + string(t.Status)), "Last": fmt.Sprint(last)}), nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
