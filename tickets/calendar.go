package tickets

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
	"servicedesk/worktime"
)

// WorkingTime keeps calendars: statutory days by year, customers' own days and hours.
type WorkingTime interface {
	// CalendarRevision is another after every change.
	CalendarRevision(ctx context.Context) (string, error)
	Calendars(ctx context.Context) (Calendars, error)
	// PutYear sets a year's statutory days; by 0 = a file.
	PutYear(ctx context.Context, year int, days []worktime.Exception, by int64, at time.Time) error
	// PutDays sets a customer's own days, DropDays forgets those between two, both meant.
	PutDays(ctx context.Context, customerID int64, days []worktime.Exception, by int64, at time.Time) error
	DropDays(ctx context.Context, customerID int64, from, until string) error
}

// Calendars is all that is kept about working time.
type Calendars struct {
	Days  []CalendarDay
	Years []int // whose statutory days were imported
	Hours []customers.WorkHours
}

// CalendarDay is a customer's own day; of customer 0, a statutory one.
type CalendarDay struct {
	CustomerID int64
	worktime.Exception
}

// Differ counts the days that an import of a year would change; a year that was never imported differs by at least one.
func (c Calendars) Differ(year int, days []worktime.Exception) int {
	old := map[string]worktime.Exception{}
	prefix := fmt.Sprintf("%04d-", year)
	for _, d := range c.Days {
		if d.CustomerID == 0 && d.Day[:len(prefix)] == prefix {
			old[d.Day] = d.Exception
		}
	}
	n := 0
	for _, e := range days {
		if old[e.Day] != e {
			n++
		}
		delete(old, e.Day)
	}
	n += len(old)
	for _, y := range c.Years {
		if y == year {
			return n
		}
	}
	return max(1, n)
}

// calendarsFor is how long calendars are taken for unchanged without a look (machine time): so late another replica's change may be seen.
const calendarsFor = 300 * time.Millisecond

// calendarCache holds the calendars that were last read.
type calendarCache struct {
	book    atomic.Pointer[calendarBook]
	checked atomic.Int64 // machine time, nanoseconds
}

// calendarBook is one revision of all calendars. Made ones are kept with it, for they remember the years that they counted.
type calendarBook struct {
	revision string
	years    map[int]bool
	days     map[int64]map[string]worktime.Exception
	hours    map[int64]customers.WorkHours
	made     sync.Map // calendarKey → *worktime.Calendar
}

type calendarKey struct {
	customer int64 // 0 = without days or hours of his own
	zone     string
}

// calendarOf is the working time of a customer: his zone, his hours, his shutdowns, the statutory days. It is not the 7×24 clock of a contract.
func (d *Desk) calendarOf(ctx context.Context, tx Tx, c customers.Customer) (*worktime.Calendar, error) {
	book, err := d.calendarsNow(ctx, tx)
	if err != nil {
		return nil, err
	}
	hours, own := book.hours[c.ID]
	key := calendarKey{zone: c.Timezone}
	if hours.Timezone != "" {
		key.zone = hours.Timezone
	}
	if c.ID != 0 && (own || len(book.days[c.ID]) > 0) {
		key.customer = c.ID
	}
	if made, ok := book.made.Load(key); ok {
		return made.(*worktime.Calendar), nil
	}
	spans := hours.Spans
	if len(spans) == 0 {
		spans = worktime.Usual
	}
	zone := d.zone(customers.Customer{Timezone: key.zone})
	made, _ := book.made.LoadOrStore(key, worktime.New(zone, spans, book.special(key.customer), book.known))
	return made.(*worktime.Calendar), nil
}

// CalendarOf is the working time of a customer as it is now: who asks for it may just have changed it elsewhere.
func (d *Desk) CalendarOf(ctx context.Context, tx Tx, c customers.Customer) (*worktime.Calendar, error) {
	d.changedCalendars()
	return d.calendarOf(ctx, tx, c)
}

// calendarsNow reads the calendars when they changed.
func (d *Desk) calendarsNow(ctx context.Context, tx Tx) (*calendarBook, error) {
	book, now := d.calendars.book.Load(), d.Machine().UnixNano()
	if book != nil && now-d.calendars.checked.Load() < int64(calendarsFor) {
		return book, nil
	}
	revision, err := tx.CalendarRevision(ctx)
	if err != nil {
		return nil, err
	}
	if book == nil || book.revision != revision {
		all, err := tx.Calendars(ctx)
		if err != nil {
			return nil, err
		}
		book = newBook(revision, all)
		d.calendars.book.Store(book)
	}
	d.calendars.checked.Store(now)
	return book, nil
}

func newBook(revision string, all Calendars) *calendarBook {
	b := &calendarBook{revision: revision, years: map[int]bool{}, days: map[int64]map[string]worktime.Exception{},
		hours: map[int64]customers.WorkHours{}}
	for _, y := range all.Years {
		b.years[y] = true
	}
	for _, day := range all.Days {
		if b.days[day.CustomerID] == nil {
			b.days[day.CustomerID] = map[string]worktime.Exception{}
		}
		b.days[day.CustomerID][day.Day] = day.Exception
	}
	for _, h := range all.Hours {
		b.hours[h.CustomerID] = h
	}
	return b
}

