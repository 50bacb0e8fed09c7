package wecom

import (
	"context"

	"servicedesk/tickets"
)

// Nickname is the contact's display name. WeCom tells it only of contacts who were active within 48 hours: of others the error's class is
// Rejected. Every error is a *bot.SendError.
func (c *Client) Nickname(ctx context.Context, contact tickets.RemoteID) (string, error) {
	in := map[string]any{"external_userid_list": []string{string(contact)}, "need_enter_session_context": 0}
	var out struct {
		answer
		List []fields `json:"customer_list"`
	}
	if err := c.post(ctx, "kf/customer/batchget", in, &out); err != nil {
		return "", err
	}
	for _, customer := range out.List {
		if customer.text("external_userid") == string(contact) {
			return customer.text("nickname"), nil
		}
	}
	return "", failure(tickets.Rejected, "contact not active within 48 hours")
}
