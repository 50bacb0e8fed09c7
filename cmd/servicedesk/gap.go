package main

import (
	"context"
	"log/slog"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// gapLook is how often the long connection is looked at, gapNote how often the last good moment is noted (machine time).
	gapLook = time.Second
	gapNote = 30 * time.Second
	// gapMargin is looked back beyond the last good moment: clocks differ, and an event may have been on its way.
	gapMargin = time.Minute
	// gapTopics and gapRooms bound how many open tickets' topics, and how many war rooms and the like, are read after a gap.
	gapTopics = 500
	gapRooms  = 50
	// gapSetting keeps the last moment at which the long connection was open (clock time).
	gapSetting = "feishu.connected_at"
)

// repairGaps reads what was said while no long connection was open – also while this process was down – from the chats' history. Whether
// Feishu redelivers such events is not documented; what arrived both ways is kept once.
func (a *app) repairGaps(ctx context.Context) error {
	noted, err := a.db.Setting(ctx, gapSetting)
	if err != nil {
		return err
	}
	last, _ := time.Parse(time.RFC3339, noted) // nothing noted: the first start, nothing to repair
	ticker := time.NewTicker(gapLook)
	defer ticker.Stop()
	repaired, notedAt := int64(0), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if !a.feishu.Connected() {
			continue
		}
		if opened := a.feishu.Openings(); opened != repaired && !last.IsZero() {
			if err := a.readHistory(ctx, last.Add(-gapMargin)); err != nil {
				a.log.Warn("words said while the long connection was down could not be read; trying again", slog.Any("error", err))
				continue
			}
			repaired = opened
		}
		last = a.clock.Now()
		if machine().After(notedAt.Add(gapNote)) {
			notedAt = machine()
			if err := a.db.SetSetting(ctx, gapSetting, last.Format(time.RFC3339)); err != nil && ctx.Err() == nil {
				a.log.Warn("the last good moment of the long connection was not noted", slog.Any("error", err))
			}
		}
	}
}

// readHistory keeps what people said since then in the groups, in the latest rooms and in the topics of open tickets.
func (a *app) readHistory(ctx context.Context, since time.Time) error {
	var open []*tickets.Ticket
	var rooms []tickets.RemoteID
	err := a.db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) (err error) {
		if open, err = tx.FindTickets(ctx, tickets.Filter{Statuses: tickets.OpenStatuses, Limit: gapTopics}); err != nil {
			return err
		}
		rooms, err = tx.OpenRooms(ctx, gapRooms)
		return err
	})
	if err != nil {
		return err
	}
	for _, chat := range append(a.groups.all(), rooms...) {
		events, err := a.feishu.History(ctx, chat, false, since)
		if err := a.keepHistory(ctx, events, err); err != nil {
			return err
		}
	}
	for _, t := range open {
		if t.CardID == "" {
			continue
		}
		events, err := a.feishu.Topic(ctx, t.CardID, since)
		if err := a.keepHistory(ctx, events, err); err != nil {
			return err
		}
	}
	return nil
}

// keepHistory keeps events unless reading them failed; a chat that cannot be read for good is passed over.
func (a *app) keepHistory(ctx context.Context, events []bot.Event, err error) error {
	if err != nil {
		switch bot.FailureOf(err).Class {
		case tickets.Rejected, tickets.Stale, tickets.Misconfigured:
			a.log.Warn("a chat's history cannot be read; grant im:message.group_msg to repair gaps", slog.Any("error", err))
			return nil
		}
		return err
	}
	if len(events) == 0 {
		return nil
	}
	return a.db.Keep(ctx, events)
}
