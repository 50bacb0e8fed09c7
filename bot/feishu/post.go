package feishu

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"servicedesk/tickets"
)

const (
	// maxPost is how large a post's or card's content may become, in bytes: Feishu refuses those above 30 KB.
	maxPost = 28 << 10
	// maxNode is the longest piece of text in one element, in runes: even when each had to be escaped, a post has room for it.
	maxNode = 2000
)

// node is an element of a post; a paragraph is a row of them.
type node map[string]any

// post is what a post says, paragraph by paragraph.
type post [][]node

// postOf makes a post of words, one paragraph a line, with the mentions behind them and the image below.
func postOf(text string, mentions []tickets.RemoteID, imageKey string) post {
	var p post
	text = clean(text)
	if strings.TrimSpace(text) != "" {
		for line := range strings.SplitSeq(text, "\n") {
			p = append(p, textNodes(line))
		}
	}
	if ats := atNodes(mentions); len(ats) > 0 {
		if len(p) == 0 {
			p = append(p, nil)
		} else {
			ats = append([]node{{"tag": "text", "text": " "}}, ats...)
		}
		last := len(p) - 1
		p[last] = append(p[last], ats...)
	}
	if imageKey != "" {
		p = append(p, []node{{"tag": "img", "image_key": imageKey}})
	}
	return p
}

func textNodes(line string) []node {
	nodes := []node{}
	for utf8.RuneCountInString(line) > maxNode {
		cut := len(string([]rune(line)[:maxNode]))
		nodes = append(nodes, node{"tag": "text", "text": line[:cut]})
		line = line[cut:]
	}
	return append(nodes, node{"tag": "text", "text": line})
}

func atNodes(ids []tickets.RemoteID) []node {
	var nodes []node
	for _, id := range ids {
		if id != "" {
			nodes = append(nodes, node{"tag": "at", "user_id": string(id)})
		}
	}
	return nodes
}

func isMention(n node) bool { return n["tag"] == "at" }

func (p post) mentions() bool {
	return slices.ContainsFunc(p, func(nodes []node) bool { return slices.ContainsFunc(nodes, isMention) })
}

func (p post) withoutMentions() post {
	var out post
	for _, nodes := range p {
		kept := slices.DeleteFunc(slices.Clone(nodes), isMention)
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

// content is the post as a message's content.
func (p post) content() string {
	return encode(map[string]any{"zh_cn": map[string]any{"title": "", "content": p}})
}

// parts divides the post into as many as it needs.
func (p post) parts() []post {
	var parts []post
	var part post
	size := 0
	flush := func() {
		if len(part) > 0 {
			parts = append(parts, part)
		}
		part, size = nil, 0
	}
	for _, paragraph := range p {
		open := false // whether the part's last paragraph is this one
		for _, n := range paragraph {
			room := len(encode(n)) + 8 // brackets and commas
			if size+room > maxPost-64 {
				flush()
				open = false
			}
			if !open {
				part, open = append(part, nil), true
			}
			part[len(part)-1] = append(part[len(part)-1], n)
			size += room
		}
	}
	flush()
	return parts
}

// partKey is the key of a message's i-th part.
func partKey(key string, i int) string {
	if i == 0 {
		return key
	}
	return key + "-" + strconv.Itoa(i)
}

// encode writes JSON without the escapes for HTML, which would cost five bytes for each of <, > and &.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "{}" // maps, slices and strings always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// clean takes out what databases and platforms refuse: NUL and what is no UTF-8.
func clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsRune(s, 0) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
