package wecom

import (
	"fmt"
	"time"

	"servicedesk/tickets"
)

// Origins of an item of sync_msg (document 94670).
const (
	originSystem   = 4
	originServicer = 5
)

// changeEnded is the change_type of a session that a servicer ended.
const changeEnded = 3

// Convert turns an item of sync_msg into neutral form. ok is false for items without meaning for the desk; err is set only for what is no JSON
// object. Media carries no words: it is Attached, and its name comes with Fetch.
func (c *Client) Convert(raw []byte) (in tickets.Inbound, ok bool, err error) {
	item, err := parseFields(raw)
	if err != nil || item == nil {
		return tickets.Inbound{}, false, fmt.Errorf("wecom: item of sync_msg is no JSON object")
	}
	in = tickets.Inbound{
		Platform: tickets.WeCom,
		ID:       tickets.RemoteID(itemID(item, raw)),
		Channel:  tickets.RemoteID(item.text("open_kfid")),
		Author:   tickets.RemoteID(peer(item)),
		Servicer: item.number("origin") == originServicer,
	}
	if seconds := item.number("send_time"); seconds > 0 {
		in.At = time.Unix(seconds, 0).UTC()
	}
	kind := item.text("msgtype")
	if kind == "event" {
		return convertEvent(in, item.object("event"))
	}
	if item.number("origin") == originSystem {
		return in, false, nil // what the platform said to the contact is not his word
	}
	body := item.object(kind)
	switch kind {
	case "text":
		in.Kind = tickets.KindText
		in.Text = body.text("content")
		in.Clicked = body.text("menu_id")
	case "image":
		in.Kind = tickets.KindImage
		in.Attached = attached(body, true)
	case "voice", "video", "file":
		in.Kind = tickets.KindFile
		in.Attached = attached(body, false)
	default:
		in.Kind = tickets.KindOther
		in.Text = render(kind, body, 0)
	}
	return in, true, nil
}

func attached(body fields, image bool) []tickets.Attachment {
	id := body.text("media_id")
	return []tickets.Attachment{{
		Remote: tickets.RemoteID(id),
		Name:   cleanName(body.text("filename")),
		Image:  image,
		Lost:   id == "", // nothing to fetch it by
	}}
}

// convertEvent knows the events that change something for the desk; the others report what happens in WeCom's own client.
func convertEvent(in tickets.Inbound, event fields) (tickets.Inbound, bool, error) {
	if id := event.text("open_kfid"); id != "" {
		in.Channel = tickets.RemoteID(id)
	}
	if id := event.text("external_userid"); id != "" {
		in.Author = tickets.RemoteID(id)
	}
	in.Servicer = false
	switch event.text("event_type") {
	case "enter_session":
		in.Kind = tickets.KindEnter
		in.Scene, in.SceneParam = event.text("scene"), event.text("scene_param")
		in.WelcomeCode = event.text("welcome_code")
	case "msg_send_fail":
		in.Kind = tickets.KindFail
		in.Target = tickets.RemoteID(event.text("fail_msgid"))
		in.FailType = int(event.number("fail_type"))
	case "user_recall_msg":
		in.Kind = tickets.KindRecall
		in.Target = tickets.RemoteID(event.text("recall_msgid"))
	case "servicer_recall_msg":
		in.Kind = tickets.KindRecall
		in.Target = tickets.RemoteID(event.text("recall_msgid"))
		in.Servicer = true
	case "session_status_change":
		in.Kind = tickets.KindSession
		in.Session, in.Holder = tickets.SessionHeld, tickets.RemoteID(event.text("new_servicer_userid"))
		if event.number("change_type") == changeEnded {
			in.Session, in.WelcomeCode = tickets.SessionEnded, event.text("msg_code")
		}
	default:
		return in, false, nil
	}
	return in, true, nil
}
