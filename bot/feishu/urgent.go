package feishu

import (
	"context"
	"net/http"

	"servicedesk/tickets"
)

// buzz calls one person about a message that the bot sent him, by app, SMS or telephone. Feishu names those whom it cannot call inside a
// success; for the one who was meant that is a refusal.
func (c *Client) buzz(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	if out.Target == "" || out.Ring == nil || out.To.Peer == "" {
		return tickets.Receipt{}, refuse(tickets.Rejected, "nobody to buzz")
	}
	var answer struct {
		Data struct {
			Invalid []tickets.RemoteID `json:"invalid_user_id_list"`
		} `json:"data"`
	}
	err := c.call(ctx, request{
		op: "urgent " + string(out.Ring.Kind), method: http.MethodPatch, path: "/im/v1/messages/:message_id/urgent_" + string(out.Ring.Kind),
		params: map[string]string{"message_id": string(out.Target)},
		query:  map[string]string{"user_id_type": "open_id"},
		body:   map[string]any{"user_id_list": []tickets.RemoteID{out.To.Peer}}, urgency: out.Urgency,
	}, &answer)
	if err == nil && len(answer.Data.Invalid) > 0 {
		err = refuse(tickets.Rejected, "this person cannot be buzzed")
	}
	return tickets.Receipt{RemoteID: out.Target}, err
}
