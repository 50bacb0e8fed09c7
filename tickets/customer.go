package tickets

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// questionFresh is how long the answer to "which matter?" holds for further words.
const questionFresh = 2 * time.Hour

// welcomeLife is how long a welcome code lives (developer.work.weixin.qq.com, document 96428).
const welcomeLife = 20 * time.Second

// told is one inbound thing of a contact with all that is known around it.
type told struct {
	in       Inbound
	contact  customers.Contact
	customer customers.Customer
	team     customers.Team
	conv     *Conversation
	say      words.Locale
	title    string // of the matter he opens, when his words make none
	source   Source // empty = WeCom customer service
	answers  int    // given so far, so that each has a key of its own
	routing  routing
}

// FromCustomer acts on one inbound thing from WeCom.
func (d *Desk) FromCustomer(ctx context.Context, tx Tx, in Inbound) error {
	if in.Kind == KindFail {
		return d.notDelivered(ctx, tx, in)
	}
	if in.Author == "" {
		return nil
	}
	conv, err := tx.LockConversation(ctx, in.Channel, in.Author) // before the contact is read: somebody may be binding him
	if err != nil {
		return err
	}
	contact, err := d.contactOf(ctx, tx, in)
	if err != nil {
		return err
	}
	if conv.ContactID == 0 {
		if err := d.adopt(ctx, tx, contact, conv); err != nil {
			return err
		}
	}
	conv.ContactID = contact.ID
	w := &told{in: in, contact: contact, conv: conv}
	if w.customer, w.team, err = d.customerOf(ctx, tx, contact.CustomerID); err != nil {
		return err
	}
	w.say = words.In(contact.Locale, w.customer.Locale, d.Locale)
	if err := d.customerSaid(ctx, tx, w); err != nil {
		return err
	}
	if w.contact != contact {
		if err := tx.SaveContact(ctx, &w.contact); err != nil {
			return err
		}
	}
	return tx.SaveConversation(ctx, conv)
}

// contactOf finds the contact, or makes him one nobody has bound yet.
func (d *Desk) contactOf(ctx context.Context, tx Tx, in Inbound) (customers.Contact, error) {
	contact, err := tx.ContactByWeCom(ctx, in.Author)
	if !errors.Is(err, ErrNotFound) {
		return contact, err
	}
	contact = customers.Contact{WeComID: string(in.Author), Name: in.AuthorName, Kind: customers.KindTechnical, CreatedAt: d.Now()}
	if contact.Name == "" {
		contact.Name = d.group().T("contact.visitor", Args{"Tail": tail(string(in.Author), 4)})
	}
	return contact, tx.SaveContact(ctx, &contact)
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

func (d *Desk) customerSaid(ctx context.Context, tx Tx, w *told) error {
	switch {
	case w.in.Kind == KindEnter:
		if err := d.entered(ctx, tx, w); err != nil {
			return err
		}
		return d.welcome(ctx, tx, w)
	case w.in.Kind == KindRecall:
		return d.customerRecalled(ctx, tx, w)
	case w.in.Kind == KindSession:
		return d.sessionChanged(ctx, tx, w)
	case w.in.Servicer:
		return d.servicerSaid(ctx, tx, w)
	}
	w.conv.Hold.Doubted = !w.conv.Hold.Since.IsZero()
	if w.in.Clicked != "" {
		w.conv.Window.LastClick = w.in.At
	}
	if w.in.Clicked == "" || d.ClickRenews {
		w.conv.Window.Renew(w.in.At)
		if err := tx.Release(ctx, w.conv.Lane()); err != nil {
			return err
		}
	}
	if w.in.Kind == KindText {
		if done, err := d.understood(ctx, tx, w); done || err != nil {
			return err
		}
	}
	return d.matterWords(ctx, tx, w)
}

// understood handles clicks, plain words and answers to open questions; false: the words are about a matter.
func (d *Desk) understood(ctx context.Context, tx Tx, w *told) (bool, error) {
	if w.in.Clicked != "" {
		if done, err := d.clicked(ctx, tx, w); done || err != nil {
			return done, err
		}
	}
	word, number, isWord := wordIn(w.in.Text)
	if done, err := d.answered(ctx, tx, w, word); done || err != nil {
		return done, err
	}
	if !isWord {
		return d.saidToPerson(ctx, tx, w)
	}
	return d.wordSaid(ctx, tx, w, word, number)
}

// welcome greets who entered the conversation, by its code, within its 20 seconds.
func (d *Desk) welcome(ctx context.Context, tx Tx, w *told) error {
	if w.in.WelcomeCode == "" {
		return nil
	}
	key := "welcome.head"
	if w.contact.NoticedAt.IsZero() {
		key = "welcome.first" // what is recorded; he knows it when it has been delivered
	}
	menu := d.mainMenu(w.say, w.say.T(key, Args{"Name": w.contact.Name, "Bound": w.contact.Bound()}))
	out := toContact(w.conv, 0, UseWelcome, "welcome:"+string(w.in.ID), Body{Menu: &menu, Code: w.in.WelcomeCode})
	out.Urgency, out.ExpiresAt = UrgencyEmergency, w.in.At.Add(welcomeLife)
	return d.Owe(ctx, tx, out)
}

// mainMenu is the menu of words; a tap comes back as the word itself.
func (d *Desk) mainMenu(say words.Locale, head string) Menu {
	menu := Menu{Head: head}
	for _, word := range []Word{WordProgress, WordNudge, WordUrgent, WordPerson, WordWho, WordRecords, WordNew, WordMore} {
		menu.Items = append(menu.Items, MenuItem{ID: "word:" + string(word), Text: say.T("word." + string(word))})
	}
	return menu
}

// matterWords finds the matter the words belong to, opening one when there is none.
func (d *Desk) matterWords(ctx context.Context, tx Tx, w *told) error {
	open, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: OpenStatuses})
	if err != nil {
		return err
	}
	asked := w.conv.Asked
	switch {
	case asked == AskMatter:
		w.conv.Answered()
		return d.open(ctx, tx, w, false)
	case (asked == AskManager || asked == AskLeader) && d.Now().Before(w.conv.AskedAt.Add(lineFresh)):
		return d.lineWords(ctx, tx, w)
	case asked == AskStopped:
		return d.whatStopped(ctx, tx, w)
	case asked == AskConfirm && w.in.Kind == KindText && moodOf(w.in.Text) != MoodOther:
		return d.keepWords(ctx, tx, w, w.conv.AskedTicket)
	case len(open) == 0:
		return d.afterwards(ctx, tx, w)
	case len(open) == 1:
		return d.keepWords(ctx, tx, w, open[0].ID)
	}
	latest := newest(open)
	if cur := current(open, w.conv.Current); cur != nil && w.conv.Asked == AskNone && d.Now().Before(w.conv.AskedAt.Add(questionFresh)) {
		return d.keepWords(ctx, tx, w, cur.ID)
	}
	return d.keepAndAsk(ctx, tx, w, open, latest)
}

