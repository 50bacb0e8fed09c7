package tickets

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Recalled warns the engineer who took back words that had gone out, or stops them when they had not.
func (d *Desk) Recalled(ctx context.Context, tx Tx, message RemoteID) error {
	found, err := tx.DeliveryBySource(ctx, message)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t, _, err := d.Lock(ctx, tx, found.TicketID)
	if err != nil {
		return err
	}
	whole, err := d.stop(ctx, tx, found.Lane, message)
	if err != nil {
		return err
	}
	all, err := d.reporters(ctx, tx, t)
	if err != nil {
		return err
	}
	for _, r := range all {
		lane := CustomerLane(r.ConversationID)
		if lane == found.Lane {
			continue
		}
		stopped, err := d.stop(ctx, tx, lane, message)
		if err != nil {
			return err
		}
		whole = whole && stopped
	}
	key := "topic.recall_late"
	if whole {
		key = "topic.recall_stopped"
	}
	return d.tellTopic(ctx, tx, t, "unsent:"+string(message), d.group().T(key))
}

// stop takes what still waits of a reply out of its lane; whole: nothing of it has left, or may have.
func (d *Desk) stop(ctx context.Context, tx Tx, lane Lane, message RemoteID) (whole bool, err error) {
	rows, err := tx.Waiting(ctx, lane)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		part, ours := strings.CutPrefix(row.Key, string(lane)+" "+replyKey(message))
		if !ours || row.Attempts > 0 {
			continue
		}
		row.State = DeliveryCancelled
		if err := tx.SaveDelivery(ctx, row); err != nil {
			return false, err
		}
		whole = whole || part == "0" // parts leave in order
	}
	return whole, nil
}

// replyKey begins the keys of a reply's parts.
func replyKey(message RemoteID) string { return fmt.Sprintf("reply:%s:", message) }
