package wecom

import (
	"encoding/json"
	"sort"
	"time"

	"servicedesk/simulator/kernel"
)

// Who said a message.
const (
	fromContact  = "contact"
	fromDesk     = "desk"
	fromServicer = "servicer"
	fromSystem   = "system"
)

// Message is one entry of a conversation as the contact's phone shows it.
type Message struct {
	Seq      int64           `json:"seq"` // a new one when the message changes
	MsgID    string          `json:"msgid"`
	OpenKFID string          `json:"open_kfid"`
	Contact  string          `json:"external_userid"`
	From     string          `json:"from"`
	MsgType  string          `json:"msgtype"`
	Text     string          `json:"text,omitempty"`    // the words
	Menu     json.RawMessage `json:"menu,omitempty"`    // a msgmenu's body as sent
	MenuID   string          `json:"menu_id,omitempty"` // of a click
	MediaID  string          `json:"media_id,omitempty"`
	Filename string          `json:"filename,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"` // of other kinds; the lists show it under the name of the msgtype
	Event    string          `json:"event_type,omitempty"`
	Servicer string          `json:"servicer_userid,omitempty"`
	Recalled bool            `json:"recalled,omitempty"`
	Failed   bool            `json:"failed,omitempty"` // a msg_send_fail came for it
	Time     time.Time       `json:"time"`
}

func (m Message) key() string { return m.OpenKFID + "/" + m.MsgID }

// keep adds a message to its conversation now; the caller holds mu.
func (s *Server) keep(m Message) {
	m.Seq, m.Time = s.world.Journal.NextSeq(), s.world.Clock.Now()
	s.messages.Put(m.key(), m)
	s.talks[m.Contact] = append(s.talks[m.Contact], m.key())
	s.world.Hub.Publish(kernel.WeCom, m.Contact)
}

// change alters a kept message, which the lists then show as new; the caller holds mu. False when there is none.
func (s *Server) change(account, msgid string, alter func(*Message)) bool {
	m, there := s.messages.Get(account + "/" + msgid)
	if !there {
		return false
	}
	alter(&m)
	m.Seq = s.world.Journal.NextSeq()
	s.messages.Put(m.key(), m)
	s.world.Hub.Publish(kernel.WeCom, m.Contact)
	return true
}

// messagesAfter lists a contact's messages with a greater sequence number, by that number.
func (s *Server) messagesAfter(contact string, after int64) []Message {
	list := []Message{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.talks[contact] {
		if m, _ := s.messages.Get(key); m.Seq > after {
			list = append(list, m)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Seq < list[j].Seq })
	return list
}

// listed is the message as the control interface shows it.
func (m Message) listed() any {
	if m.Body == nil {
		return m
	}
	body := m.Body
	m.Body = nil
	var shown object
	_ = json.Unmarshal(encode(m), &shown) // our own encoding decodes
	shown[m.MsgType] = body
	return shown
}