// OpenStatuses are those whose tickets take the customer's words.
var OpenStatuses = []Status{StatusNew, StatusAssigned, StatusInProgress, StatusWaiting, StatusReopened, StatusSolved}

func newest(ts []*Ticket) *Ticket {
	best := ts[0]
	for _, t := range ts[1:] {
		if t.OpenedAt.After(best.OpenedAt) || t.OpenedAt.Equal(best.OpenedAt) && t.ID > best.ID {
			best = t
		}
	}
	return best
}

// pick is the matter a word without a number is about: the current one, else the newest.
func pick(ts []*Ticket, c *Conversation) *Ticket {
	if t := current(ts, c.Current); t != nil {
		return t
	}
	return newest(ts)
}

func current(ts []*Ticket, id TicketID) *Ticket {
	for _, t := range ts {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// keepAndAsk keeps the words on the latest matter and asks once which one is meant.
func (d *Desk) keepAndAsk(ctx context.Context, tx Tx, w *told, open []*Ticket, latest *Ticket) error {
	if err := d.keepWords(ctx, tx, w, latest.ID); err != nil {
		return err
	}
	if w.conv.Asked == AskWhich && d.Now().Before(w.conv.AskedAt.Add(questionFresh)) {
		return nil // asked already; the answer moves what was kept first
	}
	entry, err := tx.EntryByRemote(ctx, WeCom, w.in.ID)
	if err != nil {
		return err
	}
	menu := Menu{Head: w.say.T("which.head", Args{"Number": latest.Number})}
	for i, t := range open {
		if i == 9 {
			break
		}
		menu.Items = append(menu.Items, MenuItem{ID: fmt.Sprintf("which:%d", t.ID), Text: t.Number + " " + Shorten(t.Title, 16)})
	}
	menu.Items = append(menu.Items, MenuItem{ID: "word:new", Text: w.say.T("word.new")})
	if err := d.askContact(ctx, tx, w.conv, latest.ID, UseAnswer, "which:"+string(w.in.ID), AskWhich, menu); err != nil {
		return err
	}
	w.conv.AskedEntry = entry.ID
	return nil
}

// afterwards treats words when nothing is open: thanks or a recurrence of what was just confirmed, otherwise a new matter.
func (d *Desk) afterwards(ctx context.Context, tx Tx, w *told) error {
	if w.in.Kind == KindText {
		recent, err := d.justConfirmed(ctx, tx, w)
		if err != nil {
			return err
		}
		if recent != nil {
			switch moodOf(w.in.Text) {
			case MoodThanks:
				return d.keepQuietly(ctx, tx, w, recent)
			case MoodTrouble:
				return d.recurred(ctx, tx, w, recent.ID)
			case MoodOther:
			}
		}
	}
	return d.open(ctx, tx, w, false)
}

// justConfirmed is the latest confirmed ticket of the conversation, while it is still watched; nil: there is none.
func (d *Desk) justConfirmed(ctx context.Context, tx Tx, w *told) (*Ticket, error) {
	over, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: []Status{StatusConfirmed, StatusClosed}, Limit: 50})
	if err != nil {
		return nil, err
	}
	var latest *Ticket
	for _, t := range over {
		if d.Now().Before(t.ConfirmedAt.Add(d.CloseAfter)) && (latest == nil || t.ConfirmedAt.After(latest.ConfirmedAt)) {
			latest = t
		}
	}
	return latest, nil
}

