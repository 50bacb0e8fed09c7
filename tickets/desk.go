package tickets

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"servicedesk/customers"
	"servicedesk/words"
)

// Config holds the desk's rules that an operator may change.
type Config struct {
	Locale string
	Zone   *time.Location
	// ConfirmAfter is how long silence may last after "solved?" before it counts as agreement.
	ConfirmAfter time.Duration
	// CloseAfter is how long a confirmed ticket stays open to recurrence.
	CloseAfter time.Duration
	// Linger is how long the last ordinary place of a window waits for further replies to merge (machine time).
	Linger time.Duration
	// EditPace is the least distance of two edits of one card (machine time).
	EditPace time.Duration
	// ClickRenews: a menu click renews the sending window (undocumented; false is the safe reading).
	ClickRenews bool
	// Sent and Failed are the echo emojis.
	Sent, Failed string
}

// DefaultConfig gives the rules of the contract.
func DefaultConfig() Config {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		zone = time.FixedZone("CST", 8*3600)
	}
	return Config{Locale: words.Default, Zone: zone, ConfirmAfter: 72 * time.Hour, CloseAfter: 24 * time.Hour,
		Linger: 2 * time.Second, EditPace: 2 * time.Second, Sent: "CheckMark", Failed: "CrossMark"}
}

// Desk holds the use cases. Its methods work inside the caller's transaction, so that an effect and the mark that its cause was handled
// are committed together.
type Desk struct {
	Config
	// Now is the clock that rules promises and windows; Machine rules back-off and pacing.
	Now     func() time.Time
	Machine func() time.Time
	// Installation is this desk's own random name, at most 12 of [0-9A-Za-z]. It begins every key towards a platform: WeCom wants message ids
	// unique per account for ever, also after the database was made anew.
	Installation string
	// OpsChat is the Feishu group for the desk's own alarms; empty = the administrators' direct chats.
	OpsChat RemoteID
	// Group gives the chat in which a customer's tickets appear; the empty name is the desk group.
	Group func(name string) RemoteID

	calendars calendarCache
}

// view is what the use cases need to know around one ticket.
type view struct {
	customer customers.Customer
	contact  customers.Contact
	team     customers.Team
	owner    customers.Staff
}

func (d *Desk) viewOf(ctx context.Context, tx Tx, t *Ticket) (view, error) {
	var v view
	contact, err := tx.Contact(ctx, t.ContactID)
	if err != nil {
		return v, err
	}
	v.contact = contact
	if v.customer, v.team, err = d.customerOf(ctx, tx, t.CustomerID); err != nil {
		return v, err
	}
	v.owner, err = d.staffOrNobody(ctx, tx, t.OwnerID)
	return v, err
}

func (d *Desk) customerOf(ctx context.Context, tx Tx, id int64) (customers.Customer, customers.Team, error) {
	if id == 0 {
		return customers.Customer{Code: customers.UnboundCode}, customers.Team{}, nil
	}
	customer, err := tx.Customer(ctx, id)
	if err != nil {
		return customer, customers.Team{}, err
	}
	team, err := tx.Team(ctx, id)
	return customer, team, err
}

func (d *Desk) staffOrNobody(ctx context.Context, tx Tx, id int64) (customers.Staff, error) {
	if id == 0 {
		return customers.Staff{}, nil
	}
	staff, err := tx.Staff(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return customers.Staff{}, nil
	}
	return staff, err
}

// toContact is the language of what a contact reads, toStaff of what a colleague or a group reads.
func (d *Desk) toContact(v view) words.Locale {
	return words.In(v.contact.Locale, v.customer.Locale, d.Locale)
}

// ToContact is the language of a contact of a customer.
func (d *Desk) ToContact(contact customers.Contact, customer customers.Customer) words.Locale {
	return words.In(contact.Locale, customer.Locale, d.Locale)
}

// ToStaff is the language of a colleague.
func (d *Desk) ToStaff(s customers.Staff) words.Locale { return words.In(s.Locale, d.Locale) }

// group is the language of a group.
func (d *Desk) group() words.Locale { return words.In(d.Locale) }

// zone is the customer's time zone.
func (d *Desk) zone(c customers.Customer) *time.Location {
	if c.Timezone != "" {
		if z, err := time.LoadLocation(c.Timezone); err == nil {
			return z
		}
	}
	return d.Zone
}

// Clock writes a moment as people read it, in the customer's zone.
func (d *Desk) Clock(at time.Time, c customers.Customer) string {
	return at.In(d.zone(c)).Format("2006-01-02 15:04")
}

// record adds a timeline entry of the desk's or a person's doing.
func (d *Desk) record(ctx context.Context, tx Tx, t *Ticket, e Entry) (int64, error) {
	e.TicketID = t.ID
	if e.At.IsZero() {
		e.At = d.Now()
	}
	if e.By == "" {
		e.By = ByDesk
	}
	err := tx.AddEntry(ctx, &e)
	return e.ID, err
}

// quote writes whose words these are, as the group reads it.
func (d *Desk) quote(name, text string) string {
	return d.group().T("topic.said", Args{"Name": name}) + text
}

// by fills an entry's author with a colleague.
func by(s customers.Staff, e Entry) Entry {
	e.By, e.AuthorID, e.AuthorName = ByStaff, s.ID, s.Name
	return e
}

// byContact fills an entry's author with a contact.
func byContact(c customers.Contact, e Entry) Entry {
	e.By, e.AuthorID, e.AuthorName = ByContact, c.ID, c.Name
	return e
}

// Shorten cuts text to at most n runes, marking the cut; line breaks become spaces.
func Shorten(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// SplitText cuts text into parts of at most limit bytes on rune borders, preferring line ends and spaces in a part's last quarter.
func SplitText(text string, limit int) []string {
	var parts []string
	for len(text) > limit {
		cut := limit
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		if cut == 0 { // not UTF-8: cut hard rather than never
			cut = limit
		}
		if i := strings.LastIndexAny(text[:cut], "\n "); i > cut*3/4 {
			cut = i + 1
		}
		parts = append(parts, text[:cut])
		text = text[cut:]
	}
	return append(parts, text)
}
