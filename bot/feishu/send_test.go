package feishu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

func content(t *testing.T, c sent) map[string]any {
	t.Helper()
	text, ok := c.Body["content"].(string)
	require.True(t, ok, "%v", c.Body)
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

// words are the text elements of a post, a line a paragraph, with <id> for mentions.
func words(t *testing.T, c sent) string {
	t.Helper()
	var lines []string
	for _, paragraph := range content(t, c)["zh_cn"].(map[string]any)["content"].([]any) {
		line := ""
		for _, n := range paragraph.([]any) {
			node := n.(map[string]any)
			switch node["tag"] {
			case "text":
				line += node["text"].(string)
			case "at":
				line += "<" + node["user_id"].(string) + ">"
			case "img":
				line += "[" + node["image_key"].(string) + "]"
			default:
				t.Fatalf("an element that is not inert: %v", node)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestSendTopic(t *testing.T) {
	f, c := newFake(t)
	out := topicWords("第一行 <at user_id=\"all\"></at> **x**\n\n第三行\x00")
	out.Mentions = []tickets.RemoteID{"ou_a", "ou_b"}
	receipt, err := c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, tickets.RemoteID("om_1"), receipt.RemoteID)
	call := f.received()[0]
	require.Equal(t, "POST /im/v1/messages/om_root/reply", call.Path)
	require.Equal(t, "Bearer t-1", call.Token)
	require.Equal(t, "post", call.Body["msg_type"])
	require.Equal(t, "key1", call.Body["uuid"])
	require.Equal(t, true, call.Body["reply_in_thread"])
	require.Equal(t, "第一行 <at user_id=\"all\"></at> **x**\n\n第三行 <ou_a><ou_b>", words(t, call))
}

func TestWhereThingsGo(t *testing.T) {
	card := &tickets.Card{Title: "t"}
	tests := []struct {
		name     string
		out      tickets.Outgoing
		path     string
		receiver string
		kind     string
		inThread any
	}{
		{"card", tickets.Outgoing{Use: tickets.UseTicketCard, To: tickets.Address{Channel: "oc_1"}, Body: tickets.Body{Card: card}},
			"POST /im/v1/messages?receive_id_type=chat_id", "oc_1", "interactive", nil},
		{"direct", tickets.Outgoing{Use: tickets.UseDirect, To: tickets.Address{Peer: "ou_1"}, Body: tickets.Body{Text: "x"}},
			"POST /im/v1/messages?receive_id_type=open_id", "ou_1", "post", nil},
		{"direct card", tickets.Outgoing{Use: tickets.UseDirect, To: tickets.Address{Peer: "ou_1"}, Body: tickets.Body{Card: card}},
			"POST /im/v1/messages?receive_id_type=open_id", "ou_1", "interactive", nil},
		{"chat", tickets.Outgoing{Use: tickets.UseChat, To: tickets.Address{Channel: "oc_1"}, Body: tickets.Body{Text: "x"}},
			"POST /im/v1/messages?receive_id_type=chat_id", "oc_1", "post", nil},
		{"answer", tickets.Outgoing{Use: tickets.UseChat, To: tickets.Address{Channel: "oc_1"}, Target: "om_9", Body: tickets.Body{Text: "x"}},
			"POST /im/v1/messages/om_9/reply", "", "post", false},
		{"answer in a topic", tickets.Outgoing{Use: tickets.UseChat, To: tickets.Address{Channel: "oc_1", Topic: "om_r"}, Target: "om_9",
			Body: tickets.Body{Text: "x"}}, "POST /im/v1/messages/om_9/reply", "", "post", true},
		{"card in a topic", tickets.Outgoing{Use: tickets.UseTopic, To: tickets.Address{Channel: "oc_1", Topic: "om_r"}, Body: tickets.Body{Card: card}},
			"POST /im/v1/messages/om_r/reply", "", "interactive", true},
	}
	for _, tt := range tests {
		f, c := newFake(t)
		_, err := c.Send(t.Context(), tt.out)
		require.NoError(t, err, tt.name)
		call := f.received()[0]
		require.Equal(t, tt.path, call.Path, tt.name)
		require.Equal(t, tt.kind, call.Body["msg_type"], tt.name)
		require.Equal(t, tt.inThread, call.Body["reply_in_thread"], tt.name)
		if tt.receiver != "" {
			require.Equal(t, tt.receiver, call.Body["receive_id"], tt.name)
		}
	}
}

func TestNothingToSend(t *testing.T) {
	f, c := newFake(t)
	for name, out := range map[string]tickets.Outgoing{
		"no words":    topicWords(" \n"),
		"no topic":    {Use: tickets.UseTopic, Body: tickets.Body{Text: "x"}},
		"for WeCom":   {Use: tickets.UseReply, Body: tickets.Body{Text: "x"}},
		"no target":   {Use: tickets.UseReaction, Body: tickets.Body{Emoji: "DONE"}},
		"no card":     {Use: tickets.UseCardEdit, Target: "om_1"},
		"lost file":   {Use: tickets.UseDirect, To: tickets.Address{Peer: "ou"}, Body: tickets.Body{Media: &tickets.Attachment{Key: "gone"}}},
		"empty file":  {Use: tickets.UseDirect, To: tickets.Address{Peer: "ou"}, Body: tickets.Body{Media: &tickets.Attachment{Key: "empty"}}},
		"empty image": {Use: tickets.UseDirect, To: tickets.Address{Peer: "ou"}, Body: tickets.Body{Media: &tickets.Attachment{Key: "empty", Image: true}}},
	} {
		_, err := c.Send(t.Context(), out)
		f := bot.FailureOf(err)
		require.Equal(t, tickets.Rejected, f.Class, name)
		require.True(t, f.Certain, name)
	}
	require.Empty(t, f.received())
}

func TestReactionAndEdit(t *testing.T) {
	f, c := newFake(t)
	receipt, err := c.Send(t.Context(), tickets.Outgoing{Use: tickets.UseReaction, Target: "om_5", Body: tickets.Body{Emoji: "CheckMark"}})
	require.NoError(t, err)
	require.Equal(t, tickets.RemoteID("r_1"), receipt.RemoteID)
	receipt, err = c.Send(t.Context(), tickets.Outgoing{Use: tickets.UseCardEdit, Target: "om_6", Body: tickets.Body{Card: &tickets.Card{Title: "neu"}}})
	require.NoError(t, err)
	require.Equal(t, tickets.RemoteID("om_6"), receipt.RemoteID)
	calls := f.received()
	require.Equal(t, "POST /im/v1/messages/om_5/reactions", calls[0].Path)
	require.Equal(t, map[string]any{"reaction_type": map[string]any{"emoji_type": "CheckMark"}}, calls[0].Body)
	require.Equal(t, "PATCH /im/v1/messages/om_6", calls[1].Path)
	require.Equal(t, "2.0", content(t, calls[1])["schema"])
}

func TestARefusedCardGoesOutAsWords(t *testing.T) {
	f, c := newFake(t)
	f.next("POST /im/v1/messages", reply{status: 400, code: 230099, msg: "Failed to create card content, ext=ErrCode: 11310; ErrMsg: x;"})
	card := cards["ticket"]
	receipt, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", Use: tickets.UseTicketCard, To: tickets.Address{Channel: "oc_1"}, Body: tickets.Body{Card: &card}})
	require.NoError(t, err)
	require.Equal(t, tickets.RemoteID("om_2"), receipt.RemoteID)
	calls := f.received()
	require.Len(t, calls, 2)
	require.Equal(t, "k", calls[0].Body["uuid"])
	require.Equal(t, "kp", calls[1].Body["uuid"])
	require.Equal(t, PlainCard(card)+" <ou_zhang><ou_li>", words(t, calls[1]))
}

func TestARefusedEditShowsWords(t *testing.T) {
	f, c := newFake(t)
	card := cards["form"]
	edit := tickets.Outgoing{Key: "k", Use: tickets.UseCardEdit, Target: "om_1", Body: tickets.Body{Card: &card}}
	f.next("PATCH", reply{status: 400, code: 230099})
	_, err := c.Send(t.Context(), edit)
	require.NoError(t, err)
	require.Equal(t, []string{"PATCH /im/v1/messages/om_1", "PATCH /im/v1/messages/om_1"}, f.paths())
	raw, _ := json.Marshal(content(t, f.received()[1]))
	require.Empty(t, find(t, raw, "form"))
	require.Contains(t, string(raw), card.Title)

	// What went out as words in the first place is edited as words.
	f, c = newFake(t)
	f.next("PATCH", reply{status: 400, code: 230054})
	_, err = c.Send(t.Context(), edit)
	require.NoError(t, err)
	require.Equal(t, []string{"PATCH /im/v1/messages/om_1", "PUT /im/v1/messages/om_1"}, f.paths())
	require.Equal(t, PlainCard(card), words(t, f.received()[1]))
}

func TestAnUnknownMentionDoesNotCostTheWords(t *testing.T) {
	f, c := newFake(t)
	f.next("POST /im/v1/messages", reply{status: 400, code: 230001})
	out := topicWords("看这里")
	out.Mentions = []tickets.RemoteID{"ou_gone"}
	_, err := c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, "看这里 ", words(t, f.received()[1]))
	require.Equal(t, "key1m", f.received()[1].Body["uuid"])

	f.next("POST /im/v1/messages", reply{status: 400, code: 230001})
	_, err = c.Send(t.Context(), topicWords("x"))
	require.Equal(t, tickets.Rejected, bot.FailureOf(err).Class)
}

func TestLongWordsGoInParts(t *testing.T) {
	f, c := newFake(t)
	text := strings.Repeat("很长的一行\"\\<>\u0001", 3000) + "\n" + strings.Repeat("短行\n", 9000) + "终"
	receipt, err := c.Send(t.Context(), topicWords(text))
	require.NoError(t, err)
	require.Equal(t, tickets.RemoteID("om_1"), receipt.RemoteID, "the first part's")
	var all []string
	keys := map[any]bool{}
	for _, call := range f.received() {
		require.LessOrEqual(t, len(call.Body["content"].(string)), 30<<10)
		require.False(t, keys[call.Body["uuid"]])
		require.LessOrEqual(t, len(call.Body["uuid"].(string)), 50)
		keys[call.Body["uuid"]] = true
		all = append(all, words(t, call))
	}
	require.Greater(t, len(all), 2)
	flat := func(s string) string { return strings.ReplaceAll(s, "\n", "") }
	require.Equal(t, flat(text), flat(strings.Join(all, "")), "nothing is lost")
}

func TestDeadTokenIsReplacedOnce(t *testing.T) {
	for _, code := range []int{99991661, 99991663, 99991664, 99991671} {
		f, c := newFake(t)
		_, err := c.Send(t.Context(), topicWords("warm"))
		require.NoError(t, err)
		f.next("POST /im/v1/messages", reply{status: 400, code: code})
		_, err = c.Send(t.Context(), topicWords("x"))
		require.NoError(t, err, code)
		calls := f.received()
		require.Equal(t, "Bearer t-1", calls[1].Token)
		require.Equal(t, "Bearer t-2", calls[2].Token)

		f.next("POST /im/v1/messages", reply{status: 400, code: code}, reply{status: 400, code: code}, reply{status: 400, code: code})
		_, err = c.Send(t.Context(), topicWords("x"))
		require.Equal(t, tickets.Unauthorized, bot.FailureOf(err).Class)
		require.Equal(t, 3, f.tokens, "one new token, not one after the other")
	}
}

func TestTokenFailuresAreCertain(t *testing.T) {
	f, c := newFake(t)
	f.next("token", reply{code: 10015, msg: "app secret invalid"})
	_, err := c.Send(t.Context(), topicWords("x"))
	require.Equal(t, tickets.Failure{Class: tickets.Misconfigured, Certain: true, Code: 10015, Reason: "app secret not accepted"}, bot.FailureOf(err))
	f.next("token", reply{status: 502, html: true})
	_, err = c.Send(t.Context(), topicWords("x"))
	failure := bot.FailureOf(err)
	require.Equal(t, tickets.Transient, failure.Class)
	require.True(t, failure.Certain, "the message never left")
	require.Empty(t, f.received())
}

func TestThrottlingPausesTheOthers(t *testing.T) {
	f, c := newFake(t)
	f.next("POST /im/v1/messages/om_root/reply", reply{status: 429, code: 99991400, header: map[string]string{"x-ogw-ratelimit-reset": "0.2"}})
	_, err := c.Send(t.Context(), topicWords("x"))
	require.Equal(t, tickets.Failure{Class: tickets.Throttled, Certain: true, After: 200 * time.Millisecond, Code: 99991400, Reason: "called too often"},
		bot.FailureOf(err))
	start := time.Now()
	_, err = c.Send(t.Context(), tickets.Outgoing{Use: tickets.UseTicketCard, To: tickets.Address{Channel: "oc_1"}, Body: tickets.Body{Text: "x"}})
	require.NoError(t, err)
	require.Less(t, time.Since(start), 150*time.Millisecond, "another API goes on")
	_, err = c.Send(t.Context(), topicWords("x"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(start), 150*time.Millisecond, "this one waited")
}

// A wait for one's turn that is given up is no call: certain, and the platform never heard of it.
func TestGivingUpBeforeOnesTurn(t *testing.T) {
	f, c := newFake(t)
	_, err := c.Send(t.Context(), topicWords("warm"))
	require.NoError(t, err)
	c.pacer.Pause("", time.Hour)
	ctx, cancel := contextWithTimeout(t, 20*time.Millisecond)
	defer cancel()
	_, err = c.Send(ctx, topicWords("x"))
	require.Equal(t, tickets.Failure{Class: tickets.Transient, Certain: true, Reason: "timed out"}, bot.FailureOf(err))
	require.Len(t, f.received(), 1)
}

func TestUploads(t *testing.T) {
	image := &tickets.Attachment{Key: "k1", Name: "截图 \"1\".png", Image: true}
	direct := tickets.Outgoing{Key: "k", Use: tickets.UseDirect, To: tickets.Address{Peer: "ou_1"}}
	f, c := newFake(t)
	out := direct
	out.Media = image
	_, err := c.Send(t.Context(), out)
	require.NoError(t, err)
	calls := f.received()
	require.Equal(t, "POST /im/v1/images", calls[0].Path)
	form := readForm(t, calls[0])
	require.Equal(t, "message", form.Value["image_type"][0])
	require.Equal(t, "hello", fileIn(t, form, "image"))
	require.Equal(t, "image", calls[1].Body["msg_type"])
	require.Equal(t, map[string]any{"image_key": "img_up"}, content(t, calls[1]))

	f, c = newFake(t)
	out.Text = "看图"
	_, err = c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, "看图\n[img_up]", words(t, f.received()[1]))

	f, c = newFake(t)
	out = direct
	out.Media = &tickets.Attachment{Key: "k1", Name: "a/b\\手册.PDF"}
	out.Text = "手册在此"
	_, err = c.Send(t.Context(), out)
	require.NoError(t, err)
	calls = f.received()
	form = readForm(t, calls[0])
	require.Equal(t, "pdf", form.Value["file_type"][0])
	require.Equal(t, "a_b_手册.PDF", form.Value["file_name"][0])
	require.Equal(t, "手册在此", words(t, calls[1]))
	require.Equal(t, "file", calls[2].Body["msg_type"])
	require.Equal(t, "k", calls[2].Body["uuid"])
}

// The second attempt with a new token uploads the file again, not what the first one has left of it.
func TestUploadAgainWithANewToken(t *testing.T) {
	f, c := newFake(t)
	f.next("POST /im/v1/files", reply{status: 400, code: 99991663})
	_, err := c.Send(t.Context(), tickets.Outgoing{Use: tickets.UseDirect, To: tickets.Address{Peer: "ou"}, Body: tickets.Body{Media: &tickets.Attachment{Key: "k1"}}})
	require.NoError(t, err)
	calls := f.received()
	require.Equal(t, []string{"POST /im/v1/files", "POST /im/v1/files", "POST /im/v1/messages?receive_id_type=open_id"}, f.paths())
	require.Equal(t, "hello", fileIn(t, readForm(t, calls[1]), "file"))
	require.Equal(t, "Bearer t-2", calls[1].Token)
}

func TestAnImageThatIsNoneGoesAsAFile(t *testing.T) {
	f, c := newFake(t)
	f.next("POST /im/v1/images", reply{status: 400, code: 234011})
	_, err := c.Send(t.Context(), tickets.Outgoing{Use: tickets.UseDirect, To: tickets.Address{Peer: "ou"},
		Body: tickets.Body{Media: &tickets.Attachment{Key: "k1", Name: "x.heic", Image: true}}})
	require.NoError(t, err)
	require.Equal(t, "file", f.received()[2].Body["msg_type"])
}

func TestNewRefusesBadConfiguration(t *testing.T) {
	good := Config{AppID: "a", AppSecret: "s"}
	for name, change := range map[string]func(*Config){
		"no secret":       func(c *Config) { c.AppSecret = "" },
		"bad base":        func(c *Config) { c.APIBase = "open.feishu.cn" },
		"base with query": func(c *Config) { c.APIBase = "https://x/?a=b" },
		"unknown mode":    func(c *Config) { c.Mode = "polling" },
		"webhook, no key": func(c *Config) { c.Mode, c.VerificationToken = ModeWebhook, "t" },
	} {
		cfg := good
		change(&cfg)
		_, err := New(cfg, nil, nil, nil)
		require.Error(t, err, name)
		require.NotContains(t, fmt.Sprint(err), "polling", "values may be secrets")
	}
	_, err := New(good, nil, nil, nil)
	require.NoError(t, err)
}

// A redirect is not followed: what was meant for Feishu stays here.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer elsewhere.Close()
	f, c := newFake(t)
	f.next("POST /im/v1/messages", reply{status: 307, html: true, header: map[string]string{"Location": elsewhere.URL}})
	_, err := c.Send(t.Context(), topicWords("x"))
	require.Equal(t, tickets.Misconfigured, bot.FailureOf(err).Class)
}
