package wecom

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

func TestPull(t *testing.T) {
	f := newFake(t)
	f.answer("kf/sync_msg", map[string]any{"errcode": 0, "next_cursor": "C2", "has_more": "1", "msg_list": []any{
		map[string]any{"msgid": "m2", "open_kfid": "wk1", "external_userid": "wmLi", "send_time": 20, "msgtype": "text"},
		map[string]any{"msgid": "m1", "open_kfid": "wk1", "external_userid": "wmQian", "send_time": "10", "msgtype": "text"},
		map[string]any{"msgid": "m3", "send_time": 20, "msgtype": "event", "event": map[string]any{"external_userid": "wmLi"}},
		map[string]any{"send_time": 15, "msgtype": "event", "event": map[string]any{"event_type": "servicer_status_change", "open_kfid": "wk1"}},
	}})
	c, _ := newClient(t, f, nil)
	page, err := c.Pull(t.Context(), "wk1", "C1", "TOKEN")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"cursor": "C1", "token": "TOKEN", "limit": 1000.0, "open_kfid": "wk1"}, f.sent(t, "kf/sync_msg", 0))
	require.Equal(t, "C2", page.Next)
	require.True(t, page.More)
	require.Len(t, page.Events, 4)
	var seen []string
	for _, e := range page.Events {
		require.Equal(t, tickets.WeCom, e.Platform)
		require.True(t, json.Valid(e.Raw))
		seen = append(seen, e.Key+" "+e.Lane)
	}
	require.Equal(t, "m1 wecom:wk1:wmQian", seen[0], "in order of time")
	require.Equal(t, []string{"m2 wecom:wk1:wmLi", "m3 wecom:wk1:wmLi"}, seen[2:], "the same second keeps the order of the page")
	require.Regexp(t, "^digest-[0-9a-f]{32} wecom:wk1:$", seen[1])
	again, _, err := c.Convert(page.Events[1].Raw)
	require.NoError(t, err)
	require.Equal(t, page.Events[1].Key, string(again.ID), "the digest is the id, whoever asks")
}

func TestPullKeepsTheOrderWithinASecond(t *testing.T) {
	items := make([]json.RawMessage, 200)
	for i := range items {
		items[i] = json.RawMessage(fmt.Sprintf(`{"msgid":"m%03d","send_time":%d}`, i, 10-i/100))
	}
	var keys []string
	for _, e := range sorted("wk1", items) {
		keys = append(keys, e.Key)
	}
	require.Equal(t, "m100", keys[0])
	require.True(t, slices.IsSorted(keys[:100]) && slices.IsSorted(keys[100:]))
}

func TestPullFromTheBeginning(t *testing.T) {
	f := newFake(t)
	f.answer("kf/sync_msg", map[string]any{"errcode": 0, "has_more": 0, "next_cursor": "", "msg_list": nil})
	c, _ := newClient(t, f, nil)
	page, err := c.Pull(t.Context(), "wk1", "", "")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"limit": 1000.0, "open_kfid": "wk1"}, f.sent(t, "kf/sync_msg", 0), "unset fields are not sent")
	require.Empty(t, page.Events)
	page, err = c.Pull(t.Context(), "wk1", "C7", "")
	require.NoError(t, err)
	require.Equal(t, "C7", page.Next, "an empty cursor would begin anew")
}

func TestPullKeepsOddItems(t *testing.T) {
	f := newFake(t)
	f.answer("kf/sync_msg", raw{status: 200, body: []byte(`{"errcode":0,"next_cursor":"C","has_more":0,"msg_list":[7,null,{"msgid":5,"send_time":{}}]}`)})
	c, _ := newClient(t, f, nil)
	page, err := c.Pull(t.Context(), "wk1", "", "")
	require.NoError(t, err)
	require.Len(t, page.Events, 3)
	require.Equal(t, "5", page.Events[2].Key)
	for _, e := range page.Events[:2] {
		_, ok, err := c.Convert(e.Raw)
		require.Error(t, err)
		require.False(t, ok)
	}
}

func TestPullFailure(t *testing.T) {
	f := newFake(t)
	f.answer("kf/sync_msg", code(45009))
	c, _ := newClient(t, f, nil)
	_, err := c.Pull(t.Context(), "wk1", "", "")
	require.Equal(t, tickets.Throttled, failureOf(t, err).Class)
}

func TestAccounts(t *testing.T) {
	f := newFake(t)
	f.on("kf/account/list", func(_ *http.Request, body []byte) any {
		var in struct{ Offset, Limit int }
		if json.Unmarshal(body, &in) != nil || in.Limit != 100 {
			return code(40058)
		}
		list := []any{}
		for i := in.Offset; i < min(in.Offset+in.Limit, 230); i++ {
			list = append(list, map[string]any{"open_kfid": fmt.Sprintf("wk%d", i), "manage_privilege": i != 7})
		}
		return map[string]any{"errcode": 0, "account_list": list}
	})
	c, _ := newClient(t, f, nil)
	got, err := c.Accounts(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 229, "all pages, without the account of another app")
	require.Equal(t, 3, f.count("kf/account/list"))

	cfg := testConfig(f.URL + "/egress")
	cfg.OpenKFIDs = []string{"wkA", "wkB"}
	configured, err := New(cfg, newCache(), nil, nil)
	require.NoError(t, err)
	got, err = configured.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []tickets.RemoteID{"wkA", "wkB"}, got)
	require.Equal(t, 3, f.count("kf/account/list"), "what is configured is not asked for")
}

func TestNickname(t *testing.T) {
	f := newFake(t)
	f.answer("kf/customer/batchget", map[string]any{"errcode": 0,
		"customer_list": []any{map[string]any{"external_userid": "wmLi", "nickname": "李工\x00"}}, "invalid_external_userid": []any{"wmGone"}})
	c, _ := newClient(t, f, nil)
	name, err := c.Nickname(t.Context(), "wmLi")
	require.NoError(t, err)
	require.Equal(t, "李工", name)
	_, err = c.Nickname(t.Context(), "wmGone")
	require.Equal(t, tickets.Rejected, failureOf(t, err).Class)
}
