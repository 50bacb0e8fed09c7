package wecom

import (
	"context"
	"log/slog"
	"slices"

	"servicedesk/tickets"
)

// Limits of send_msg (document 94677), in bytes of UTF-8 unless they count.
const (
	maxText      = 2048
	maxMenuText  = 1024
	maxMenuItems = 10
	maxItemText  = 128
	maxItemID    = 64 // one page says 128: the smaller holds in either reading
)

// outgoing is the body of send_msg and of send_msg_on_event: exactly one kind of content is set.
type outgoing struct {
	ToUser  string     `json:"touser,omitempty"`
	Account string     `json:"open_kfid,omitempty"`
	Code    string     `json:"code,omitempty"`
	MsgID   string     `json:"msgid"`
	Kind    string     `json:"msgtype"`
	Text    *textBody  `json:"text,omitempty"`
	Menu    *menuBody  `json:"msgmenu,omitempty"`
	Image   *mediaBody `json:"image,omitempty"`
	File    *mediaBody `json:"file,omitempty"`
}

type textBody struct {
	Content string `json:"content"`
}

type mediaBody struct {
	MediaID string `json:"media_id"`
}

type menuBody struct {
	Head string     `json:"head_content,omitempty"`
	List []menuItem `json:"list"`
	Tail string     `json:"tail_content,omitempty"`
}

type menuItem struct {
	Kind  string    `json:"type"`
	Click menuClick `json:"click"`
}

type menuClick struct {
	ID      string `json:"id,omitempty"`
	Content string `json:"content"`
}

// Send delivers one message. What Body holds decides the kind: Media, else Menu, else Text; with Code it goes out as the answer to an event
// (send_msg_on_event) and needs no place in the window. A menu's texts are cut to WeCom's limits; a text over 2048 bytes is rejected, because its
// end would be lost. Every error is a *bot.SendError.
//
// out.Key is the message's own msgid. WeCom refuses one that it has seen: as the key names one row of the outbox, that row has been sent, by an
// attempt whose answer was lost.
func (c *Client) Send(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	if out.Use == tickets.UseRetake {
		return c.retake(ctx, out)
	}
	if out.Media != nil && out.Media.Key != "" {
		return c.sendMedia(ctx, out)
	}
	msg, err := compose(out)
	if err != nil {
		return tickets.Receipt{}, err
	}
	return c.send(ctx, msg)
}

func (c *Client) send(ctx context.Context, msg outgoing) (tickets.Receipt, error) {
	if err := c.sends.Wait(ctx); err != nil {
		return tickets.Receipt{}, certain(transportError(context.DeadlineExceeded))
	}
	path := "kf/send_msg"
	if msg.Code != "" {
		path = "kf/send_msg_on_event"
		msg.ToUser, msg.Account = "", ""
	}
	var out struct {
		answer
		MsgID string `json:"msgid"`
	}
	err := c.post(ctx, path, msg, &out)
	switch code := codeOf(err); {
	case code == c.duplicate:
		return c.sentBefore(ctx, msg)
	case code == codeStateForbids && msg.Code == "":
		return tickets.Receipt{}, c.occupied(ctx, msg, err)
	}
	if err != nil {
		return tickets.Receipt{}, err
	}
	if out.MsgID == "" {
		out.MsgID = msg.MsgID
	}
	return tickets.Receipt{RemoteID: tickets.RemoteID(out.MsgID)}, nil
}

// sentBefore answers for a message whose msgid was refused as used, provided that its account exists: see DefaultDuplicateCode.
func (c *Client) sentBefore(ctx context.Context, msg outgoing) (tickets.Receipt, error) {
	if msg.Account != "" {
		managed, err := c.managedAccounts(ctx)
		if err != nil {
			return tickets.Receipt{}, err
		}
		if !slices.Contains(managed, msg.Account) {
			return tickets.Receipt{}, codeError(codeNoAccount)
		}
	}
	c.log.Info("wecom message was sent before", slog.String("key", msg.MsgID))
	return tickets.Receipt{RemoteID: tickets.RemoteID(msg.MsgID)}, nil
}

// compose makes a text or a menu; pure.
func compose(out tickets.Outgoing) (outgoing, error) {
	msg := envelope(out)
	if out.Menu != nil {
		menu, err := composeMenu(*out.Menu)
		if err != nil {
			return outgoing{}, err
		}
		msg.Kind, msg.Menu = "msgmenu", menu
		return msg, nil
	}
	switch {
	case out.Text == "":
		return outgoing{}, failure(tickets.Rejected, "empty message")
	case len(out.Text) > maxText:
		return outgoing{}, failure(tickets.Rejected, "text over 2048 bytes")
	}
	msg.Kind, msg.Text = "text", &textBody{Content: out.Text}
	return msg, nil
}

func envelope(out tickets.Outgoing) outgoing {
	return outgoing{ToUser: string(out.To.Peer), Account: string(out.To.Channel), Code: out.Code, MsgID: out.Key}
}

// composeMenu cuts words and items to their limits. An id is never cut: what comes back would answer another question.
func composeMenu(menu tickets.Menu) (*menuBody, error) {
	items := menu.Items[:min(len(menu.Items), maxMenuItems)]
	body := &menuBody{
		Head: clip(menu.Head, maxMenuText),
		List: make([]menuItem, len(items)),
		Tail: clip(menu.Tail, maxMenuText),
	}
	for i, item := range items {
		if len(item.ID) > maxItemID {
			return nil, failure(tickets.Rejected, "menu id over 64 bytes")
		}
		body.List[i] = menuItem{Kind: "click", Click: menuClick{ID: item.ID, Content: clip(item.Text, maxItemText)}}
	}
	return body, nil
}
