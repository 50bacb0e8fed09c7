package feishu

import (
	"encoding/json"
	"strings"

	"servicedesk/tickets"
)

// labels are the names that Feishu's Chinese client gives to kinds of messages. What a colleague sent is shown as the client shows it,
// whatever the desk's language.
var labels = map[string]string{
	"sticker": "表情", "merge_forward": "合并转发", "share_chat": "群名片", "share_user": "个人名片", "interactive": "卡片",
	"location": "位置", "folder": "文件夹", "hongbao": "红包", "share_calendar_event": "日程", "calendar": "日程", "general_calendar": "日程",
	"video_chat": "视频通话", "todo": "任务", "vote": "投票", "system": "系统消息", "image": "图片", "emotion": "表情", "media": "视频",
}

// longestKind bounds the name of an unknown kind, in runes.
const longestKind = 40

func label(kind string) string {
	if l, ok := labels[kind]; ok {
		return "[" + l + "]"
	}
	return "[" + shorten(clean(kind), longestKind) + "]"
}

// received is the content of a message of any kind; each kind uses a few of its fields.
type received struct {
	Text     string   `json:"text"`
	ImageKey string   `json:"image_key"`
	FileKey  string   `json:"file_key"`
	FileName string   `json:"file_name"`
	Name     string   `json:"name"` // of a place
	Title    string   `json:"title"`
	Content  [][]part `json:"content"`
}

// part is an element of a received post.
type part struct {
	Tag       string `json:"tag"`
	Text      string `json:"text"`
	Href      string `json:"href"`
	UserID    string `json:"user_id"` // the key of a mention
	UserName  string `json:"user_name"`
	ImageKey  string `json:"image_key"`
	FileKey   string `json:"file_key"`
	EmojiType string `json:"emoji_type"`
}

// read fills in kind, words and attachments. What cannot be read becomes tickets.KindOther.
func read(in *tickets.Inbound, kind, content string, n names) {
	r, ok := parseContent(kind, content)
	if !ok {
		in.Kind, in.Text = tickets.KindOther, label(kind)
		return
	}
	in.Kind = tickets.KindOther
	switch kind {
	case "text":
		in.Kind = tickets.KindText
		in.Text = strings.TrimSpace(n.in(clean(r.Text)))
	case "post":
		in.Kind = tickets.KindText
		readPost(in, r, n)
	case "image":
		in.Kind = tickets.KindImage
		in.Attached = attach(r.ImageKey, "", true)
	case "file", "audio", "media":
		in.Kind = tickets.KindFile
		in.Attached = attach(r.FileKey, r.FileName, false)
	default:
		in.Text = strings.TrimSpace(label(kind) + " " + strings.TrimSpace(clean(firstOf(r.Title, r.Name, r.FileName))))
	}
}

func parseContent(kind, content string) (received, bool) {
	var r received
	if kind == "interactive" {
		return r, true // cards come in shapes of their own, and say little
	}
	if json.Unmarshal([]byte(content), &r) != nil {
		return r, kind != "text" && kind != "post" && !hasFile(kind)
	}
	if kind == "post" && r.Content == nil {
		// As it is sent: below a language. It is received so in some forwarded messages.
		var byLanguage map[string]received
		if json.Unmarshal([]byte(content), &byLanguage) == nil {
			for _, language := range []string{"zh_cn", "en_us", "ja_jp"} {
				if p, ok := byLanguage[language]; ok {
					return p, true
				}
			}
		}
	}
	return r, true
}

func hasFile(kind string) bool {
	return kind == "image" || kind == "file" || kind == "audio" || kind == "media"
}

func readPost(in *tickets.Inbound, r received, n names) {
	var lines []string
	if r.Title != "" {
		lines = append(lines, n.in(clean(r.Title)))
	}
	for _, paragraph := range r.Content {
		var line strings.Builder
		images := 0
		for _, p := range paragraph {
			switch p.Tag {
			case "img":
				images++
				in.Attached = append(in.Attached, attach(p.ImageKey, "", true)...)
			case "media":
				images++
				in.Attached = append(in.Attached, attach(p.FileKey, "", false)...)
			default:
				line.WriteString(wordsOf(p, n))
			}
		}
		if text := line.String(); images == 0 || strings.TrimSpace(text) != "" {
			lines = append(lines, text)
		}
	}
	in.Text = strings.TrimSpace(strings.Join(lines, "\n"))
	if in.Text == "" && len(in.Attached) > 0 {
		in.Kind = tickets.KindFile
		if in.Attached[0].Image {
			in.Kind = tickets.KindImage
		}
	}
}

func wordsOf(p part, n names) string {
	text := n.in(clean(p.Text))
	switch p.Tag {
	case "a":
		href := clean(p.Href)
		if text == "" || text == href {
			return href
		}
		return text + " (" + href + ")"
	case "at":
		return n.of(p)
	case "emotion":
		if text == "" {
			return "[" + clean(p.EmojiType) + "]"
		}
	case "hr":
		return "----"
	}
	return text
}

// of is the name of somebody whom a post mentions. A mention of the desk leaves nothing behind.
func (n names) of(p part) string {
	for _, m := range n {
		if m.key == p.UserID {
			return m.text
		}
	}
	return "@" + orEllipsis(clean(p.UserName))
}

func attach(key, fileName string, image bool) []tickets.Attachment {
	return []tickets.Attachment{{Remote: tickets.RemoteID(key), Name: baseName(fileName), Image: image, Lost: key == ""}}
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
