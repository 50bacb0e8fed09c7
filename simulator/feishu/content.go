package feishu

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
)

// Limits of a message's content, in bytes.
const (
	maxText = 150 << 10
	maxPost = 30 << 10 // posts and cards
)

// content is a message's content in all its forms.
type content struct {
	sent     string // as given
	received string // as the platform hands it out: keys for mentions, posts without a level for the language
	text     string // the visible words
	mentions []mention
	pings    []string
	keys     []string
	buttons  []string
}

// prepare checks what the bot wants to send. Errors: 230001, 230017, 230025, 230028, 230055, 230099.
func (s *Server) prepare(msgType, raw string) (content, error) {
	limit := maxPost
	if msgType == "text" {
		limit = maxText
	}
	if len(raw) > limit {
		return content{}, fail(230025, "the content has %d bytes, %d are allowed", len(raw), limit)
	}
	var body map[string]any
	if json.Unmarshal([]byte(raw), &body) != nil {
		if msgType == "interactive" {
			return content{}, badCard(200621, "parse card json err, please check whether the card json is correct")
		}
		return content{}, fail(230001, "content is not a string of JSON")
	}
	c := content{sent: raw, received: raw}
	var err error
	switch msgType {
	case "text":
		err = s.prepareText(&c, body)
	case "post":
		err = s.preparePost(&c, body)
	case "interactive":
		err = s.prepareCard(&c, body)
	case "image":
		err = s.useResource(&c, str(body, "image_key"), "image")
	case "file":
		err = s.useResource(&c, str(body, "file_key"), "doc", "xls", "ppt", "pdf", "stream", "opus")
	case "audio":
		err = s.useResource(&c, str(body, "file_key"), "opus")
	case "media":
		err = s.useResource(&c, str(body, "file_key"), "mp4")
		if key := str(body, "image_key"); err == nil && key != "" {
			err = s.useResource(&c, key, "image")
		}
	case "sticker":
		err = need(str(body, "file_key") != "", "file_key is empty")
	case "share_chat":
		shared, known := s.chats.Get(str(body, "chat_id"))
		err = need(known && shared.BotIn, "the bot is not in the shared chat")
	case "share_user":
		_, known := s.users.Get(str(body, "user_id"))
		err = need(known, "invalid user_id")
	default:
		err = fail(230001, "msg_type %q is not supported", msgType)
	}
	if err == nil && s.w.Switches.Bool(swDLP) && sensitive.MatchString(c.text) {
		err = fail(230028, "the text holds a phone number or an e-mail address")
	}
	return c, err
}

// sensitive is what the tenant's data protection refuses when it is switched on.
var sensitive = regexp.MustCompile(`\b1[3-9]\d{9}\b|[\w.+-]+@[\w-]+\.[\w.]+`)

func need(ok bool, detail string) error {
	if ok {
		return nil
	}
	return fail(230001, "%s", detail)
}

// str is a field of a JSON object that is a string, "" when it is not.
func str(obj map[string]any, name string) string {
	v, _ := obj[name].(string)
	return v
}

// useResource checks that an uploaded resource of one of the kinds stands behind a key.
func (s *Server) useResource(c *content, key string, kinds ...string) error {
	res, ok := s.resources.Get(key)
	switch {
	case !ok:
		return fail(230001, "invalid image_key or file_key")
	case res.Owner != "":
		return fail(230017, "")
	case !slices.Contains(kinds, res.Kind):
		return fail(230055, "a file uploaded as %s", res.Kind)
	}
	c.keys = append(c.keys, key)
	return nil
}

var (
	atInText = regexp.MustCompile(`<at user_id=["']([^"']*)["']\s*>(.*?)</at>`)
	styles   = regexp.MustCompile(`</?[bius]>`)
	links    = regexp.MustCompile(`\[([^\]\[]*)\]\(([^()\s]*)\)`)
)

// prepareText turns <at> of known people into mentions; an unknown one stays the characters it is.
func (s *Server) prepareText(c *content, body map[string]any) error {
	text, ok := body["text"].(string)
	if !ok || text == "" {
		return fail(230001, "text is empty")
	}
	text = atInText.ReplaceAllStringFunc(text, func(tag string) string {
		key, known := c.mention(s, atInText.FindStringSubmatch(tag)[1])
		if !known {
			return tag
		}
		return key
	})
	c.received = encode(map[string]string{"text": text})
	words := links.ReplaceAllString(styles.ReplaceAllString(text, ""), "$1")
	c.text = s.entities(c.names(words))
	return nil
}

// entities shows &lt; and its like as characters where the switch says that the client does.
func (s *Server) entities(text string) string {
	if s.w.Switches.Bool(swEntities) {
		return html.UnescapeString(text)
	}
	return text
}

