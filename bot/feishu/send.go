package feishu

import (
	"context"
	"log/slog"
	"net/http"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// destination is where a new message goes: a receiver, or the message that it answers.
type destination struct {
	idType   string // receive_id_type; empty for an answer
	id       tickets.RemoteID
	reply    tickets.RemoteID
	inThread bool
	counts   string // what it counts for beside its API
	urgency  tickets.Urgency
}

// Send delivers one message, card, edit or reaction. A repeat with the same key arrives once, as long as it comes within an hour of the first
// attempt: so long Feishu remembers. Every error is a *bot.SendError.
//
// A card that Feishu does not take by its form goes out as plain text instead, so that somebody sees it.
func (c *Client) Send(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	switch out.Use {
	case tickets.UseReaction:
		return c.react(ctx, out)
	case tickets.UseCardEdit:
		return c.edit(ctx, out)
	case tickets.UseBuzz:
		return c.buzz(ctx, out)
	}
	if r, handled, err := c.room(ctx, out); handled {
		return r, err
	}
	to, err := destinationOf(out)
	if err != nil {
		return tickets.Receipt{}, err
	}
	switch {
	case out.Card != nil:
		return c.sendCard(ctx, to, out)
	case out.Media != nil:
		return c.sendMedia(ctx, to, out)
	}
	return c.sendPost(ctx, to, out.Key, postOf(out.Text, out.Mentions, ""))
}

func destinationOf(out tickets.Outgoing) (destination, error) {
	to := destination{urgency: out.Urgency, counts: "chat:" + string(out.To.Channel)}
	switch out.Use {
	case tickets.UseTicketCard:
		to.idType, to.id = "chat_id", out.To.Channel
	case tickets.UseTopic:
		to.reply, to.inThread = out.To.Topic, true
	case tickets.UseDirect:
		to.idType, to.id = "open_id", out.To.Peer
		to.counts = "user:" + string(out.To.Peer)
	case tickets.UseChat, tickets.UseRoomCard, tickets.UseRoomSay:
		switch {
		case out.Target != "":
			to.reply, to.inThread = out.Target, out.To.Topic != ""
		case out.To.Topic != "":
			to.reply, to.inThread = out.To.Topic, true
		default:
			to.idType, to.id = "chat_id", out.To.Channel
		}
	default:
		return to, refuse(tickets.Rejected, "not a thing that Feishu sends")
	}
	if to.id == "" && to.reply == "" {
		return to, refuse(tickets.Rejected, "no receiver")
	}
	if to.reply != "" && out.To.Channel == "" {
		to.counts = "chat of:" + string(to.reply)
	}
	return to, nil
}

// deliver makes one message.
func (c *Client) deliver(ctx context.Context, to destination, key, kind, content string) (tickets.Receipt, error) {
	r := request{op: "create message", method: http.MethodPost, path: "/im/v1/messages", chat: to.counts, urgency: to.urgency}
	body := map[string]any{"msg_type": kind, "content": content, "uuid": key}
	if to.reply != "" {
		r.op, r.path = "reply", "/im/v1/messages/:message_id/reply"
		r.params = map[string]string{"message_id": string(to.reply)}
		body["reply_in_thread"] = to.inThread
	} else {
		r.query = map[string]string{"receive_id_type": to.idType}
		body["receive_id"] = string(to.id)
	}
	r.body = body
	var answer struct {
		Data struct {
			MessageID tickets.RemoteID `json:"message_id"`
		} `json:"data"`
	}
	if err := c.call(ctx, r, &answer); err != nil {
		return tickets.Receipt{}, err
	}
	if answer.Data.MessageID == "" {
		return tickets.Receipt{}, unreadable(r.op)
	}
	return tickets.Receipt{RemoteID: answer.Data.MessageID}, nil
}

// sendPost sends words as a post, whose text elements are inert: in a text message, a customer's words could mention people. What is too long
// for one post goes as several; the receipt is that of the first.
func (c *Client) sendPost(ctx context.Context, to destination, key string, p post) (tickets.Receipt, error) {
	parts := p.parts()
	if len(parts) == 0 {
		return tickets.Receipt{}, refuse(tickets.Rejected, "nothing to send")
	}
	var first tickets.Receipt
	for i, part := range parts {
		receipt, err := c.deliver(ctx, to, partKey(key, i), "post", part.content())
		if codeOf(err) == codeBadParam && part.mentions() {
			// An @ of somebody whom Feishu does not know must not cost the words.
			receipt, err = c.deliver(ctx, to, partKey(key, i)+"m", "post", part.withoutMentions().content())
		}
		if err != nil {
			return tickets.Receipt{}, err
		}
		if i == 0 {
			first = receipt
		}
	}
	return first, nil
}

func (c *Client) sendCard(ctx context.Context, to destination, out tickets.Outgoing) (tickets.Receipt, error) {
	content, err := RenderCard(*out.Card)
	var receipt tickets.Receipt
	if err == nil {
		receipt, err = c.deliver(ctx, to, out.Key, "interactive", string(content))
	}
	if bot.FailureOf(err).Class != tickets.Rerender {
		return receipt, err
	}
	c.log.Warn("feishu card sent as plain text", slog.String("use", string(out.Use)), slog.Any("error", err))
	return c.sendPost(ctx, to, out.Key+"p", postOf(PlainCard(*out.Card), mentioned(*out.Card), ""))
}

// edit replaces the content of a card.
func (c *Client) edit(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	if out.Card == nil || out.Target == "" {
		return tickets.Receipt{}, refuse(tickets.Rejected, "nothing to edit")
	}
	content, err := RenderCard(*out.Card)
	if err == nil {
		err = c.patch(ctx, out, string(content))
	}
	if bot.FailureOf(err).Class == tickets.Rerender {
		c.log.Warn("feishu card edited into plain text", slog.Any("error", err))
		err = c.patch(ctx, out, string(bareCard(*out.Card)))
	}
	if codeOf(err) == codeWrongKind {
		// It went out as plain text in the first place.
		err = c.editPost(ctx, out)
	}
	if err != nil {
		return tickets.Receipt{}, err
	}
	return tickets.Receipt{RemoteID: out.Target}, nil
}

func (c *Client) patch(ctx context.Context, out tickets.Outgoing, content string) error {
	return c.call(ctx, request{
		op: "edit card", method: http.MethodPatch, path: "/im/v1/messages/:message_id",
		params: map[string]string{"message_id": string(out.Target)},
		body:   map[string]string{"content": content},
		chat:   "message:" + string(out.Target), urgency: out.Urgency,
	}, nil)
}

func (c *Client) editPost(ctx context.Context, out tickets.Outgoing) error {
	parts := postOf(PlainCard(*out.Card), nil, "").parts()
	if len(parts) == 0 {
		return refuse(tickets.Rejected, "nothing to edit")
	}
	return c.call(ctx, request{
		op: "edit message", method: http.MethodPut, path: "/im/v1/messages/:message_id",
		params: map[string]string{"message_id": string(out.Target)},
		body:   map[string]string{"msg_type": "post", "content": parts[0].content()},
		chat:   "message:" + string(out.Target), urgency: out.Urgency,
	}, nil)
}

// react adds an emoji. The bot has each emoji on a message once, however often it adds it.
func (c *Client) react(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	if out.Target == "" || out.Emoji == "" {
		return tickets.Receipt{}, refuse(tickets.Rejected, "nothing to react to")
	}
	var answer struct {
		Data struct {
			ReactionID tickets.RemoteID `json:"reaction_id"`
		} `json:"data"`
	}
	err := c.call(ctx, request{
		op: "react", method: http.MethodPost, path: "/im/v1/messages/:message_id/reactions",
		params:  map[string]string{"message_id": string(out.Target)},
		body:    map[string]any{"reaction_type": map[string]string{"emoji_type": out.Emoji}},
		urgency: out.Urgency,
	}, &answer)
	return tickets.Receipt{RemoteID: answer.Data.ReactionID}, err
}
