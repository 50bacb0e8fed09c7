package tickets

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// clicked handles a tap on a menu whose id says what it answers.
func (d *Desk) clicked(ctx context.Context, tx Tx, w *told) (bool, error) {
	parts := strings.Split(w.in.Clicked, ":")
	if len(parts) < 2 {
		return false, nil
	}
	if parts[0] == "word" {
		return d.wordSaid(ctx, tx, w, Word(parts[1]), "")
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return false, nil
	}
	id, choice := TicketID(n), ""
	if len(parts) > 2 {
		choice = parts[2]
	}
	if id != 0 {
		t, err := tx.Ticket(ctx, id)
		if err != nil {
			return false, nil
		}
		if his, err := d.concerns(ctx, tx, t, w.contact.ID); err != nil || !his {
			return false, err // not a menu of his: the words count as words
		}
		switch {
		case t.MergedInto != 0 && parts[0] == "which":
			id = t.MergedInto
		case t.MergedInto != 0:
			return true, d.mergedAnswer(ctx, tx, w, t)
		}
	}
	switch parts[0] {
	case "which":
		return true, d.chose(ctx, tx, w, id)
	case "confirm":
		return true, d.confirmAnswered(ctx, tx, w, id, choice == "yes")
	case "rate":
		return true, d.rated(ctx, tx, w, id, choice)
	case "urgent":
		return true, d.urgentAnswered(ctx, tx, w, id, choice == "yes")
	}
	if tap, ok := taps[parts[0]]; ok {
		return true, tap(ctx, d, tx, w, id, choice)
	}
	return false, nil
}

// tap is what a click on a menu item "<name>:<ticket>:<choice>" does.
type tap func(ctx context.Context, d *Desk, tx Tx, w *told, id TicketID, choice string) error

// taps are the menus besides the ordinary ones.
var taps = map[string]tap{}

func init() {
	for _, part := range []map[string]tap{gateTaps, emergencyTaps, supervisionTaps, mergeTaps} {
		maps.Copy(taps, part)
	}
}

// answered handles typed answers to the latest open question.
func (d *Desk) answered(ctx context.Context, tx Tx, w *told, word Word) (bool, error) {
	q, id := w.conv.Asked, w.conv.AskedTicket
	folded := fold(w.in.Text)
	if folded == "1" && (q == AskNone || q == AskConfirm) {
		if done, err := d.goesOn(ctx, tx, w); done || err != nil {
			return done, err
		}
	}
	switch {
	case word == WordSolved || word == WordUnsolved:
		id, err := d.awaitingConfirmation(ctx, tx, w)
		if err != nil || id == 0 {
			return false, err
		}
		return true, d.confirmAnswered(ctx, tx, w, id, word == WordSolved)
	case (q == AskRating || q == AskNone) && (word == WordSkip || len(folded) == 1 && folded >= "1" && folded <= "5"):
		id, err := d.corrected(ctx, tx, w)
		if err != nil || id == 0 {
			return false, err
		}
		return true, d.rated(ctx, tx, w, id, folded)
	case q == AskUrgent && word == WordReally:
		return true, d.urgentAnswered(ctx, tx, w, id, true)
	case q == AskUrgent && word == WordCalm:
		return true, d.urgentAnswered(ctx, tx, w, id, false)
	case q == AskWhich:
		number, ok := Number(w.in.Text, w.customer.Code)
		if !ok {
			return false, nil
		}
		t, err := d.ownTicket(ctx, tx, w, number)
		if err != nil || t == nil || !t.Status.Open() {
			return false, err
		}
		if his, err := d.concerns(ctx, tx, t, w.contact.ID); err != nil || !his {
			return false, err
		}
		return true, d.chose(ctx, tx, w, t.ID)
	case q == AskSame && (word == WordSame || word == WordOther):
		return d.sameTyped(ctx, tx, w, word)
	}
	return false, nil
}

// awaitingConfirmation is the ticket "solved?" is about: the asked one, else the only or latest solved one.
func (d *Desk) awaitingConfirmation(ctx context.Context, tx Tx, w *told) (TicketID, error) {
	if w.conv.Asked == AskConfirm {
		return w.conv.AskedTicket, nil
	}
	solved, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Statuses: []Status{StatusSolved}})
	if err != nil {
		return 0, err
	}
	if len(solved) > 0 {
		return newest(solved).ID, nil
	}
	return d.corrected(ctx, tx, w)
}

