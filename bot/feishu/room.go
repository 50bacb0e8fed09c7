package feishu

import (
	"context"
	"log/slog"
	"net/http"

	"servicedesk/tickets"
)

// room does what concerns a group as such; handled=false: it is a message.
func (c *Client) room(ctx context.Context, out tickets.Outgoing) (r tickets.Receipt, handled bool, err error) {
	switch out.Use {
	case tickets.UseRoomMake:
		r.RemoteID, err = c.CreateGroup(ctx, out.Text, out.Mentions, out.Key)
	case tickets.UseRoomJoin:
		var refused []tickets.RemoteID
		if refused, err = c.AddMembers(ctx, out.To.Channel, out.Mentions); len(refused) > 0 {
			c.log.Warn("feishu did not take everybody into a group", slog.Int("refused", len(refused)))
		}
	case tickets.UseRoomTop:
		err = c.onTop(ctx, out)
	case tickets.UseRoomEdit:
		r, err = c.edit(ctx, out)
	case tickets.UseRoomEnd:
		err = c.call(ctx, request{
			op: "disband chat", method: http.MethodDelete, path: "/im/v1/chats/:chat_id",
			params: map[string]string{"chat_id": string(out.To.Channel)}, urgency: out.Urgency,
		}, nil)
	default:
		return r, false, nil
	}
	return r, true, err
}

// onTop shows a message at the top of its group.
func (c *Client) onTop(ctx context.Context, out tickets.Outgoing) error {
	const message = "1" // action_type; 2 is the announcement
	return c.call(ctx, request{
		op: "top notice", method: http.MethodPost, path: "/im/v1/chats/:chat_id/top_notice/put_top_notice",
		params:  map[string]string{"chat_id": string(out.To.Channel)},
		body:    map[string]any{"chat_top_notice": []map[string]string{{"action_type": message, "message_id": string(out.Target)}}},
		urgency: out.Urgency,
	}, nil)
}
