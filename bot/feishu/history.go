package feishu

import (
	"context"
	"encoding/json"
	"sort"
	"strconv"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// listed is a message as Feishu lists it.
type listed struct {
	MessageID  string `json:"message_id"`
	RootID     string `json:"root_id"`
	ParentID   string `json:"parent_id"`
	ThreadID   string `json:"thread_id"`
	MsgType    string `json:"msg_type"`
	CreateTime string `json:"create_time"`
	Deleted    bool   `json:"deleted"`
	ChatID     string `json:"chat_id"`
	Sender     struct {
		ID         string `json:"id"`
		SenderType string `json:"sender_type"`
	} `json:"sender"`
	Body struct {
		Content string `json:"content"`
	} `json:"body"`
	Mentions []struct {
		Key  string `json:"key"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"mentions"`
}

// History gives what people said in a chat since a moment (clock time), oldest first, in the raw form of live events, whose MessageKey it
// shares: what was kept already is recognised by that. Of topics it knows those that were opened since; see Topic for older ones. direct says
// that the chat is a direct chat with the bot.
func (c *Client) History(ctx context.Context, chat tickets.RemoteID, direct bool, since time.Time) ([]bot.Event, error) {
	roots, err := c.list(ctx, map[string]string{
		"container_id_type": "chat", "container_id": string(chat), "start_time": strconv.FormatInt(since.Unix(), 10),
	})
	if err != nil {
		return nil, err
	}
	all := roots
	for _, m := range roots {
		if m.ThreadID == "" {
			continue
		}
		said, err := c.thread(ctx, m.ThreadID)
		if err != nil {
			return nil, err
		}
		all = append(all, said...)
	}
	return historyEvents(all, direct, since), nil
}

// Topic gives what people said since a moment in the topic that a message heads; nothing when there is no topic.
func (c *Client) Topic(ctx context.Context, root tickets.RemoteID, since time.Time) ([]bot.Event, error) {
	var answer struct {
		Data struct {
			Items []listed `json:"items"`
		} `json:"data"`
	}
	if err := c.get(ctx, "get message", "/im/v1/messages/:message_id", map[string]string{"message_id": string(root)}, nil, &answer); err != nil {
		return nil, err
	}
	if len(answer.Data.Items) == 0 || answer.Data.Items[0].ThreadID == "" {
		return nil, nil
	}
	said, err := c.thread(ctx, answer.Data.Items[0].ThreadID)
	if err != nil {
		return nil, err
	}
	return historyEvents(said, false, since), nil
}

// thread lists a topic whole: Feishu takes no times for it.
func (c *Client) thread(ctx context.Context, id string) ([]listed, error) {
	return c.list(ctx, map[string]string{"container_id_type": "thread", "container_id": id})
}

func (c *Client) list(ctx context.Context, query map[string]string) ([]listed, error) {
	query["sort_type"], query["page_size"] = "ByCreateTimeAsc", strconv.Itoa(mostIDs)
	var all []listed
	for {
		var answer struct {
			Data struct {
				Items     []listed `json:"items"`
				HasMore   bool     `json:"has_more"`
				PageToken string   `json:"page_token"`
			} `json:"data"`
		}
		if err := c.get(ctx, "list messages", "/im/v1/messages", nil, query, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Data.Items...)
		if !answer.Data.HasMore || answer.Data.PageToken == "" {
			return all, nil
		}
		query["page_token"] = answer.Data.PageToken
	}
}

func historyEvents(all []listed, direct bool, since time.Time) []bot.Event {
	sort.SliceStable(all, func(i, j int) bool { return instant(all[i].CreateTime).Before(instant(all[j].CreateTime)) })
	var events []bot.Event
	seen := map[string]bool{}
	for _, m := range all {
		if m.Deleted || m.Sender.SenderType != "user" || seen[m.MessageID] || instant(m.CreateTime).Before(since) {
			continue
		}
		seen[m.MessageID] = true
		e := m.envelope(direct)
		event, ok, err := eventOf(e, []byte(encode(e)))
		if err == nil && ok {
			events = append(events, event)
		}
	}
	return events
}

// envelope is the event that the message would have come in.
func (m listed) envelope(direct bool) envelope {
	var s said
	s.Sender.SenderID.OpenID = m.Sender.ID
	s.Sender.SenderType = m.Sender.SenderType
	s.Message = message{
		MessageID: m.MessageID, RootID: m.RootID, ParentID: m.ParentID, ThreadID: m.ThreadID, CreateTime: m.CreateTime,
		ChatID: m.ChatID, ChatType: "group", MessageType: m.MsgType, Content: m.Body.Content,
	}
	if direct {
		s.Message.ChatType = "p2p"
	}
	for _, at := range m.Mentions {
		s.Message.Mentions = append(s.Message.Mentions, mention{at.Key, userID{at.ID}, at.Name})
	}
	return envelope{
		Schema: "2.0",
		Header: header{EventID: "history:" + m.MessageID, EventType: eventMessage, CreateTime: m.CreateTime},
		Event:  json.RawMessage(encode(s)),
	}
}
