package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"servicedesk/simulator/kernel"
)

// spoken is what somebody says in a conversation, in the form of a sync_msg item.
type spoken struct {
	Account  string
	Contact  string
	Origin   int
	Servicer string // of origin 5
	MsgType  string
	Raw      object
	Data     []byte // of media
	Filename string
}

// errNotHeld says that no servicer has the session.
var errNotHeld = errors.New("no servicer has this session: take it first")

// speak puts a message or event into the conversation, rings the desk's bell and returns its msgid.
func (s *Server) speak(p spoken) (msgid string, err error) {
	if p.MsgType == "event" {
		return s.raise(p)
	}
	m := Message{OpenKFID: p.Account, Contact: p.Contact, From: fromContact, MsgType: p.MsgType, Servicer: p.Servicer}
	if p.Origin == originServicer {
		m.From = fromServicer
	}
	if err := s.fill(&m, &p); err != nil {
		return "", err
	}
	s.mu.Lock()
	ss, now := s.session(p.Account, p.Contact), s.world.Clock.Now()
	if p.Origin == originServicer {
		s.hold(&ss, p.Servicer)
		p.Raw.set("servicer_userid", p.Servicer)
	} else {
		ss.hear(now, m.MenuID == "" || s.world.Switches.Bool(switchClickRenews))
	}
	s.sessions.Put(ss.key(), ss)
	p.Raw.set("open_kfid", p.Account)
	p.Raw.set("external_userid", p.Contact)
	p.Raw.set("origin", p.Origin)
	p.Raw.set("msgtype", m.MsgType)
	m.MsgID = s.list(p.Account, p.Raw).MsgID
	s.keep(m)
	s.mu.Unlock()
	s.ring(p.Account)
	return m.MsgID, nil
}

// tooLarge are the hints that arrive instead of a file beyond the limits.
var tooLarge = map[string]string{
	"image": "[图片超过 2M，无法接收]", "voice": "[语音超过 2M，无法接收]", "video": "[视频超过 10M，无法接收]", "file": "[文件超过 20M，无法接收]",
}

// fill takes words and media of what is said; media get their media_id here.
func (s *Server) fill(m *Message, p *spoken) error {
	limit, isMedia := receiveLimits[p.MsgType]
	switch {
	case isMedia && len(p.Data) > limit:
		m.MsgType, m.Text = "text", tooLarge[p.MsgType]
		delete(p.Raw, p.MsgType)
		p.Raw.set("text", text{Content: m.Text})
	case isMedia && len(p.Data) > 0:
		kept, err := s.keepMedia(p.MsgType, p.Filename, p.Data)
		if err != nil {
			return err
		}
		m.MediaID, m.Filename = kept.ID, kept.Filename
		p.Raw.set(p.MsgType, mediaRef{MediaID: kept.ID})
	case isMedia:
		var ref mediaRef
		_ = json.Unmarshal(p.Raw[p.MsgType], &ref) // a body without media_id is refused below
		kept, known := s.media.Get(ref.MediaID)
		if !known {
			return fmt.Errorf(`%s needs "data" in base64`, p.MsgType)
		}
		m.MediaID, m.Filename = kept.ID, kept.Filename
	case p.MsgType == "text":
		var body text
		if p.Raw["text"] == nil || json.Unmarshal(p.Raw["text"], &body) != nil {
			return errors.New(`text needs {"text":{"content":"…"}}`)
		}
		m.Text, m.MenuID = body.Content, body.MenuID
	case p.MsgType == "msgmenu":
		var body menu
		if json.Unmarshal(p.Raw["msgmenu"], &body) == nil {
			checked, _ := s.withMenu(*m, &body) // what a servicer's client sent is shown even beyond the limits
			m.Text, m.Menu = checked.Text, body.raw
		}
	default:
		m.Text, m.Body = wordsOf(p.Raw[p.MsgType]), p.Raw[p.MsgType]
	}
	return nil
}

// wordsOf picks what a person would read of a body of another kind.
func wordsOf(body json.RawMessage) string {
	var fields object
	_ = json.Unmarshal(body, &fields) // no object has no words
	words := []string{}
	for _, name := range []string{"title", "nickname", "name", "address", "desc", "url"} {
		words = append(words, fields.text(name))
	}
	return joinWords(words...)
}

// raise puts an event into the feed as it was given, and shows its effect in the conversation.
func (s *Server) raise(p spoken) (msgid string, err error) {
	var event object
	if json.Unmarshal(p.Raw["event"], &event) != nil || event.text("event_type") == "" {
		return "", errors.New(`an event needs {"event":{"event_type":"…", …}}`)
	}
	if event["open_kfid"] == nil {
		event.set("open_kfid", p.Account)
	}
	if event["external_userid"] == nil {
		event.set("external_userid", p.Contact)
	}
	delete(p.Raw, "open_kfid")
	delete(p.Raw, "external_userid")
	p.Raw.set("event", event)
	p.Raw.set("origin", originSystem)
	p.Raw.set("msgtype", "event")
	s.mu.Lock()
	switch event.text("event_type") {
	case "msg_send_fail":
		s.change(p.Account, event.text("fail_msgid"), func(m *Message) { m.Failed = true })
	case "user_recall_msg", "servicer_recall_msg":
		s.change(p.Account, event.text("recall_msgid"), func(m *Message) { m.Recalled = true })
	}
	it := s.list(p.Account, p.Raw)
	s.note(session{Account: p.Account, Contact: p.Contact}, it, "")
	s.mu.Unlock()
	s.ring(p.Account)
	return it.MsgID, nil
}

