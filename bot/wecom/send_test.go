package wecom

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

var toLi = tickets.Address{Platform: tickets.WeCom, Channel: "wk1", Peer: "wmLi"}

func taken(id string) map[string]any {
	return map[string]any{"errcode": 0, "errmsg": "ok", "msgid": id}
}

func TestSendText(t *testing.T) {
	f := newFake(t)
	f.answer("kf/send_msg", taken("sd1"))
	c, _ := newClient(t, f, nil)
	got, err := c.Send(t.Context(), tickets.Outgoing{Key: "sd1", To: toLi, Body: tickets.Body{Text: "a<b> & “引号” 😀"}})
	require.NoError(t, err)
	require.Equal(t, tickets.Receipt{RemoteID: "sd1"}, got)
	require.Equal(t, map[string]any{
		"touser": "wmLi", "open_kfid": "wk1", "msgid": "sd1", "msgtype": "text", "text": map[string]any{"content": "a<b> & “引号” 😀"},
	}, f.sent(t, "kf/send_msg", 0))
	require.Contains(t, string(f.bodies["kf/send_msg"][0]), "a<b> & “引号” 😀", "characters leave as they are, not as \\u escapes")
}

func TestSendMenu(t *testing.T) {
	f := newFake(t)
	f.answer("kf/send_msg", taken(""))
	c, _ := newClient(t, f, nil)
	got, err := c.Send(t.Context(), tickets.Outgoing{Key: "sd2", To: toLi, Body: tickets.Body{Text: "ignored", Menu: &tickets.Menu{
		Head: "解决了吗？", Items: []tickets.MenuItem{{ID: "solved:1", Text: "已解决"}, {ID: "unsolved:1", Text: "未解决"}}, Tail: "谢谢",
	}}})
	require.NoError(t, err)
	require.Equal(t, tickets.RemoteID("sd2"), got.RemoteID, "without an id in the answer the key is the id")
	require.Equal(t, map[string]any{
		"touser": "wmLi", "open_kfid": "wk1", "msgid": "sd2", "msgtype": "msgmenu", "msgmenu": map[string]any{
			"head_content": "解决了吗？", "tail_content": "谢谢", "list": []any{
				map[string]any{"type": "click", "click": map[string]any{"id": "solved:1", "content": "已解决"}},
				map[string]any{"type": "click", "click": map[string]any{"id": "unsolved:1", "content": "未解决"}},
			}},
	}, f.sent(t, "kf/send_msg", 0))
}

func TestMenuIsCutToTheLimits(t *testing.T) {
	menu := tickets.Menu{Head: strings.Repeat("头", 400), Tail: strings.Repeat("尾", 400)}
	for range 12 {
		menu.Items = append(menu.Items, tickets.MenuItem{ID: strings.Repeat("i", 64), Text: "x" + strings.Repeat("项", 60)})
	}
	got, err := composeMenu(menu)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("头", 341), got.Head)
	require.Equal(t, strings.Repeat("尾", 341), got.Tail)
	require.Len(t, got.List, 10)
	require.Equal(t, "x"+strings.Repeat("项", 42), got.List[9].Click.Content)

	menu.Items[0].ID += "i"
	_, err = composeMenu(menu)
	require.Equal(t, tickets.Rejected, failureOf(t, err).Class, "a cut id would answer another question")
}

func TestSendOnEvent(t *testing.T) {
	f := newFake(t)
	f.answer("kf/send_msg_on_event", taken("sd3"))
	c, _ := newClient(t, f, nil)
	out := tickets.Outgoing{Key: "sd3", Use: tickets.UseWelcome, To: toLi, Body: tickets.Body{Code: "CODE", Text: "您好"}}
	_, err := c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"code": "CODE", "msgid": "sd3", "msgtype": "text", "text": map[string]any{"content": "您好"}},
		f.sent(t, "kf/send_msg_on_event", 0))
	require.Zero(t, f.count("kf/send_msg"))

	out.Menu = &tickets.Menu{Head: "您好", Items: []tickets.MenuItem{{ID: "m", Text: "进度"}}}
	_, err = c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, "msgmenu", f.sent(t, "kf/send_msg_on_event", 1)["msgtype"])

	f.answer("kf/send_msg_on_event", code(95007))
	_, err = c.Send(t.Context(), out)
	require.Equal(t, tickets.Stale, failureOf(t, err).Class)
}

