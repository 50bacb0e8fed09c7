package wecom

import (
	"bytes"
	"encoding/json"
	"strings"
)

// checkContent refuses a body beyond the limits of its kind and gives the message that the customer will see; the
// caller holds mu.
func (s *Server) checkContent(msgtype string, c content) (Message, error) {
	m := Message{MsgType: msgtype}
	switch msgtype {
	case "text":
		if c.Text == nil || c.Text.Content == "" {
			return m, refuse(codeEmpty, "")
		}
		m.Text = c.Text.Content
		return m, within(c.Text.Content, 2048)
	case "image":
		return s.withMedia(m, c.Image)
	case "voice":
		return s.withMedia(m, c.Voice)
	case "video":
		return s.withMedia(m, c.Video)
	case "file":
		return s.withMedia(m, c.File)
	case "msgmenu":
		return s.withMenu(m, c.Menu)
	case "link":
		if c.Link == nil || c.Link.Title == "" || c.Link.URL == "" {
			return m, refuse(codeBadParameter, "link")
		}
		m.Text, m.Body = joinWords(c.Link.Title, c.Link.Desc, c.Link.URL), encode(c.Link)
		return m, firstError(within(c.Link.Title, 128), within(c.Link.Desc, 512), within(c.Link.URL, 2048), s.checkThumb(c.Link.Thumb))
	case "miniprogram":
		if c.MiniProgram == nil || c.MiniProgram.AppID == "" || c.MiniProgram.PagePath == "" {
			return m, refuse(codeBadParameter, "miniprogram")
		}
		m.Text, m.Body = c.MiniProgram.Title, encode(c.MiniProgram)
		return m, firstError(within(c.MiniProgram.Title, 64), s.checkThumb(c.MiniProgram.Thumb))
	case "location":
		if c.Location == nil || c.Location.Latitude == nil || c.Location.Longitude == nil {
			return m, refuse(codeBadParameter, "location")
		}
		m.Text, m.Body = joinWords(c.Location.Name, c.Location.Address), encode(c.Location)
		return m, nil
	case "business_card":
		if c.BusinessCard == nil || c.BusinessCard.UserID == "" {
			return m, refuse(codeBadParameter, "business_card")
		}
		m.Body = encode(c.BusinessCard)
		return m, nil
	case "ca_link":
		if c.CALink == nil || c.CALink.LinkURL == "" {
			return m, refuse(codeBadParameter, "ca_link")
		}
		m.Text, m.Body = c.CALink.LinkURL, encode(c.CALink)
		return m, nil
	}
	return m, refuse(codeBadParameter, "msgtype")
}

// withMedia adds a living media of the message's own kind.
func (s *Server) withMedia(m Message, ref *mediaRef) (Message, error) {
	if ref == nil || ref.MediaID == "" {
		return m, refuse(codeBadMedia, "")
	}
	kept, err := s.livingMedia(ref.MediaID)
	if err != nil {
		return m, err
	}
	if kept.Type != m.MsgType {
		return m, refuse(codeBadMedia, "of another type")
	}
	m.MediaID, m.Filename = kept.ID, kept.Filename
	return m, nil
}

// checkThumb refuses a link's or mini program's picture that is none.
func (s *Server) checkThumb(id string) error {
	kept, err := s.livingMedia(id)
	if err == nil && kept.Type != "image" {
		return refuse(codeBadMedia, "thumb_media_id is no image")
	}
	return err
}

// menu is the body of a msgmenu.
type menu struct {
	Head string     `json:"head_content,omitempty"`
	List []menuItem `json:"list"`
	Tail string     `json:"tail_content,omitempty"`
	raw  json.RawMessage
}

// UnmarshalJSON keeps the menu as it was sent beside what is checked of it.
func (m *menu) UnmarshalJSON(b []byte) error {
	type plain menu
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	m.raw = bytes.Clone(b)
	return nil
}

type menuItem struct {
	Type  string     `json:"type"`
	Click *menuClick `json:"click,omitempty"`
	View  *menuView  `json:"view,omitempty"`
	Mini  *menuMini  `json:"miniprogram,omitempty"`
	Text  *menuText  `json:"text,omitempty"`
}

type menuClick struct {
	ID      *string `json:"id,omitempty"` // may be absent, but not empty
	Content string  `json:"content"`
}

type menuView struct {
	URL     string `json:"url"`
	Content string `json:"content"`
}

type menuMini struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath"`
	Content  string `json:"content"`
}

type menuText struct {
	Content   string `json:"content"`
	NoNewline int    `json:"no_newline,omitempty"`
}

// withMenu checks a msgmenu; its words are head, items and tail.
func (s *Server) withMenu(m Message, in *menu) (Message, error) {
	if in == nil || (in.Head == "" && in.Tail == "" && len(in.List) == 0) {
		return m, refuse(codeEmpty, "")
	}
	if len(in.List) > 10 {
		return m, refuse(codeBadParameter, "more than 10 items")
	}
	if err := firstError(within(in.Head, 1024), within(in.Tail, 1024)); err != nil {
		return m, err
	}
	words := []string{in.Head}
	for _, item := range in.List {
		said, err := item.check(s.world.Switches.Int(switchMenuIDBytes))
		if err != nil {
			return m, err
		}
		words = append(words, said)
	}
	m.Text, m.Menu = joinWords(append(words, in.Tail)...), in.raw
	return m, nil
}

// check refuses an item beyond its limits and gives its words.
func (i menuItem) check(idBytes int) (words string, err error) {
	switch {
	case i.Type == "click" && i.Click != nil && i.Click.Content != "":
		if id := i.Click.ID; id != nil && (*id == "" || len(*id) > idBytes) {
			return "", refuse(codeBadParameter, "id of a menu item")
		}
		return i.Click.Content, within(i.Click.Content, 128)
	case i.Type == "view" && i.View != nil && i.View.Content != "" && i.View.URL != "":
		return i.View.Content, firstError(within(i.View.URL, 2048), within(i.View.Content, 1024))
	case i.Type == "miniprogram" && i.Mini != nil && i.Mini.AppID != "" && i.Mini.Content != "":
		return i.Mini.Content, within(i.Mini.Content, 1024)
	case i.Type == "text" && i.Text != nil:
		return i.Text.Content, within(i.Text.Content, 1024)
	}
	return "", refuse(codeBadParameter, "menu item of type "+i.Type)
}

// within refuses a string of more than limit bytes.
func within(s string, limit int) error {
	if len(s) > limit {
		return refuse(codeTooLong, "")
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// joinWords puts what is not empty on lines of their own.
func joinWords(words ...string) string {
	kept := words[:0:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, "\n")
}

// encode is JSON of what always encodes.
func encode(v any) json.RawMessage {
	raw, _ := json.Marshal(v)
	return raw
}
