package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// contact is a customer's person with WeCom in his hand.
type contact struct {
	s        *story
	id, name string
}

// said is a message of a WeCom conversation.
type said struct {
	Seq      int64
	MsgID    string
	From     string
	MsgType  string
	Text     string
	MediaID  string `json:"media_id"`
	Filename string
	Recalled bool
	Menu     *struct {
		Head string `json:"head_content"`
		List []struct {
			Click struct{ ID, Content string }
		}
	}
}

func (m said) holds(words []string) bool { return holdsAll(m.Text, words) }

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// labels are the items of a menu.
func (m said) labels() []string {
	var out []string
	if m.Menu != nil {
		for _, item := range m.Menu.List {
			out = append(out, item.Click.Content)
		}
	}
	return out
}

type worldState struct {
	Contacts []struct{ ID, Name string }
	Users    []struct {
		OpenID string `json:"open_id"`
		Name   string
	}
	Chats []chatState
}

type chatState struct {
	ChatID string `json:"chat_id"`
	Name   string
}

func (s *story) state() worldState {
	s.t.Helper()
	var w worldState
	s.get(s.sim+"/control/state", &w)
	return w
}

// WeCom is the contact with that name.
func (s *story) WeCom(name string) *contact {
	s.t.Helper()
	for _, c := range s.state().Contacts {
		if c.Name == name {
			return s.contact(c.ID, name)
		}
	}
	s.fail("there is no contact %s", name)
	return nil
}

// Stranger is somebody nobody knows yet.
func (s *story) Stranger(name string) *contact {
	s.t.Helper()
	var made struct{ ID string }
	s.post("/control/wecom/contacts", map[string]string{"name": name}, &made)
	return s.contact(made.ID, name)
}

func (s *story) contact(id, name string) *contact {
	c := &contact{s: s, id: id, name: name}
	s.shows(id, func() string {
		var out strings.Builder
		fmt.Fprintf(&out, "\n── WeCom, %s\n", name)
		for _, m := range lately(c.messages()) {
			fmt.Fprintf(&out, "%4d %-8s %s%s\n", m.Seq, m.From, kindMark(m.MsgType, "text"), shown(m.Text))
		}
		return out.String()
	})
	return c
}

func kindMark(kind, usual string) string {
	if kind == usual {
		return ""
	}
	return "[" + kind + "] "
}

// shown is a message in one line, as far as it is of use in a failure.
func shown(text string) string {
	text = strings.ReplaceAll(text, "\n", " ⏎ ")
	if r := []rune(text); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return text
}

// lately is the end of a long list: a failure prints no more.
func lately[T any](list []T) []T { return list[max(0, len(list)-60):] }

func (c *contact) messages() []said {
	c.s.t.Helper()
	var list struct{ Messages []said }
	c.s.get(c.s.sim+"/control/wecom/contacts/"+c.id+"/messages", &list)
	return list.Messages
}

func (c *contact) sends(body any) string {
	c.s.t.Helper()
	var sent struct{ MsgID string }
	c.s.post("/control/wecom/contacts/"+c.id+"/messages", body, &sent)
	return sent.MsgID
}

// Says writes words.
func (c *contact) Says(words string) (msgid string) {
	c.s.t.Helper()
	c.s.secret(words)
	return c.sends(map[string]any{"msgtype": "text", "text": map[string]string{"content": words}})
}

// Taps chooses an item of the latest menu that has it.
func (c *contact) Taps(label string) {
	c.s.t.Helper()
	c.s.until(c.name+" finds "+label+" in a menu", func() bool {
		_, ok := c.item(label)
		return ok
	})
	id, _ := c.item(label)
	c.TapsOld(id, label)
}

// TapsOld taps an item by its id, also one that scrolled away long ago.
func (c *contact) TapsOld(id, label string) {
	c.s.t.Helper()
	c.sends(map[string]any{"msgtype": "text", "text": map[string]string{"content": label, "menu_id": id}})
}

func (c *contact) item(label string) (id string, ok bool) {
	c.s.t.Helper()
	list := c.messages()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Menu == nil {
			continue
		}
		for _, item := range list[i].Menu.List {
			if strings.Contains(item.Click.Content, label) {
				return item.Click.ID, true
			}
		}
	}
	return "", false
}

// SendsImage sends a picture.
func (c *contact) SendsImage(data []byte) {
	c.s.t.Helper()
	c.sends(map[string]any{"msgtype": "image", "data": base64.StdEncoding.EncodeToString(data), "filename": "screen.png"})
}

// Enters opens the conversation.
func (c *contact) Enters() {
	c.s.t.Helper()
	c.s.post("/control/wecom/contacts/"+c.id+"/enter", map[string]string{}, nil)
}

// Recalls takes a message back.
func (c *contact) Recalls(msgid string) {
	c.s.t.Helper()
	c.s.post("/control/wecom/contacts/"+c.id+"/recall", map[string]string{"msgid": msgid}, nil)
}

// Heard are the desk's messages that hold all the words, oldest first.
func (c *contact) Heard(words ...string) []said {
	c.s.t.Helper()
	var out []said
	for _, m := range c.messages() {
		if m.From == "desk" && m.holds(words) {
			out = append(out, m)
		}
	}
	return out
}

// Sees waits for a message of the desk with all the words and gives the latest.
func (c *contact) Sees(words ...string) said {
	c.s.t.Helper()
	var found []said
	c.s.until(fmt.Sprintf("%s sees %q", c.name, words), func() bool {
		found = c.Heard(words...)
		return len(found) > 0
	})
	return found[len(found)-1]
}

// SeesTimes waits for so many of them; more are a fault.
func (c *contact) SeesTimes(n int, words ...string) said {
	c.s.t.Helper()
	var found []said
	c.s.until(fmt.Sprintf("%s sees %q %d times", c.name, words, n), func() bool {
		found = c.Heard(words...)
		return len(found) >= n
	})
	if len(found) > n {
		c.s.fail("%s sees %q %d times instead of %d", c.name, words, len(found), n)
	}
	return found[len(found)-1]
}

// SeesNot holds when no message of the desk has the words; it looks once, so the story settles first.
func (c *contact) SeesNot(words ...string) {
	c.s.t.Helper()
	if found := c.Heard(words...); len(found) > 0 {
		c.s.fail("%s sees %q, which he should not: %s", c.name, words, found[0].Text)
	}
}

// Media gives the bytes of a picture.
func (c *contact) Media(id string) []byte {
	c.s.t.Helper()
	return c.s.bytes("/control/wecom/media/" + id)
}

func (s *story) bytes(path string) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.sim+path, nil)
	require.NoError(s.t, err)
	resp, err := s.http.Do(req)
	s.no(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	s.no(err)
	require.Equal(s.t, http.StatusOK, resp.StatusCode, path)
	return data
}
