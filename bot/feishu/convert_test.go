package feishu

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// converting knows its own bot.
func converting(t testing.TB) *Client {
	c := hookClient(t)
	c.self.Store(&identity{"ou_bot", "服务台"})
	return c
}

// event is a message event; change may alter it.
func messageEvent(t testing.TB, kind, content string, mentions []mention, change ...func(*said)) []byte {
	t.Helper()
	var s said
	s.Sender.SenderID.OpenID, s.Sender.SenderType = "ou_a", "user"
	s.Message = message{MessageID: "om_1", CreateTime: "1700000000500", ChatID: "oc_1", ChatType: "group", MessageType: kind,
		Content: content, Mentions: mentions}
	for _, f := range change {
		f(&s)
	}
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	return eventJSON("im.message.receive_v1", string(raw))
}

func convert(t testing.TB, raw []byte) tickets.Inbound {
	t.Helper()
	in, ok, err := converting(t).Convert(raw)
	require.NoError(t, err)
	require.True(t, ok)
	return in
}

func at(key, id, name string) mention { return mention{Key: key, ID: userID{id}, Name: name} }

func TestConvertText(t *testing.T) {
	in := convert(t, messageEvent(t, "text", `{"text":"  收到\n马上处理 "}`, nil, func(s *said) {
		s.Message.RootID, s.Message.ParentID = "om_root", "om_parent"
	}))
	require.Equal(t, tickets.Inbound{
		Platform: tickets.Feishu, ID: "om_1", Kind: tickets.KindText, Channel: "oc_1", Author: "ou_a", Root: "om_root",
		Text: "收到\n马上处理", At: time.UnixMilli(1700000000500).UTC(),
	}, in)

	in = convert(t, messageEvent(t, "text", `{"text":"x"}`, nil, func(s *said) { s.Message.ParentID, s.Message.ChatType = "om_parent", "p2p" }))
	require.Equal(t, tickets.RemoteID("om_parent"), in.Root)
	require.True(t, in.Direct)
}

func TestMentions(t *testing.T) {
	bot, zhang := at("@_user_1", "ou_bot", "服务台"), at("@_user_2", "ou_z", "张伟")
	tests := []struct {
		name, text, want string
		mentions         []mention
		toDesk           bool
		others           []tickets.RemoteID
	}{
		{"the desk alone", "@_user_1 已修好", "已修好", []mention{bot}, true, nil},
		{"in the middle", "请 @_user_1 看看", "请 看看", []mention{bot}, true, nil},
		{"glued", "@_user_1/接单", "/接单", []mention{bot}, true, nil},
		{"and a colleague", "@_user_1 @_user_2 你看", "@张伟 你看", []mention{bot, zhang}, true, []tickets.RemoteID{"ou_z"}},
		{"a colleague alone", "@_user_2 你看", "@张伟 你看", []mention{zhang}, false, []tickets.RemoteID{"ou_z"}},
		{"all", "@_all 注意", "@所有人 注意", []mention{at("@_all", "all", "所有人")}, false, []tickets.RemoteID{"all"}},
		{"the longest key first", "@_user_1 @_user_10 @_user_11", "@十 @十一",
			[]mention{bot, at("@_user_10", "ou_10", "十"), at("@_user_11", "ou_11", "十一")}, true, []tickets.RemoteID{"ou_10", "ou_11"}},
		{"a name like a key", "@_user_2 x", "@@_user_1 x", []mention{bot, at("@_user_2", "ou_z", "@_user_1")}, true, []tickets.RemoteID{"ou_z"}},
		{"no mention at all", "@_user_1 typed by hand", "@_user_1 typed by hand", nil, false, nil},
	}
	for _, tt := range tests {
		content, _ := json.Marshal(map[string]string{"text": tt.text})
		in := convert(t, messageEvent(t, "text", string(content), tt.mentions))
		require.Equal(t, tt.want, in.Text, tt.name)
		require.Equal(t, tt.toDesk, in.ToDesk, tt.name)
		require.Equal(t, tt.others, in.Mentions, tt.name)
	}
}

