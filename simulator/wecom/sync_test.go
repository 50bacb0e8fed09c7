package wecom

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/work/kf"
	"github.com/stretchr/testify/require"
)

func TestSyncThroughTheSDK(t *testing.T) {
	c := newCorp(t)
	first := c.says(ligong, "打不开 <b>")
	c.says(zhouzong, "催一下")
	page, err := c.kf.SyncMsg(kf.SyncMsgOptions{Token: c.desk.lastToken(), OpenKfID: SampleAccount, Limit: 1})
	require.NoError(t, err)
	require.EqualValues(t, 1, page.HasMore)
	m, err := page.MsgList[0].GetTextMessage()
	require.NoError(t, err)
	require.Equal(t, "打不开 <b>", m.Text.Content)
	require.Equal(t, first, m.MsgID)
	require.Regexp(t, `^[0-9A-Za-z]{44}$`, m.MsgID, "real ids are too long to be used as outgoing msgid")
	require.Equal(t, ligong, m.ExternalUserID)
	require.EqualValues(t, 3, m.Origin)
	require.EqualValues(t, monday.Unix(), m.SendTime)

	page, err = c.kf.SyncMsg(kf.SyncMsgOptions{Cursor: page.NextCursor, Token: c.desk.lastToken(), OpenKfID: SampleAccount})
	require.NoError(t, err)
	require.Zero(t, page.HasMore)
	require.Len(t, page.MsgList, 1)
	page, err = c.kf.SyncMsg(kf.SyncMsgOptions{Cursor: page.NextCursor, Token: c.desk.lastToken(), OpenKfID: SampleAccount})
	require.NoError(t, err)
	require.Empty(t, page.MsgList)
	c.says(ligong, "三")
	page, err = c.kf.SyncMsg(kf.SyncMsgOptions{Cursor: page.NextCursor, Token: c.desk.lastToken(), OpenKfID: SampleAccount})
	require.NoError(t, err)
	require.Len(t, page.MsgList, 1, "an empty page's cursor goes on from there")
}

func TestSyncGivesNoMessagesSentByAPI(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	require.Zero(t, c.send(ligong, "在", ""))
	require.Len(t, c.all(), 1)
}

func TestSyncKeepsThreeDays(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "一")
	_, out := c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount})
	old := out.text("next_cursor")
	c.forward(time.Hour)
	c.says(ligong, "二")
	c.forward(3*day - time.Hour)
	require.Len(t, c.all(), 1, "what is three days old is gone")
	c.says(ligong, "三")
	_, out = c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount, "cursor": old})
	require.Contains(t, string(out["msg_list"]), "二", "an old cursor goes on with the oldest kept")
	c.forward(time.Hour)
	require.Len(t, c.all(), 1)
}

func TestSyncRefusesBadParameters(t *testing.T) {
	c := newCorp(t)
	for want, bad := range map[int][]map[string]any{
		95000: {{"open_kfid": "wkUnknown"}},
		40058: {
			{"open_kfid": SampleAccount, "limit": 1001}, {"open_kfid": SampleAccount, "limit": -1},
			{"open_kfid": SampleAccount, "cursor": "nonsense"}, {"open_kfid": SampleAccount, "cursor": long(65)},
			{"open_kfid": SampleAccount, "token": long(129)}, {"open_kfid": SampleAccount, "voice_format": 2},
		},
		47001: {{"limit": "many"}},
	} {
		for _, in := range bad {
			code, _ := c.api("kf/sync_msg", in)
			require.Equal(t, want, code, "%v", in)
		}
	}
	code, _ := c.api("kf/sync_msg", map[string]any{})
	require.Zero(t, code, "without an account: all accounts")
}

func TestSyncWithoutTokenTenAMinute(t *testing.T) {
	c := newCorp(t)
	now := time.Now()
	c.machine = func() time.Time { return now }
	c.says(ligong, "在吗")
	token := c.desk.lastToken()
	call := func(token string) int {
		code, _ := c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount, "token": token})
		return code
	}
	for range 10 {
		require.Zero(t, call(""))
	}
	require.Equal(t, 45009, call(""))
	require.Equal(t, 45009, call("ENCinvented"), "a token that came with no callback is none")
	require.Zero(t, call(token))
	c.forward(10*time.Minute - time.Second)
	require.Zero(t, call(token))
	c.forward(time.Second)
	require.Equal(t, 45009, call(token), "a callback's token is good for ten minutes of the clock")
	now = now.Add(time.Minute)
	require.Zero(t, call(""), "after a minute of machine time it goes on")
}

func TestSyncFiveAtOnce(t *testing.T) {
	c := newCorp(t)
	_, err := c.work.GetContext().GetAccessToken()
	require.NoError(t, err)
	var done sync.WaitGroup
	codes := make(chan int, 6)
	c.mu.Lock() // holds every call that got in
	for range 6 {
		done.Go(func() {
			code, _ := c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount})
			codes <- code
		})
	}
	require.Equal(t, 45033, <-codes, "the sixth is refused while five are under way")
	c.mu.Unlock()
	done.Wait()
	for range 5 {
		require.Zero(t, <-codes)
	}
}

func TestSyncSparsePages(t *testing.T) {
	c := newCorp(t)
	for i := range 3 {
		c.says(ligong, fmt.Sprint(i))
	}
	require.NoError(t, c.world.Switches.Set(switchSparsePages, json.RawMessage("true")))
	cursor, pages := "", []string{}
	for {
		_, out := c.api("kf/sync_msg", map[string]any{"cursor": cursor, "open_kfid": SampleAccount, "token": c.desk.lastToken()})
		pages = append(pages, fmt.Sprint(strings.Count(string(out["msg_list"]), "msgid"), " ", string(out["has_more"])))
		if cursor = out.text("next_cursor"); string(out["has_more"]) == "0" {
			break
		}
	}
	require.Equal(t, []string{"0 1", "1 1", "0 1", "1 1", "0 1", "1 0"}, pages)
}

func TestThousandAPage(t *testing.T) {
	c := newCorp(t)
	c.world.DeskURL = ""
	for range 1001 {
		raw := object{}
		raw.set("text", text{Content: "x"})
		_, err := c.speak(spoken{Account: SampleAccount, Contact: ligong, Origin: originContact, MsgType: "text", Raw: raw})
		require.NoError(t, err)
	}
	_, out := c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount})
	var page []object
	require.NoError(t, json.Unmarshal(out["msg_list"], &page))
	require.Len(t, page, 1000)
	require.Equal(t, "1", string(out["has_more"]))
}