// mention adds somebody by open_id, or everybody by "all", and gives the key that stands for it.
func (c *content) mention(s *Server, id string) (key string, known bool) {
	if id == "all" {
		c.pings = append(c.pings, "all")
		return "@_all", true
	}
	name := s.nameOf(id)
	if name == "" {
		return "", false
	}
	m := mention{Key: fmt.Sprintf("@_user_%d", len(c.mentions)+1), ID: id, Name: name, Bot: id == s.app.BotOpenID}
	c.mentions = append(c.mentions, m)
	c.pings = append(c.pings, id)
	return m.Key, true
}

// names replaces keys by names, the longest key first: @_user_1 is the beginning of @_user_10.
func (c *content) names(text string) string {
	for _, m := range slices.Backward(c.mentions) {
		text = strings.ReplaceAll(text, m.Key, "@"+m.Name)
	}
	if slices.Contains(c.pings, "all") {
		text = strings.ReplaceAll(text, "@_all", "@所有人")
	}
	return text
}

// aloneInPost are the tags that need a paragraph to themselves.
var aloneInPost = []string{"img", "media", "md", "hr", "code_block"}

// preparePost checks a post and takes the language away, as the received form has none.
func (s *Server) preparePost(c *content, body map[string]any) error {
	post, ok := body["zh_cn"].(map[string]any)
	for _, locale := range []string{"en_us", "ja_jp", "zh_hk", "zh_tw"} {
		if !ok {
			post, ok = body[locale].(map[string]any)
		}
	}
	paragraphs, isList := post["content"].([]any)
	if !ok || !isList || len(paragraphs) == 0 {
		return fail(230001, "a post needs content under a language such as zh_cn")
	}
	var lines []string
	if title := str(post, "title"); title != "" {
		lines = append(lines, title)
	}
	received := []any{}
	for _, p := range paragraphs {
		nodes, ok := p.([]any)
		if !ok {
			return fail(230001, "a paragraph of a post is a list")
		}
		line, out, err := s.paragraph(c, nodes)
		if err != nil {
			return err
		}
		lines, received = append(lines, line), append(received, out)
	}
	c.received = encode(map[string]any{"title": str(post, "title"), "content": received})
	c.text = strings.TrimSpace(strings.Join(lines, "\n"))
	return nil
}

// paragraph checks one paragraph and gives its visible words and its received form.
func (s *Server) paragraph(c *content, nodes []any) (words string, out []any, err error) {
	out = []any{}
	for _, n := range nodes {
		node, ok := n.(map[string]any)
		if !ok {
			return "", nil, fail(230001, "an element of a post is an object with a tag")
		}
		tag := str(node, "tag")
		if len(nodes) > 1 && slices.Contains(aloneInPost, tag) {
			return "", nil, fail(230001, "%s stands alone in its paragraph", tag)
		}
		text, form, err := s.postNode(c, tag, node)
		if err != nil {
			return "", nil, err
		}
		words += text
		out = append(out, form)
	}
	return words, out, nil
}

func (s *Server) postNode(c *content, tag string, node map[string]any) (words string, form any, err error) {
	switch tag {
	case "text":
		if _, ok := node["text"].(string); !ok {
			return "", nil, fail(230001, "a text element needs text")
		}
		return str(node, "text"), node, nil
	case "a":
		return str(node, "text"), node, need(str(node, "href") != "", "a link needs href")
	case "at":
		key, known := c.mention(s, str(node, "user_id"))
		name := strings.TrimPrefix(c.names(key), "@")
		form = map[string]any{"tag": "at", "user_id": key, "user_name": name, "style": []string{}}
		return "@" + name, form, need(known, "invalid user_id of an at")
	case "img":
		return "", node, s.useResource(c, str(node, "image_key"), "image")
	case "media":
		return "", node, s.useResource(c, str(node, "file_key"), "mp4")
	case "md":
		// md is for sending only: what is handed out are plain words.
		words, err = s.markdownInPost(c, str(node, "text"))
		return words, map[string]any{"tag": "text", "text": words, "style": []string{}}, err
	case "code_block", "emotion":
		return str(node, "text"), node, nil
	case "hr":
		return "", node, nil
	}
	return "", nil, fail(230001, "unknown tag %q in a post", tag)
}

// markdownInPost gives the words of markdown and counts whom it names.
func (s *Server) markdownInPost(c *content, text string) (string, error) {
	words, pings, unknown := s.markdown(text)
	if unknown != "" {
		return "", fail(230001, "invalid user_id %q of an at", unknown)
	}
	c.pings = append(c.pings, pings...)
	return words, nil
}