// Before the desk knows its own name it must not take a mention of itself for one of a colleague.
func TestMentionsNeedTheBotsID(t *testing.T) {
	c := hookClient(t)
	_, _, err := c.Convert(messageEvent(t, "text", `{"text":"@_user_1 x"}`, []mention{at("@_user_1", "ou_bot", "服务台")}))
	require.ErrorIs(t, err, bot.ErrNotYet, "the event must wait, not be given up")
	_, ok, err := c.Convert(messageEvent(t, "text", `{"text":"x"}`, nil))
	require.NoError(t, err)
	require.True(t, ok)
}

func TestConvertPost(t *testing.T) {
	content := `{"title":"标题","content":[
		[{"tag":"at","user_id":"@_user_1","user_name":"服务台"},{"tag":"text","text":" 请看 "},{"tag":"a","text":"手册","href":"https://x.example/a?b=1"}],
		[{"tag":"img","image_key":"img_1"}],
		[{"tag":"a","text":"https://y.example","href":"https://y.example"},{"tag":"emotion","emoji_type":"SMILE"}],
		[{"tag":"media","file_key":"file_1","image_key":"img_cover"}],
		[{"tag":"code_block","language":"go","text":"a := 1\nb := 2"}],
		[{"tag":"at","user_id":"@_user_2","user_name":"张伟"}],[{"tag":"hr"}],[{"tag":"new","text":"后面"}]]}`
	in := convert(t, messageEvent(t, "post", content, []mention{at("@_user_1", "ou_bot", "服务台"), at("@_user_2", "ou_z", "张伟")}))
	require.Equal(t, tickets.KindText, in.Kind)
	require.Equal(t, "标题\n 请看 手册 (https://x.example/a?b=1)\nhttps://y.example[SMILE]\na := 1\nb := 2\n@张伟\n----\n后面", in.Text)
	require.Equal(t, []tickets.Attachment{{Remote: "img_1", Image: true}, {Remote: "file_1"}}, in.Attached)
	require.True(t, in.ToDesk)
	require.Equal(t, []tickets.RemoteID{"ou_z"}, in.Mentions)

	in = convert(t, messageEvent(t, "post", `{"title":"","content":[[{"tag":"img","image_key":"img_1"}],[{"tag":"img","image_key":"img_2"}]]}`, nil))
	require.Equal(t, tickets.KindImage, in.Kind, "a post of images alone")
	require.Len(t, in.Attached, 2)

	in = convert(t, messageEvent(t, "post", `{"zh_cn":{"title":"","content":[[{"tag":"text","text":"有语言"}]]}}`, nil))
	require.Equal(t, "有语言", in.Text)
}

func TestConvertMedia(t *testing.T) {
	for kind, tt := range map[string]struct {
		content string
		kind    tickets.Kind
		want    tickets.Attachment
	}{
		"image": {`{"image_key":"img_1"}`, tickets.KindImage, tickets.Attachment{Remote: "img_1", Image: true}},
		"file":  {`{"file_key":"file_1","file_name":"../../日志.txt"}`, tickets.KindFile, tickets.Attachment{Remote: "file_1", Name: "日志.txt"}},
		"audio": {`{"file_key":"file_2","duration":2000}`, tickets.KindFile, tickets.Attachment{Remote: "file_2"}},
		"media": {`{"file_key":"file_3","image_key":"img_c","file_name":"a.mp4","duration":1}`, tickets.KindFile,
			tickets.Attachment{Remote: "file_3", Name: "a.mp4"}},
	} {
		in := convert(t, messageEvent(t, kind, tt.content, nil))
		require.Equal(t, tt.kind, in.Kind, kind)
		require.Equal(t, []tickets.Attachment{tt.want}, in.Attached, kind)
		require.Empty(t, in.Text)
	}
	in := convert(t, messageEvent(t, "image", `{}`, nil))
	require.True(t, in.Attached[0].Lost, "nothing to fetch it by")
}