func TestSendRejectsWhatWouldBeLost(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, nil)
	for name, body := range map[string]tickets.Body{
		"empty":    {},
		"too long": {Text: strings.Repeat("字", 683)},
		"lost":     {Media: &tickets.Attachment{Lost: true}},
	} {
		_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", To: toLi, Body: body})
		got := failureOf(t, err)
		require.Equal(t, tickets.Rejected, got.Class, name)
		require.True(t, got.Certain, name)
	}
	require.Zero(t, f.count("kf/send_msg"))

	f.answer("kf/send_msg", taken("k"))
	_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", To: toLi, Body: tickets.Body{Text: strings.Repeat("字", 682)}})
	require.NoError(t, err, "2046 bytes are allowed")
}

// After a lost answer the same key is refused as used: the message arrived.
func TestDuplicateMeansSent(t *testing.T) {
	for name, tc := range map[string]struct {
		configured, answered int
		accounts             map[string]any
		class                tickets.FailureClass
	}{
		"default code":                 {0, DefaultDuplicateCode, accountsOf("wk0", "wk1"), ""},
		"configured code":              {95099, 95099, accountsOf("wk1"), ""},
		"another code":                 {95099, DefaultDuplicateCode, accountsOf("wk1"), tickets.Rejected},
		"the account does not exist":   {0, DefaultDuplicateCode, accountsOf("wk2"), tickets.Rejected},
		"the accounts are not told":    {0, DefaultDuplicateCode, code(45009), tickets.Throttled},
		"the account is another app's": {0, DefaultDuplicateCode, map[string]any{"account_list": []any{map[string]any{"open_kfid": "wk1", "manage_privilege": false}}}, tickets.Rejected},
	} {
		f := newFake(t)
		f.answer("kf/send_msg", code(tc.answered))
		f.answer("kf/account/list", tc.accounts)
		cfg := testConfig(f.URL + "/egress")
		cfg.DuplicateCode = tc.configured
		c, err := New(cfg, newCache(), nil, nil)
		require.NoError(t, err)
		got, err := c.Send(t.Context(), tickets.Outgoing{Key: "sd4", To: toLi, Body: tickets.Body{Text: "x"}})
		if tc.class != "" {
			require.Equal(t, tc.class, failureOf(t, err).Class, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, tickets.RemoteID("sd4"), got.RemoteID, name)
	}
}

func TestVerdicts(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, nil)
	for errcode, want := range map[int]tickets.FailureClass{
		-1:    tickets.Transient,
		45009: tickets.Throttled, 45033: tickets.Throttled,
		40001: tickets.Misconfigured, 40013: tickets.Misconfigured, 48002: tickets.Misconfigured, 48007: tickets.Misconfigured,
		60011: tickets.Misconfigured, 60020: tickets.Misconfigured, 95011: tickets.Misconfigured, 95017: tickets.Misconfigured,
		40003: tickets.Rejected, 40007: tickets.Rejected, 40033: tickets.Rejected, 40058: tickets.Rejected, 40096: tickets.Rejected,
		44004: tickets.Rejected, 45002: tickets.Rejected, 82001: tickets.Rejected, 95000: tickets.Rejected,
		95001: tickets.CountSpent, 95002: tickets.WindowShut, 95013: tickets.WindowShut, 95018: tickets.WindowShut,
		95007: tickets.Stale, 123456: tickets.Rejected,
	} {
		f.answer("kf/send_msg", code(errcode))
		_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", To: toLi, Body: tickets.Body{Text: "x"}})
		got := failureOf(t, err)
		require.Equal(t, want, got.Class, errcode)
		require.Equal(t, errcode, got.Code)
		require.Equal(t, errcode != -1, got.Certain, errcode)
		require.Equal(t, want == tickets.Throttled, got.After > 0, errcode)
		require.NotEmpty(t, got.Reason)
	}
}

func TestHTTPStatuses(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, nil)
	for _, tc := range []struct {
		answer raw
		want   tickets.Failure
	}{
		{raw{status: 500}, tickets.Failure{Class: tickets.Transient, Reason: "HTTP 500"}},
		{raw{status: 504}, tickets.Failure{Class: tickets.Transient, Reason: "HTTP 504"}},
		{raw{status: 429}, tickets.Failure{Class: tickets.Throttled, Certain: true, After: 5 * time.Second, Reason: "HTTP 429"}},
		{raw{status: 429, header: map[string]string{"Retry-After": "7"}}, tickets.Failure{Class: tickets.Throttled, Certain: true, After: 7 * time.Second, Reason: "HTTP 429"}},
		{raw{status: 403}, tickets.Failure{Class: tickets.Misconfigured, Certain: true, Reason: "HTTP 403"}},
		{raw{status: 200, body: []byte(`{"errcode":`)}, tickets.Failure{Class: tickets.Transient, Reason: "unreadable answer"}},
	} {
		f.on("kf/send_msg", func(*http.Request, []byte) any { return tc.answer })
		_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", To: toLi, Body: tickets.Body{Text: "x"}})
		require.Equal(t, tc.want, failureOf(t, err))
	}
}
