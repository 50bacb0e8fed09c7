package wecom

import "regexp"

type sendIn struct {
	ToUser   string  `json:"touser"`
	OpenKFID string  `json:"open_kfid"`
	MsgID    *string `json:"msgid"`
	MsgType  string  `json:"msgtype"`
	content
}

type sendOut struct {
	reply
	MsgID string `json:"msgid"`
}

// sendMsg is kf/send_msg.
func (s *Server) sendMsg(in sendIn) (any, error) {
	if err := s.checkTalk(in.OpenKFID, in.ToUser); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	said, err := s.checkContent(in.MsgType, in.content)
	if err != nil {
		return nil, err
	}
	// A repeated msgid is told before all other limits: else a sender who heard no answer could never know.
	msgid, err := s.checkMsgID(in.OpenKFID, in.MsgID)
	if err != nil {
		return nil, err
	}
	ss := s.session(in.OpenKFID, in.ToUser)
	if err := ss.maySend(s.world.Clock.Now()); err != nil {
		return nil, err
	}
	ss.Sent++
	s.sessions.Put(ss.key(), ss)
	said.MsgID, said.OpenKFID, said.Contact, said.From = msgid, in.OpenKFID, in.ToUser, fromDesk
	s.keep(said)
	return sendOut{reply: ok, MsgID: msgid}, nil
}

var msgidForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,32}$`)

// checkMsgID refuses a malformed or used msgid and invents one when none was given; the caller holds mu.
func (s *Server) checkMsgID(account string, given *string) (string, error) {
	if given == nil {
		return randomText(32), nil
	}
	if !msgidForm.MatchString(*given) {
		return "", refuse(codeBadParameter, "msgid")
	}
	if _, used := s.messages.Get(account + "/" + *given); used {
		return "", &refusal{code: s.world.Switches.Int(switchDuplicateCode), text: "msgid duplicated"}
	}
	return *given, nil
}

// content is the body of a message to a customer; the field of its msgtype counts.
type content struct {
	Text         *text         `json:"text"`
	Image        *mediaRef     `json:"image"`
	Voice        *mediaRef     `json:"voice"`
	Video        *mediaRef     `json:"video"`
	File         *mediaRef     `json:"file"`
	Link         *link         `json:"link"`
	MiniProgram  *miniProgram  `json:"miniprogram"`
	Menu         *menu         `json:"msgmenu"`
	Location     *location     `json:"location"`
	BusinessCard *businessCard `json:"business_card"`
	CALink       *caLink       `json:"ca_link"`
}

type text struct {
	Content string `json:"content"`
	MenuID  string `json:"menu_id,omitempty"`
}

type mediaRef struct {
	MediaID string `json:"media_id"`
}

type link struct {
	Title string `json:"title"`
	Desc  string `json:"desc"`
	URL   string `json:"url"`
	Thumb string `json:"thumb_media_id"`
}

type miniProgram struct {
	AppID    string `json:"appid"`
	Title    string `json:"title"`
	Thumb    string `json:"thumb_media_id"`
	PagePath string `json:"pagepath"`
}

type location struct {
	Name      string   `json:"name"`
	Address   string   `json:"address"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
}

type businessCard struct {
	UserID string `json:"userid"`
}

type caLink struct {
	LinkURL string `json:"link_url"`
}