func TestConvertOtherKinds(t *testing.T) {
	for kind, tt := range map[string]struct{ content, want string }{
		"sticker":           {`{"file_key":"file_s"}`, "[表情]"},
		"merge_forward":     {`{"content":"Merged and Forwarded Message"}`, "[合并转发]"},
		"share_chat":        {`{"chat_id":"oc_9"}`, "[群名片]"},
		"location":          {`{"name":"上海市 南京路","longitude":"121","latitude":"31"}`, "[位置] 上海市 南京路"},
		"interactive":       {`{"title":null,"elements":[[{"tag":"text"}]]}`, "[卡片]"},
		"todo":              {`{"task_id":"1","summary":{"title":"x","content":[]}}`, "[任务]"},
		"brand_new":         {`[1,2]`, "[brand_new]"},
		"text":              {`not json`, "[text]"},
		"post":              {``, "[post]"},
		"x\x00<script>\xff": {`{}`, "[x<script>\uFFFD]"},
	} {
		in := convert(t, messageEvent(t, kind, tt.content, nil))
		require.Equal(t, tickets.KindOther, in.Kind, kind)
		require.Equal(t, tt.want, in.Text, kind)
		require.Empty(t, in.Attached, kind)
	}
}

func TestWordsAreClean(t *testing.T) {
	in := convert(t, messageEvent(t, "text", `{"text":"a\u0000b \u202eשלום 👩‍👩‍👧 <at user_id=\"all\">x</at>"}`, nil))
	require.Equal(t, "ab \u202eשלום 👩‍👩‍👧 <at user_id=\"all\">x</at>", in.Text)

	long := strings.Repeat("长", 350_000) // about 1 MB
	in = convert(t, messageEvent(t, "text", `{"text":"`+long+`"}`, nil))
	require.Equal(t, long, in.Text)
}

func TestWhatIsNoWord(t *testing.T) {
	c := converting(t)
	for name, raw := range map[string][]byte{
		"a bot's message": messageEvent(t, "text", `{"text":"x"}`, nil, func(s *said) { s.Sender.SenderType = "app" }),
		"without an id":   messageEvent(t, "text", `{"text":"x"}`, nil, func(s *said) { s.Message.MessageID = "" }),
		"nearly empty":    eventJSON("im.message.receive_v1", `{}`),
		"another event":   eventJSON("im.message.message_read_v1", `{"reader":{}}`),
		"empty recall":    eventJSON("im.message.recalled_v1", `{}`),
	} {
		_, ok, err := c.Convert(raw)
		require.NoError(t, err, name)
		require.False(t, ok, name)
	}
	for _, raw := range []string{"", "null x", string(eventJSON("im.message.receive_v1", `"x"`)), string(eventJSON("im.message.recalled_v1", `[]`)),
		string(eventJSON("im.chat.member.bot.added_v1", `7`))} {
		_, _, err := c.Convert([]byte(raw))
		require.Error(t, err, raw)
	}
}

func TestConvertRecallAndChats(t *testing.T) {
	in := convert(t, eventJSON("im.message.recalled_v1", `{"message_id":"om_7","chat_id":"oc_1","recall_time":"1700000000999","recall_type":"message_owner"}`))
	require.Equal(t, tickets.Inbound{Platform: tickets.Feishu, ID: "ev1", Kind: tickets.KindRecall, Channel: "oc_1", Target: "om_7",
		At: time.UnixMilli(1700000000999).UTC()}, in)

	for kind, want := range map[string]tickets.Kind{
		"im.chat.member.bot.added_v1": tickets.KindJoined, "im.chat.member.bot.deleted_v1": tickets.KindLeft, "im.chat.disbanded_v1": tickets.KindLeft,
	} {
		in = convert(t, eventJSON(kind, `{"chat_id":"oc_1","operator_id":{"open_id":"ou_a"},"external":false,"name":"工单群"}`))
		require.Equal(t, tickets.Inbound{Platform: tickets.Feishu, ID: "ev1", Kind: want, Channel: "oc_1", Author: "ou_a", Text: "工单群",
			At: time.UnixMilli(1700000000123).UTC()}, in)
	}
}

func FuzzConvert(f *testing.F) {
	c := converting(f)
	f.Add(messageEvent(f, "post", `{"content":[[{"tag":"at","user_id":"@_user_1"}]]}`, []mention{at("@_user_1", "ou_bot", "x")}))
	f.Add(messageEvent(f, "text", `{"text":"@_user_1"}`, []mention{at("", "", "")}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, ok, err := c.Convert(raw)
		if ok && err == nil && (in.Kind == "" || in.ID == "" && in.Kind == tickets.KindText || strings.ContainsRune(in.Text, 0)) {
			t.Fatalf("%+v", in)
		}
	})
}