// keepQuietly puts thanks on the finished ticket.
func (d *Desk) keepQuietly(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if _, err := d.recordWords(ctx, tx, w, t); err != nil {
		return err
	}
	return d.tellTopic(ctx, tx, t, "words:"+string(w.in.ID), d.quote(w.contact.Name, w.in.Text))
}

func (d *Desk) recordWords(ctx context.Context, tx Tx, w *told, t *Ticket) (int64, error) {
	entry := byContact(w.contact, Entry{Kind: EntryWords, At: w.in.At, Text: d.readable(w), Platform: WeCom, RemoteID: w.in.ID, Attached: w.in.Attached})
	return d.record(ctx, tx, t, entry)
}

// readable is what was said, or a placeholder for what cannot be read.
func (d *Desk) readable(w *told) string {
	say := d.group()
	var lines []string
	if strings.TrimSpace(w.in.Text) != "" {
		lines = append(lines, w.in.Text)
	}
	for _, a := range w.in.Attached {
		key := "media.file"
		if a.Image {
			key = "media.image"
		}
		if a.Lost {
			key += "_lost"
		}
		lines = append(lines, say.T(key, Args{"Name": a.Name}))
	}
	if len(lines) == 0 {
		return say.T("media.unreadable")
	}
	return strings.Join(lines, "\n")
}

// keepWords adds the words to a matter, tells its topic, and moves it on when it waited for them.
func (d *Desk) keepWords(ctx context.Context, tx Tx, w *told, id TicketID) error {
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if _, err := d.recordWords(ctx, tx, w, t); err != nil {
		return err
	}
	w.conv.Current = t.ID
	t.LastWords = Shorten(d.readable(w), 120)
	var mentions []RemoteID
	switch t.Status {
	case StatusWaiting:
		if err := d.resumed(ctx, tx, t); err != nil {
			return err
		}
		owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
		if err != nil {
			return err
		}
		mentions = openIDs(owner)
	case StatusSolved:
		if done, err := d.saidOfSolution(ctx, tx, w, t); done || err != nil {
			return err
		}
	}
	if err := d.relayWords(ctx, tx, w, t, mentions...); err != nil {
		return err
	}
	if err := d.heard(ctx, tx, w, t); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// relayWords puts the customer's words and media into the topic; as plain words they ping nobody there.
func (d *Desk) relayWords(ctx context.Context, tx Tx, w *told, t *Ticket, mentions ...RemoteID) error {
	key := "words:" + string(w.in.ID)
	if err := d.tellTopic(ctx, tx, t, key, d.quote(w.contact.Name, d.readable(w)), mentions...); err != nil {
		return err
	}
	return d.attachInTopic(ctx, tx, t, key, w.in.Attached)
}

// customerRecalled marks what the contact took back; the archive keeps it.
func (d *Desk) customerRecalled(ctx context.Context, tx Tx, w *told) error {
	entry, err := tx.EntryByRemote(ctx, WeCom, w.in.Target)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t, err := tx.LockTicket(ctx, entry.TicketID)
	if err != nil {
		return err
	}
	if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryRecalled, Text: Shorten(entry.Text, 60)})); err != nil {
		return err
	}
	text := d.group().T("topic.recalled", Args{"Name": w.contact.Name, "Words": Shorten(entry.Text, 40)})
	return d.tellTopic(ctx, tx, t, "recall:"+string(w.in.Target), text)
}
