package feishu

import (
	"context"
	"net/http"
	"time"

	"servicedesk/tickets"
)

// Busy tells when somebody is busy by his primary calendar between two moments, which are at most 90 days apart. An invitation that he declined
// does not count. Every error is a *bot.SendError. The app needs calendar:calendar.free_busy:read.
func (c *Client) Busy(ctx context.Context, openID tickets.RemoteID, from, until time.Time) ([]tickets.Stretch, error) {
	var answer struct {
		Data struct {
			List []struct {
				Start time.Time `json:"start_time"`
				End   time.Time `json:"end_time"`
				RSVP  string    `json:"rsvp_status"`
			} `json:"freebusy_list"`
		} `json:"data"`
	}
	err := c.call(ctx, request{
		op: "free/busy", method: http.MethodPost, path: "/calendar/v4/freebusy/list", query: map[string]string{"user_id_type": "open_id"},
		body: map[string]any{"time_min": from.UTC().Format(time.RFC3339), "time_max": until.UTC().Format(time.RFC3339), "user_id": openID,
			"only_busy": true},
		urgency: tickets.UrgencyCare,
	}, &answer)
	if err != nil {
		return nil, err
	}
	var busy []tickets.Stretch
	for _, item := range answer.Data.List {
		if item.RSVP != "decline" && item.End.After(item.Start) {
			busy = append(busy, tickets.Stretch{From: item.Start.UTC(), Until: item.End.UTC()})
		}
	}
	return busy, nil
}