// corrected is the ticket whose answer the contact may still correct: the one just confirmed, while nothing else is open; 0 = none.
func (d *Desk) corrected(ctx context.Context, tx Tx, w *told) (TicketID, error) {
	open, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: OpenStatuses, Limit: 1})
	if err != nil || len(open) > 0 {
		return 0, err
	}
	t, err := d.justConfirmed(ctx, tx, w)
	if err != nil || t == nil || t.ConversationID != w.conv.ID { // who joined was not asked
		return 0, err
	}
	return t.ID, nil
}

// chose moves the kept words to the matter the contact meant; further words go there too.
func (d *Desk) chose(ctx context.Context, tx Tx, w *told, id TicketID) error {
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	entryID, from := w.conv.AskedEntry, w.conv.AskedTicket
	asked := w.conv.Asked == AskWhich
	w.conv.Answered()
	w.conv.Current, w.conv.AskedAt = id, d.Now()
	if asked && entryID != 0 && from != id {
		if err := d.moveWords(ctx, tx, w, entryID, from, t); err != nil {
			return err
		}
	}
	return d.tellContact(ctx, tx, w.conv, id, UseAnswer, "chose:"+string(w.in.ID), w.say.T("which.kept", Args{"Number": t.Number, "Title": t.Title}))
}

// moveWords carries words from the ticket they were kept on to the one they belong to, visibly in both topics.
func (d *Desk) moveWords(ctx context.Context, tx Tx, w *told, entryID int64, from TicketID, to *Ticket) error {
	old, err := tx.LockTicket(ctx, from)
	if err != nil {
		return err
	}
	entries, err := tx.Entries(ctx, from, 0)
	if err != nil {
		return err
	}
	trouble := false
	for _, e := range entries {
		if e.ID < entryID || e.Kind != EntryWords || e.AuthorID != w.contact.ID {
			continue
		}
		if err := tx.MoveEntry(ctx, e.ID, to.ID); err != nil {
			return err
		}
		key := "moved:" + string(e.RemoteID)
		if err := d.tellTopic(ctx, tx, to, key, d.quote(e.AuthorName, e.Text)); err != nil {
			return err
		}
		if err := d.attachInTopic(ctx, tx, to, key, e.Attached); err != nil {
			return err
		}
		to.LastWords = Shorten(e.Text, 120)
		trouble = trouble || moodOf(e.Text) == MoodTrouble
	}
	if _, err := d.record(ctx, tx, old, byContact(w.contact, Entry{Kind: EntryMoved, Data: map[string]string{"to": to.Number}})); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, old, "movedfrom:"+string(w.in.ID), d.group().T("topic.moved", Args{"Number": to.Number})); err != nil {
		return err
	}
	if err := d.change(ctx, tx, old); err != nil {
		return err
	}
	if to.Status == StatusSolved && trouble {
		return d.reopenFor(ctx, tx, w, to, EntryUnsolved)
	}
	if err := d.resumed(ctx, tx, to); err != nil {
		return err
	}
	return d.change(ctx, tx, to)
}

// ownTicket finds a ticket of the contact's company (a visitor: his own), or what took it in. Another company's number does not exist for him.
func (d *Desk) ownTicket(ctx context.Context, tx Tx, w *told, number string) (*Ticket, error) {
	t, err := tx.TicketByNumber(ctx, number)
	if err != nil {
		if isNotFound(err) {
			return nil, nil
		}
		return nil, err
	}
	if t.ContactID == w.contact.ID || w.contact.Bound() && t.CustomerID == w.contact.CustomerID {
		return d.Survivor(ctx, tx, t)
	}
	return nil, nil
}

// confirmAnswered takes the contact's word on a solution.
func (d *Desk) confirmAnswered(ctx context.Context, tx Tx, w *told, id TicketID, solved bool) error {
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if w.conv.Asked == AskConfirm && w.conv.AskedTicket == id {
		w.conv.Answered()
	}
	switch {
	case t.Status == StatusSolved && solved:
		return d.confirmed(ctx, tx, w, t)
	case !solved && (t.Status == StatusSolved || t.Status == StatusConfirmed || d.justClosed(t)):
		return d.reopenFor(ctx, tx, w, t, EntryUnsolved)
	}
	key := "confirm.already"
	if !solved {
		key = "confirm.over"
	}
	if t.Status.Open() {
		key = "confirm.working"
	}
	return d.tellContact(ctx, tx, w.conv, id, UseAnswer, "stale:"+string(w.in.ID), w.say.T(key, Args{"Number": t.Number}))
}

// justClosed reports whether a closed ticket may still be reopened by the contact's word.
func (d *Desk) justClosed(t *Ticket) bool {
	return t.Status == StatusClosed && d.Now().Before(t.ConfirmedAt.Add(d.CloseAfter))
}