// note shows an event as a line of the conversation; the caller holds mu.
func (s *Server) note(ss session, it item, words string) {
	var raw struct {
		Event object `json:"event"`
	}
	_ = json.Unmarshal(it.Raw, &raw) // our own encoding decodes
	s.keep(Message{
		MsgID: it.MsgID, OpenKFID: ss.Account, Contact: ss.Contact, From: fromSystem, MsgType: "event",
		Event: raw.Event.text("event_type"), Text: words, Body: encode(raw.Event),
	})
}

// enterIn is how a contact comes into a conversation.
type enterIn struct {
	OpenKFID   string          `json:"open_kfid"`
	Scene      string          `json:"scene"`
	SceneParam string          `json:"scene_param"`
	Channels   json.RawMessage `json:"wechat_channels"`
}

// enter lets a contact open the conversation. A welcome code comes only when he was not welcomed and has not written
// within 48 hours.
func (s *Server) enter(contact string, in enterIn) (msgid string) {
	s.mu.Lock()
	ss, now := s.session(in.OpenKFID, contact), s.world.Clock.Now()
	ss.Active, ss.Scene, ss.SceneParam = now, in.Scene, in.SceneParam
	s.sessions.Put(ss.key(), ss)
	fields := map[string]any{"scene": in.Scene, "scene_param": in.SceneParam}
	if in.Channels != nil {
		fields["wechat_channels"] = in.Channels
	}
	quiet := func(t time.Time) bool { return t.IsZero() || !now.Before(t.Add(windowLife)) }
	if quiet(ss.Welcomed) && quiet(ss.Heard) {
		fields["welcome_code"] = s.newCode(ss, codeWelcome)
	}
	it := s.listEvent(ss, "enter_session", fields)
	s.note(ss, it, "")
	s.mu.Unlock()
	s.ring(ss.Account)
	return it.MsgID
}

// recall lets a contact take back one of his own messages.
func (s *Server) recall(contact, msgid string) error {
	s.mu.Lock()
	var found *Message
	for _, key := range s.talks[contact] {
		if m, _ := s.messages.Get(key); m.MsgID == msgid && m.From == fromContact {
			found = &m
		}
	}
	if found == nil || found.Recalled {
		s.mu.Unlock()
		return fmt.Errorf("no message %q that this contact could recall", msgid)
	}
	s.change(found.OpenKFID, msgid, func(m *Message) { m.Recalled = true })
	s.listEvent(session{Account: found.OpenKFID, Contact: contact}, "user_recall_msg", map[string]any{"recall_msgid": msgid})
	s.mu.Unlock()
	s.ring(found.OpenKFID)
	return nil
}

// Changes that session_status_change names.
const (
	changeTaken     = 1
	changeTransfer  = 2
	changeEnd       = 3
	changeReentered = 4
)

// hold gives the session to a servicer who acts in the WeCom client, and lists the change; the caller holds mu and
// stores the session.
func (s *Server) hold(ss *session, userid string) {
	if ss.State == stateHuman && ss.Servicer == userid {
		return
	}
	fields := map[string]any{"new_servicer_userid": userid, "change_type": changeTaken}
	switch ss.State {
	case stateHuman:
		fields["change_type"], fields["old_servicer_userid"] = changeTransfer, ss.Servicer
	case stateEnded:
		fields["change_type"], fields["old_servicer_userid"] = changeReentered, userid
		ss.Alive = s.world.Clock.Now() // the session begins anew; the sending window does not
	}
	ss.move(stateHuman, userid)
	if fields["change_type"] == changeTaken {
		fields["msg_code"] = s.newCode(*ss, codeTaken)
	}
	s.note(*ss, s.listEvent(*ss, "session_status_change", fields), "客服 "+userid+" 接待")
	s.world.Hub.Publish(kernel.WeCom, ss.Contact)
}

// take lets a servicer take the session.
func (s *Server) take(account, contact, userid string) {
	s.mu.Lock()
	ss := s.session(account, contact)
	s.hold(&ss, userid)
	s.sessions.Put(ss.key(), ss)
	s.mu.Unlock()
	s.ring(account)
}

// end lets the servicer who has the session end it.
func (s *Server) end(account, contact string) error {
	s.mu.Lock()
	ss := s.session(account, contact)
	if ss.State != stateHuman {
		s.mu.Unlock()
		return errNotHeld
	}
	old := ss.Servicer
	ss.move(stateEnded, "")
	s.sessions.Put(ss.key(), ss)
	it := s.listEvent(ss, "session_status_change", map[string]any{
		"change_type": changeEnd, "old_servicer_userid": old, "msg_code": s.newCode(ss, codeEnd),
	})
	s.note(ss, it, "客服 "+old+" 结束会话")
	s.mu.Unlock()
	s.ring(account)
	return nil
}
