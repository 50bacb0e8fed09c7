package feishu

import (
	"cmp"
	"encoding/base64"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// attachment is an image or file in a control call.
type attachment struct {
	Data     string `json:"data"` // base64
	Filename string `json:"filename"`
}

// bytes decodes the attachment, with or without the head of a data URL.
func (a attachment) bytes() ([]byte, error) {
	text := a.Data
	if _, tail, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(text, "data:") {
		text = tail
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil, wrong("data of %q is no base64 of one byte or more", a.Filename)
	}
	return data, nil
}

// utterance is what a person writes in Feishu.
type utterance struct {
	ChatID     string       `json:"chat_id"`
	RootID     string       `json:"root_id"`
	Text       string       `json:"text"`
	MentionBot bool         `json:"mention_bot"`
	Mentions   []string     `json:"mentions"`
	Images     []attachment `json:"images"`
	File       *attachment  `json:"file"`
}

// say serves POST /control/feishu/users/{open_id}/messages.
func (s *Server) say(c *controlCall) (any, error) {
	var in utterance
	u, err := s.person(c.param("open_id"))
	if err != nil {
		return nil, err
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	m := message{Sender: u.OpenID}
	in.MentionBot = in.MentionBot || slices.Contains(in.Mentions, s.app.BotOpenID)
	to, err := s.placeOf(&m, in, u)
	if err != nil {
		return nil, err
	}
	m.ChatID = to.ID
	if err := s.compose(&m, in, u); err != nil {
		return nil, err
	}
	m = s.place(m, to)
	c.then(s.raiseMessage(m, to))
	return map[string]string{"message_id": m.ID}, nil
}

// placeOf finds the chat and, with a root_id, the topic into which a person writes.
func (s *Server) placeOf(m *message, in utterance, u user) (chat, error) {
	id := in.ChatID
	if in.RootID != "" {
		root, ok := s.messages.Get(in.RootID)
		switch {
		case !ok:
			return chat{}, missing("no message has the id %q given as root_id", in.RootID)
		case id != "" && root.ChatID != id:
			return chat{}, wrong("the message root_id stands in the chat %s", root.ChatID)
		case root.Deleted:
			return chat{}, wrong("the message root_id has been deleted")
		}
		id = root.ChatID
		s.attach(m, root, true)
	}
	if id == "" {
		return s.direct(u.OpenID), nil
	}
	to, ok := s.chats.Get(id)
	switch {
	case !ok || to.Disbanded:
		return to, missing("no chat has the id %q: GET /control/state lists them", id)
	case !to.has(u.OpenID):
		return to, wrong("%s is no member of this chat", u.Name)
	}
	return to, nil
}

// compose fills in the content that the client makes of what a person writes: text and images together are one post.
func (s *Server) compose(m *message, in utterance, u user) error {
	hasText := in.Text != "" || in.MentionBot || len(in.Mentions) > 0
	switch {
	case len(in.Text) > maxText:
		return wrong("the text has more than %d bytes", maxText)
	case in.File != nil && (hasText || len(in.Images) > 0):
		return wrong("a file is a message of its own: send text and images in another one")
	case in.File != nil:
		return s.composeFile(m, *in.File, u)
	case !hasText && len(in.Images) == 0:
		return wrong("nothing to send: give text, images or file")
	}
	var c content
	words, err := s.typed(&c, in)
	if err != nil {
		return err
	}
	if len(in.Images) == 0 {
		m.Type, c.received, c.text = "text", encode(map[string]string{"text": words}), c.names(words)
		c.sent = c.received
		m.take(c)
		return nil
	}
	for _, a := range in.Images {
		data, err := a.bytes()
		if err != nil {
			return err
		}
		if imageType(data) == "" {
			return wrong("%q is no image", a.Filename)
		}
		res, err := s.keep(resource{Kind: "image", Owner: u.OpenID, Filename: a.Filename}, data)
		if err != nil {
			return err
		}
		c.keys = append(c.keys, res.Key)
	}
	if !hasText && len(c.keys) == 1 {
		m.Type, c.received = "image", encode(map[string]string{"image_key": c.keys[0]})
	} else {
		m.Type, c.received, c.text = "post", typedPost(c, words), c.names(words)
	}
	c.sent = c.received
	m.take(c)
	return nil
}

// mentionMark stands for a mention while a text is put together; people cannot type it.
var mentionMark = regexp.MustCompile("\x00([0-9]+)\x00")

// typed is the text with keys for mentions: at the place of "@name" where that is typed, else the bot's in front and the
// others' at the end.
func (s *Server) typed(c *content, in utterance) (string, error) {
	var ids []string
	if in.MentionBot {
		ids = append(ids, s.app.BotOpenID)
	}
	for _, id := range in.Mentions {
		if s.nameOf(id) == "" && id != "all" {
			return "", missing("no user has the open_id %q in mentions", id)
		}
		ids = with(ids, id)
	}
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	// The longest name first: 张伟 is the beginning of 张伟强.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(s.nameOf(ids[b])), len(s.nameOf(ids[a]))) })
	text := strings.ReplaceAll(in.Text, "\x00", "")
	for _, i := range order {
		typed, mark := "@"+s.nameOf(ids[i]), "\x00"+strconv.Itoa(i)+"\x00"
		switch {
		case ids[i] != "all" && strings.Contains(text, typed):
			text = strings.Replace(text, typed, mark, 1)
		case ids[i] == s.app.BotOpenID:
			text = mark + " " + text
		default:
			text += " " + mark
		}
	}
	text = mentionMark.ReplaceAllStringFunc(text, func(mark string) string {
		i, _ := strconv.Atoi(strings.Trim(mark, "\x00"))
		key, _ := c.mention(s, ids[i])
		return key
	})
	if len(ids) > 0 {
		text = strings.TrimSpace(text)
	}
	return text, nil
}

var keys = regexp.MustCompile(`@_(?:user_\d+|all)`)

// typedPost is the received form of a post: a paragraph for each line, then one for each image.
func typedPost(c content, words string) string {
	paragraphs := [][]map[string]any{}
	if words != "" {
		for _, line := range strings.Split(words, "\n") {
			paragraphs = append(paragraphs, typedLine(c, line))
		}
	}
	for _, key := range c.keys {
		paragraphs = append(paragraphs, []map[string]any{{"tag": "img", "image_key": key, "width": 300, "height": 300}})
	}
	return encode(map[string]any{"title": "", "content": paragraphs})
}

// typedLine parts a line into texts and mentions.
func typedLine(c content, line string) []map[string]any {
	nodes := []map[string]any{}
	text := func(words string) {
		if words != "" {
			nodes = append(nodes, map[string]any{"tag": "text", "text": words, "style": []string{}})
		}
	}
	at := 0
	for _, place := range keys.FindAllStringIndex(line, -1) {
		key := line[place[0]:place[1]]
		name := strings.TrimPrefix(c.names(key), "@")
		if name == strings.TrimPrefix(key, "@") {
			continue // typed by hand: nobody has this key
		}
		text(line[at:place[0]])
		nodes = append(nodes, map[string]any{"tag": "at", "user_id": key, "user_name": name, "style": []string{}})
		at = place[1]
	}
	text(line[at:])
	return nodes
}

// composeFile makes a file message; a video is a media message.
func (s *Server) composeFile(m *message, a attachment, u user) error {
	data, err := a.bytes()
	if err != nil {
		return err
	}
	kind := "stream"
	m.Type = "file"
	if strings.EqualFold(filepath.Ext(a.Filename), ".mp4") {
		kind, m.Type = "mp4", "media"
	}
	res, err := s.keep(resource{Kind: kind, Owner: u.OpenID, Filename: a.Filename}, data)
	if err != nil {
		return err
	}
	received := encode(map[string]string{"file_key": res.Key, "file_name": a.Filename})
	m.take(content{sent: received, received: received, keys: []string{res.Key}})
	return nil
}