func (d *Desk) confirmed(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	now := d.Now()
	if err := t.Move(StatusConfirmed, now); err != nil {
		return err
	}
	if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryConfirmed, RemoteID: w.in.ID, Platform: WeCom})); err != nil {
		return err
	}
	if err := tx.CancelTimer(ctx, TimerConfirm, int64(t.ID)); err != nil {
		return err
	}
	if err := tx.SetTimer(ctx, Timer{Kind: TimerClose, Subject: int64(t.ID), DueAt: now.Add(d.CloseAfter), Urgency: UrgencyCare}); err != nil {
		return err
	}
	if err := d.askRating(ctx, tx, w, t); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, "confirmed:"+string(w.in.ID), d.group().T("topic.confirmed", Args{"Name": w.contact.Name})); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// askRating owes the question how it was; who left the company is asked no more, visibly.
func (d *Desk) askRating(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if w.contact.Left() {
		_, err := d.record(ctx, tx, t, Entry{Kind: EntrySkipped, Text: d.group().T("skip.rating_left")})
		return err
	}
	menu := Menu{Head: w.say.T("rate.head", Args{"Number": t.Number}), Tail: w.say.T("rate.tail")}
	for n := 5; n >= 1; n-- {
		menu.Items = append(menu.Items, MenuItem{ID: fmt.Sprintf("rate:%d:%d", t.ID, n), Text: w.say.T("rate." + strconv.Itoa(n))})
	}
	menu.Items = append(menu.Items, MenuItem{ID: fmt.Sprintf("rate:%d:skip", t.ID), Text: w.say.T("word.skip")})
	return d.askContact(ctx, tx, w.conv, t.ID, UseSurvey, fmt.Sprintf("rate:%d:%d", t.ID, t.Reopened), AskRating, menu)
}

// rated keeps the rating; within a day a later one corrects it. The first answer closes the ticket.
func (d *Desk) rated(ctx context.Context, tx Tx, w *told, id TicketID, choice string) error {
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if w.conv.Asked == AskRating && w.conv.AskedTicket == id {
		w.conv.Answered()
	}
	if t.Status != StatusConfirmed && t.Status != StatusClosed || !d.Now().Before(t.ConfirmedAt.Add(24*time.Hour)) {
		return nil
	}
	n, err := strconv.Atoi(choice)
	if err != nil || n < 1 || n > 5 {
		if _, err := d.record(ctx, tx, t, Entry{Kind: EntrySkipped, Text: d.group().T("skip.rating_declined")}); err != nil {
			return err
		}
		return d.closeNow(ctx, tx, t)
	}
	if t.Rating == n {
		return nil
	}
	old := t.Rating
	t.Rating = n
	entry := byContact(w.contact, Entry{Kind: EntryRated, Text: strconv.Itoa(n), Data: map[string]string{"from": strconv.Itoa(old), "to": choice}})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if err := d.tellContact(ctx, tx, w.conv, id, UseCourtesy, "thanks:"+string(w.in.ID), w.say.T("rate.thanks")); err != nil {
		return err
	}
	text := d.group().T("topic.rated", Args{"Name": w.contact.Name, "Stars": strings.Repeat("★", n) + strings.Repeat("☆", 5-n)})
	if err := d.tellTopic(ctx, tx, t, "rated:"+string(w.in.ID), text); err != nil {
		return err
	}
	return d.closeNow(ctx, tx, t)
}

// saidOfSolution treats words that come while "solved?" is open: trouble reopens, anything else ends the silence that would count as
// agreement. Before the question was sent they are no answer to it. done: nothing is left to do with them.
func (d *Desk) saidOfSolution(ctx context.Context, tx Tx, w *told, t *Ticket) (done bool, err error) {
	if waiting, err := d.askWaits(ctx, tx, w.conv, t.ID); err != nil || waiting {
		return false, err
	}
	if w.in.Kind != KindText || moodOf(w.in.Text) != MoodTrouble {
		return false, d.awaitConfirmation(ctx, tx, t)
	}
	if err := d.relayWords(ctx, tx, w, t); err != nil {
		return true, err
	}
	return true, d.reopenFor(ctx, tx, w, t, EntryUnsolved)
}

// awaitConfirmation begins the silence that counts as agreement.
func (d *Desk) awaitConfirmation(ctx context.Context, tx Tx, t *Ticket) error {
	return tx.SetTimer(ctx, Timer{Kind: TimerConfirm, Subject: int64(t.ID), DueAt: d.Now().Add(d.ConfirmAfter), Urgency: UrgencyCare})
}
