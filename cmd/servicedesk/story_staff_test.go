package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// post is a message in Feishu.
type post struct {
	Seq       int64
	MessageID string `json:"message_id"`
	RootID    string `json:"root_id"`
	Sender    string
	MsgType   string `json:"msg_type"`
	Text      string
	Content   string
	Buttons   []string
	Card      json.RawMessage
	Mentions  []string
	Reactions []string
	ImageKey  string `json:"image_key"`
	FileKey   string `json:"file_key"`
	Filename  string
	Updated   bool
	Recalled  bool

	SenderType string `json:"sender_type"`
	SenderName string `json:"sender_name"`
}

// room is where people talk in Feishu: a group, a topic of it (below root), or somebody's direct chat with the desk.
type room struct {
	s                *story
	path, chat, root string
	name             string
}

func (r *room) posts() []post {
	r.s.t.Helper()
	var list struct{ Messages []post }
	r.s.get(r.s.sim+r.path, &list)
	if r.root == "" {
		return list.Messages
	}
	return slices.DeleteFunc(list.Messages, func(p post) bool { return p.RootID != r.root })
}

func (r *room) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n── Feishu, %s\n", r.name)
	for _, p := range lately(r.posts()) {
		indent := ""
		if p.RootID != "" {
			indent = "    "
		}
		fmt.Fprintf(&out, "%4d %s%-8s %s%s %s%s\n", p.Seq, indent, p.SenderName, kindMark(p.MsgType, "post"), shown(p.Text),
			strings.Join(p.Mentions, ","), strings.Join(p.Reactions, ","))
	}
	return out.String()
}

// Group is the group in which tickets appear.
func (s *story) Group() *room {
	s.t.Helper()
	return s.group(deskGroupName)
}

func (s *story) group(name string) *room {
	s.t.Helper()
	for _, c := range s.state().Chats {
		if c.Name == name {
			r := &room{s: s, path: "/control/feishu/chats/" + c.ChatID + "/messages", chat: c.ChatID, name: c.Name}
			s.shows(c.ChatID, r.String)
			return r
		}
	}
	s.fail("there is no group %s", name)
	return nil
}

// Direct is somebody's direct chat with the desk.
func (s *story) Direct(name string) *room {
	s.t.Helper()
	id := s.Feishu(name).id
	r := &room{s: s, path: "/control/feishu/users/" + id + "/messages", name: name + "'s direct chat"}
	s.shows(id, r.String)
	return r
}

// Heard are the desk's posts here that hold all the words.
func (r *room) Heard(words ...string) []post {
	r.s.t.Helper()
	var out []post
	for _, p := range r.posts() {
		if p.SenderType == "app" && holdsAll(p.Text, words) {
			out = append(out, p)
		}
	}
	return out
}

// Sees waits for a post of the desk with all the words and gives the latest.
func (r *room) Sees(words ...string) post {
	r.s.t.Helper()
	var found []post
	r.s.until(fmt.Sprintf("%s has %q", r.name, words), func() bool {
		found = r.Heard(words...)
		return len(found) > 0
	})
	return found[len(found)-1]
}

// SeesTimes waits for so many of them; more are a fault.
func (r *room) SeesTimes(n int, words ...string) post {
	r.s.t.Helper()
	var found []post
	r.s.until(fmt.Sprintf("%s has %q %d times", r.name, words, n), func() bool {
		found = r.Heard(words...)
		return len(found) >= n
	})
	if len(found) > n {
		r.s.fail("%s has %q %d times instead of %d", r.name, words, len(found), n)
	}
	return found[len(found)-1]
}

// SeesNot looks once, so the story settles first.
func (r *room) SeesNot(words ...string) {
	r.s.t.Helper()
	if found := r.Heard(words...); len(found) > 0 {
		r.s.fail("%s has %q, which it should not: %s", r.name, words, found[0].Text)
	}
}

// Card waits for the one ticket card with the words and gives the topic below it.
func (s *story) Card(words ...string) *topic {
	s.t.Helper()
	group := s.Group()
	var found []post
	s.until(fmt.Sprintf("a card with %q", words), func() bool {
		found = slices.DeleteFunc(group.Heard(words...), func(p post) bool { return p.RootID != "" || p.MsgType != "interactive" })
		return len(found) > 0
	})
	if len(found) > 1 {
		s.fail("%d cards have %q", len(found), words)
	}
	id := found[0].MessageID
	return &topic{room: &room{s: s, path: group.path, chat: group.chat, root: id, name: "topic of " + strings.Join(words, " ")}, card: id}
}

// topic is a ticket: its card and what was said below.
type topic struct {
	*room
	card string
}

// Now is the card as it stands.
func (c *topic) Now() post {
	c.s.t.Helper()
	var list struct{ Messages []post }
	c.s.get(c.s.sim+c.path, &list)
	for _, p := range list.Messages {
		if p.MessageID == c.card {
			return p
		}
	}
	c.s.fail("the card %s is gone", c.card)
	return post{}
}