// special tells a customer's own days first, then the statutory ones: those imported for a year, or those the desk brings along.
func (b *calendarBook) special(customer int64) func(string) (worktime.Exception, bool) {
	own, statutory := maps.Clone(b.days[customer]), b.days[0]
	if customer == 0 {
		own = nil
	}
	return func(day string) (worktime.Exception, bool) {
		if e, ok := own[day]; ok {
			return e, true
		}
		e, ok := statutory[day]
		if date, err := time.Parse(time.DateOnly, day); ok || err == nil && b.years[date.Year()] {
			return e, ok
		}
		return worktime.Statutory(day)
	}
}

func (b *calendarBook) known(year int) bool { return b.years[year] || worktime.StatutoryKnown(year) }

// changedCalendars makes the next look read anew.
func (d *Desk) changedCalendars() { d.calendars.checked.Store(0) }

// Shutdown adds days on which a customer does not work. changed is false when they were noted so already.
func (d *Desk) Shutdown(ctx context.Context, tx Tx, by customers.Staff, c customers.Customer, days []worktime.Exception) (changed bool, err error) {
	d.changedCalendars()
	book, err := d.calendarsNow(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, e := range days {
		changed = changed || book.days[c.ID][e.Day] != e
	}
	if !changed {
		return false, nil
	}
	if err := tx.PutDays(ctx, c.ID, days, by.ID, d.Now()); err != nil {
		return false, err
	}
	change := customers.Change{Field: "shutdown", New: days[0].Day + " – " + days[len(days)-1].Day}
	if err := d.keep(ctx, tx, by, aboutCustomer(c), []customers.Change{change}); err != nil {
		return false, err
	}
	return true, d.daysChanged(ctx, tx, c)
}

// daysChanged aims the clocks of a customer's open tickets anew; used time is kept.
func (d *Desk) daysChanged(ctx context.Context, tx Tx, c customers.Customer) error {
	d.changedCalendars()
	open, err := tx.FindTickets(ctx, Filter{CustomerID: c.ID, Statuses: OpenStatuses})
	if err != nil {
		return err
	}
	for _, found := range open {
		t, _, err := tx.LockMatter(ctx, found.ID)
		if err != nil {
			return err
		}
		if !t.Status.Open() {
			continue
		}
		if err := d.reclassed(ctx, tx, t, *t); err != nil {
			return err
		}
		if err := d.change(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// EndShutdown forgets a customer's own days between two, both meant. changed is false when there are none.
func (d *Desk) EndShutdown(ctx context.Context, tx Tx, by customers.Staff, c customers.Customer, from, until string) (changed bool, err error) {
	d.changedCalendars()
	book, err := d.calendarsNow(ctx, tx)
	if err != nil {
		return false, err
	}
	for day := range book.days[c.ID] {
		changed = changed || from <= day && day <= until
	}
	if !changed {
		return false, nil
	}
	if err := tx.DropDays(ctx, c.ID, from, until); err != nil {
		return false, err
	}
	change := customers.Change{Field: "shutdown", Old: from + " – " + until}
	if err := d.keep(ctx, tx, by, aboutCustomer(c), []customers.Change{change}); err != nil {
		return false, err
	}
	return true, d.daysChanged(ctx, tx, c)
}

// ImportYear sets the statutory days of a year and counts what changed.
func (d *Desk) ImportYear(ctx context.Context, tx Tx, by customers.Staff, y customers.HolidayYear) (int, error) {
	all, err := tx.Calendars(ctx)
	if err != nil {
		return 0, err
	}
	n := all.Differ(y.Year, y.Days)
	if n == 0 {
		return 0, nil
	}
	d.changedCalendars()
	return n, tx.PutYear(ctx, y.Year, y.Days, by.ID, d.Now())
}

// askForCalendar asks the administrators for the holidays of the next year from November on, and for those of this one, until they are there.
func askForCalendar(ctx context.Context, d *Desk, tx Tx, due time.Time) error {
	book, err := d.calendarsNow(ctx, tx)
	if err != nil {
		return err
	}
	now := d.Now().In(d.Zone)
	for _, year := range []int{now.Year(), now.Year() + 1} {
		if book.known(year) || year > now.Year() && now.Month() < time.November {
			continue
		}
		card := func(say words.Locale) Card {
			title := say.T("calendar.missing_title", Args{"Year": year})
			return Card{Title: title, Summary: title, Colour: ColourOurs, Lines: []Line{{Text: say.T("calendar.missing", Args{"Year": year})}}}
		}
		key := fmt.Sprintf("calendar:%d:%s", year, due.In(d.Zone).Format(time.DateOnly))
		if err := d.tellKeepers(ctx, tx, key, card, customers.RoleAdmin); err != nil {
			return err
		}
	}
	return nil
}
