package wecom

import "time"

// Occasions on which a message may be sent by a code instead of within the window.
const (
	codeWelcome  = "welcome"  // contact enters: text or menu within 20 s
	codePool     = "pool"     // put in the pool: text within 48 h
	codeAssigned = "assigned" // given to a servicer: text within 48 h
	codeTaken    = "taken"    // taken from the pool by a servicer: text within 48 h
	codeEnd      = "end"      // session ended: text or menu within 20 s
)

// welcomeLife is how long the codes for welcome and farewell are good.
const welcomeLife = 20 * time.Second

// eventCode allows one message.
type eventCode struct {
	Code       string    `json:"code"`
	Account    string    `json:"open_kfid"`
	Contact    string    `json:"external_userid"`
	Occasion   string    `json:"occasion"`
	Until      time.Time `json:"until"`
	Generation int       `json:"generation"` // of the session that gave it
}

// newCode gives a code for the session as it is now; the caller holds mu.
func (s *Server) newCode(ss session, occasion string) string {
	now := s.world.Clock.Now()
	for _, c := range s.codes.All() {
		if c.Until.Before(now) {
			s.codes.Delete(c.Code)
		}
	}
	life := windowLife
	if occasion == codeWelcome || occasion == codeEnd {
		life = welcomeLife
	}
	c := eventCode{
		Code: randomText(32), Account: ss.Account, Contact: ss.Contact, Occasion: occasion,
		Until: now.Add(life), Generation: ss.Generation,
	}
	s.codes.Put(c.Code, c)
	return c.Code
}

type sendOnEventIn struct {
	Code    string  `json:"code"`
	MsgID   *string `json:"msgid"`
	MsgType string  `json:"msgtype"`
	Text    *text   `json:"text"`
	Menu    *menu   `json:"msgmenu"`
}

// sendMsgOnEvent is kf/send_msg_on_event.
func (s *Server) sendMsgOnEvent(in sendOnEventIn) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.world.Clock.Now()
	c, known := s.codes.Get(in.Code)
	if !known || !now.Before(c.Until) {
		return nil, refuse(codeBadEventCode, "")
	}
	ss := s.session(c.Account, c.Contact)
	if c.Occasion != codeWelcome && ss.Generation != c.Generation {
		return nil, refuse(codeBadEventCode, "")
	}
	menuAllowed := c.Occasion == codeWelcome || c.Occasion == codeEnd
	if in.MsgType != "text" && (in.MsgType != "msgmenu" || !menuAllowed) {
		return nil, refuse(codeBadParameter, "msgtype")
	}
	said, err := s.checkContent(in.MsgType, content{Text: in.Text, Menu: in.Menu})
	if err != nil {
		return nil, err
	}
	msgid, err := s.checkMsgID(c.Account, in.MsgID)
	if err != nil {
		return nil, err
	}
	s.codes.Delete(c.Code)
	if c.Occasion == codeWelcome {
		ss.Welcomed = now
	}
	if s.world.Switches.Bool(switchOnEventCounts) {
		ss.Sent++
	}
	s.sessions.Put(ss.key(), ss)
	said.MsgID, said.OpenKFID, said.Contact, said.From = msgid, c.Account, c.Contact, fromDesk
	s.keep(said)
	return sendOut{reply: ok, MsgID: msgid}, nil
}