// Shows waits until the card holds all the words.
func (c *topic) Shows(words ...string) {
	c.s.t.Helper()
	c.s.until(fmt.Sprintf("the card shows %q", words), func() bool { return holdsAll(c.Now().Text, words) })
}

// Colour is the colour of the card's header.
func (c *topic) Colour() string {
	c.s.t.Helper()
	var card struct{ Header struct{ Template string } }
	if err := json.Unmarshal(c.Now().Card, &card); err != nil {
		c.s.fail("the card is no JSON: %v", err)
	}
	return card.Header.Template
}

// Number is the ticket's number, as it stands on the card.
func (c *topic) Number() string {
	c.s.t.Helper()
	text := c.Now().Text
	number := numberForm.FindString(text)
	if number == "" {
		c.s.fail("no number on the card: %s", text)
	}
	return number
}

// colleague is somebody of the staff, in Feishu.
type colleague struct {
	s        *story
	id, name string
}

// Feishu is the colleague with that name.
func (s *story) Feishu(name string) *colleague {
	s.t.Helper()
	for _, u := range s.state().Users {
		if u.Name == name {
			return &colleague{s: s, id: u.OpenID, name: name}
		}
	}
	s.fail("there is nobody called %s", name)
	return nil
}

// utterance is what somebody writes in Feishu.
type utterance struct {
	text   string
	desk   bool // mentions the desk
	also   []*colleague
	images [][]byte
	file   []byte // a message of its own
}

// Writes writes into a room; a nil room is his direct chat with the desk.
func (c *colleague) Writes(in *room, w utterance) (messageID string) {
	c.s.t.Helper()
	body := map[string]any{"text": w.text, "mention_bot": w.desk}
	if in != nil && in.chat != "" {
		body["chat_id"] = in.chat
		if in.root != "" {
			body["root_id"] = in.root
		}
	}
	var ids []string
	for _, o := range w.also {
		ids = append(ids, o.id)
	}
	body["mentions"] = ids
	var images []map[string]string
	for _, data := range w.images {
		images = append(images, map[string]string{"data": base64.StdEncoding.EncodeToString(data), "filename": "shot.png"})
	}
	body["images"] = images
	if w.file != nil {
		body["file"] = map[string]string{"data": base64.StdEncoding.EncodeToString(w.file), "filename": "方案.pdf"}
	}
	if w.text != "" && !strings.HasPrefix(strings.TrimSpace(w.text), "/") {
		c.s.secret(w.text)
	}
	var sent struct {
		MessageID string `json:"message_id"`
	}
	c.s.post("/control/feishu/users/"+c.id+"/messages", body, &sent)
	return sent.MessageID
}

// Types writes words that mention nobody.
func (c *colleague) Types(in *topic, text string) string {
	c.s.t.Helper()
	return c.Writes(in.room, utterance{text: text})
}

// Tells writes words that mention the desk: they go to the customer.
func (c *colleague) Tells(in *topic, text string) string {
	c.s.t.Helper()
	return c.Writes(in.room, utterance{text: text, desk: true})
}

// Asks writes to the desk in the direct chat.
func (c *colleague) Asks(text string) string {
	c.s.t.Helper()
	return c.Writes(nil, utterance{text: text})
}

// pressed is what the client shows after a press.
type pressed struct {
	Status int
	Toast  struct{ Type, Content string }
	Error  string
}

// tries presses a button and gives what came of it; it may be used beside the story's own goroutine.
func (c *colleague) tries(message, button string, form map[string]string) (p pressed, err error) {
	body := map[string]any{"message_id": message, "button": button}
	if form != nil {
		body["form_value"] = form
	}
	_, err = c.s.call(http.MethodPost, c.s.sim+"/control/feishu/users/"+c.id+"/actions", body, &p)
	return p, err
}

// Presses presses a button of a card and gives the toast.
func (c *colleague) Presses(message, button string) pressed {
	c.s.t.Helper()
	return c.PressesWith(message, button, nil)
}

// PressesWith fills in the card's form first.
func (c *colleague) PressesWith(message, button string, form map[string]string) pressed {
	c.s.t.Helper()
	for _, text := range form {
		if len([]rune(text)) > 6 {
			c.s.secret(text)
		}
	}
	p, err := c.tries(message, button, form)
	c.s.no(err)
	if p.Error != "" || p.Status != http.StatusOK {
		c.s.fail("%s presses %s: status %d, error %s", c.name, button, p.Status, p.Error)
	}
	return p
}

// Recalls takes a message back.
func (c *colleague) Recalls(message string) {
	c.s.t.Helper()
	c.s.post("/control/feishu/messages/"+message+"/recall", map[string]string{"open_id": c.id}, nil)
}

// Echo waits for the desk's sign on a message.
func (s *story) Echo(message, emoji string) {
	s.t.Helper()
	s.until("the sign "+emoji, func() bool { return slices.Contains(s.find(message).Reactions, emoji) })
}

// find looks up a message of the group.
func (s *story) find(message string) post {
	s.t.Helper()
	for _, p := range s.Group().posts() {
		if p.MessageID == message {
			return p
		}
	}
	s.fail("the message %s is gone", message)
	return post{}
}
