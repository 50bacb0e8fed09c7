package feishu

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// The events that the desk keeps. The others are acknowledged and forgotten.
const (
	eventMessage   = "im.message.receive_v1"
	eventRecalled  = "im.message.recalled_v1"
	eventBotAdded  = "im.chat.member.bot.added_v1"
	eventBotGone   = "im.chat.member.bot.deleted_v1"
	eventDisbanded = "im.chat.disbanded_v1"
	cardAction     = "card.action.trigger"
)

var keptEvents = []string{eventMessage, eventRecalled, eventBotAdded, eventBotGone, eventDisbanded}

// otherEvents may be subscribed to in the console although the desk has no use for them yet: over a long connection a type without a handler
// counts as a failure, and would be sent again and again.
var otherEvents = []string{
	"im.message.message_read_v1", "im.message.reaction.created_v1", "im.message.reaction.deleted_v1", "im.message.updated_v1",
	"im.chat.updated_v1", "im.chat.member.user.added_v1", "im.chat.member.user.deleted_v1", "im.chat.member.user.withdrawn_v1",
	"im.chat.access_event.bot_p2p_chat_entered_v1", "im.chat.access_event.bot_p2p_chat_create_v1", "application.bot.menu_v6",
	"contact.user.created_v3", "contact.user.updated_v3", "contact.user.deleted_v3",
}

// envelope is what every event comes in ("schema 2.0"). Raw form of a kept event is its JSON, the same from a callback, from the long
// connection and from History.
type envelope struct {
	Schema string          `json:"schema"`
	Header header          `json:"header"`
	Event  json.RawMessage `json:"event"`
}

type header struct {
	EventID    string `json:"event_id"`
	EventType  string `json:"event_type"`
	CreateTime string `json:"create_time"`
	Token      string `json:"token,omitempty"`
	AppID      string `json:"app_id,omitempty"`
	TenantKey  string `json:"tenant_key,omitempty"`
}

// place is the part of a kept event that says where it belongs.
type place struct {
	ChatID  string `json:"chat_id"`
	Message struct {
		MessageID string `json:"message_id"`
		RootID    string `json:"root_id"`
		ChatID    string `json:"chat_id"`
	} `json:"message"`
}

// eventOf makes an event of its envelope; ok=false: of no use to the desk.
func eventOf(e envelope, raw []byte) (event bot.Event, ok bool, err error) {
	if !isKept(e.Header.EventType) {
		return bot.Event{}, false, nil
	}
	if e.Header.EventID == "" {
		return bot.Event{}, false, fmt.Errorf("feishu: event without an id")
	}
	var p place
	if err := json.Unmarshal(e.Event, &p); err != nil {
		return bot.Event{}, false, fmt.Errorf("feishu: event %s is malformed", e.Header.EventType)
	}
	return bot.Event{
		Platform:   tickets.Feishu,
		Key:        e.Header.EventID,
		MessageKey: p.Message.MessageID,
		Lane:       p.lane(),
		Raw:        raw,
	}, true, nil
}

func isKept(eventType string) bool {
	for _, kept := range keptEvents {
		if kept == eventType {
			return true
		}
	}
	return false
}

func (p place) lane() string {
	chat := p.Message.ChatID
	if chat == "" {
		chat = p.ChatID
	}
	lane := "feishu:" + chat
	if p.Message.RootID != "" {
		lane += ":" + p.Message.RootID
	}
	return lane
}

// instant reads Feishu's times: milliseconds as a string, microseconds in card actions. Zero for what is none.
func instant(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	const microsecondsFrom = 1e14 // as milliseconds that would be the year 5138
	if n >= microsecondsFrom {
		return time.UnixMicro(n).UTC()
	}
	return time.UnixMilli(n).UTC()
}
