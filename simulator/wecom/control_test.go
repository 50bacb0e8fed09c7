package wecom

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/work/externalcontact"
	"github.com/silenceper/wechat/v2/work/kf"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

func TestContacts(t *testing.T) {
	c := newCorp(t)
	names := map[string]string{}
	for _, p := range c.Contacts() {
		names[p.Name] = p.Customer
	}
	require.Equal(t, map[string]string{"李工": "恒力电缆", "周总": "恒力电缆", "钱主管": "华东汽配", "吴会计": "小微机械"}, names)
	id := c.control("POST", "/contacts", map[string]string{"name": "新人"}).text("id")
	require.Regexp(t, `^wm[0-9A-Za-z]{30}$`, id)
	require.Equal(t, "wmMine", c.control("POST", "/contacts", map[string]string{"name": "甲", "id": "wmMine"}).text("id"))
	c.says(id, "在吗")
	require.Len(t, c.messagesAfter(id, 0), 1)
}

func TestBatchGetResolvesTheActive(t *testing.T) {
	c := newCorp(t)
	c.control("POST", "/contacts/"+ligong+"/enter", map[string]string{"scene": "qr"})
	get := func(ids ...string) kf.CustomerBatchGetSchema {
		out, err := c.kf.CustomerBatchGet(kf.CustomerBatchGetOptions{ExternalUserIDList: ids})
		require.NoError(t, err)
		return out
	}
	out := get(ligong, zhouzong, "wmUnknown")
	require.Equal(t, "李工", out.CustomerList[0].NickName)
	require.Equal(t, []string{zhouzong, "wmUnknown"}, out.InvalidExternalUserID)
	code, raw := c.api("kf/customer/batchget", batchGetIn{ExternalUserIDs: []string{ligong}, NeedContext: 1})
	require.Zero(t, code)
	require.Contains(t, string(raw["customer_list"]), `"scene":"qr"`)
	c.forward(48 * time.Hour)
	require.Equal(t, []string{ligong}, get(ligong).InvalidExternalUserID)
	code, _ = c.api("kf/customer/batchget", batchGetIn{ExternalUserIDs: make([]string, 101)})
	require.Equal(t, 40058, code)
	code, _ = c.api("kf/customer/batchget", batchGetIn{})
	require.Equal(t, 40058, code)
}

func TestContactWay(t *testing.T) {
	c := newCorp(t)
	out, err := c.kf.AddContactWay(kf.AddContactWayOptions{OpenKFID: SampleAccount, Scene: "HLDL_erp-1"})
	require.NoError(t, err)
	require.Contains(t, out.URL, "enc_scene=HLDL_erp-1")
	for _, scene := range []string{long(33), "a.b", "合同"} {
		out, _ = c.kf.AddContactWay(kf.AddContactWayOptions{OpenKFID: SampleAccount, Scene: scene})
		require.EqualValues(t, 40058, out.ErrCode, scene)
	}
	code, _ := c.api("kf/account/list", listAccountsIn{Limit: 101})
	require.Equal(t, 40058, code)
}

func TestRecall(t *testing.T) {
	c := newCorp(t)
	msgid := c.says(ligong, "写错了")
	c.says(ligong, "第二句")
	seen := c.messagesAfter(ligong, 0)
	last := seen[len(seen)-1].Seq
	c.control("POST", "/contacts/"+ligong+"/recall", map[string]string{"msgid": msgid})
	event := c.lastEvent("user_recall_msg")
	require.Equal(t, msgid, event.text("recall_msgid"))
	require.Equal(t, ligong, event.text("external_userid"))
	changed := c.messagesAfter(ligong, last)
	require.Len(t, changed, 1, "the list shows it as changed")
	require.True(t, changed[0].Recalled)
	require.Equal(t, msgid, changed[0].MsgID)
	require.Len(t, c.messagesAfter(ligong, 0), 2)
	for _, bad := range []string{msgid, "unknown"} {
		status, _ := c.call("POST", "/control/wecom/contacts/"+ligong+"/recall", map[string]string{"msgid": bad})
		require.Equal(t, http.StatusBadRequest, status)
	}
	status, _ := c.call("POST", "/control/wecom/contacts/"+zhouzong+"/recall", map[string]string{"msgid": seen[1].MsgID})
	require.Equal(t, http.StatusBadRequest, status, "somebody else's")
}

func TestSendFailArrivesLater(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	require.Zero(t, c.send(ligong, "在", "m1"))
	c.control("POST", "/contacts/"+ligong+"/messages", map[string]any{"msgtype": "event", "event": map[string]any{"event_type": "msg_send_fail", "fail_msgid": "m1", "fail_type": 10}})
	page, err := c.kf.SyncMsg(kf.SyncMsgOptions{Token: c.desk.lastToken(), OpenKfID: SampleAccount})
	require.NoError(t, err)
	item := page.MsgList[1]
	require.Equal(t, "msg_send_fail", item.EventType)
	require.Empty(t, item.ExternalUserID, "an event's ids stand inside it")
	var event struct {
		Event struct {
			FailMsgID      string `json:"fail_msgid"`
			ExternalUserID string `json:"external_userid"`
			OpenKFID       string `json:"open_kfid"`
		}
	}
	require.NoError(t, json.Unmarshal(item.GetOriginMessage(), &event))
	require.Equal(t, []string{"m1", ligong, SampleAccount}, []string{event.Event.FailMsgID, event.Event.ExternalUserID, event.Event.OpenKFID})
	for _, m := range c.messagesAfter(ligong, 0) {
		require.Equal(t, m.MsgID == "m1", m.Failed)
	}
}

func TestEveryOtherKindPasses(t *testing.T) {
	c := newCorp(t)
	for kind, body := range map[string]string{
		"location":    `{"latitude":31.2,"longitude":121.5,"name":"厂区","address":"一号路"}`,
		"merged_msg":  `{"title":"记录","item":[{"msgtype":"text","msg_content":"{}"}]}`,
		"future_kind": `{"whatever":1}`,
		"meeting":     `null`,
	} {
		msgid := c.control("POST", "/contacts/"+ligong+"/messages", map[string]any{"msgtype": kind, kind: json.RawMessage(body), "extra": 1}).text("msgid")
		items := c.all()
		last := items[len(items)-1]
		require.Equal(t, msgid, last.text("msgid"))
		require.JSONEq(t, body, string(last[kind]))
		require.Equal(t, "1", string(last["extra"]), "unknown fields pass")
		require.Equal(t, "3", string(last["origin"]))
	}
	require.Equal(t, "厂区\n一号路", wordsOf(json.RawMessage(`{"name":"厂区","address":"一号路"}`)))
}

func TestControlRefusals(t *testing.T) {
	c := newCorp(t)
	for _, x := range []struct {
		status     int
		path, body string
	}{
		{404, "/contacts/wmUnknown/messages", `{"msgtype":"text","text":{"content":"x"}}`},
		{400, "/contacts/" + ligong + "/messages", `{}`},
		{400, "/contacts/" + ligong + "/messages", `{"msgtype":"text"}`},
		{400, "/contacts/" + ligong + "/messages", `{"msgtype":"image"}`},
		{400, "/contacts/" + ligong + "/messages", `{"msgtype":"image","data":"?"}`},
		{400, "/contacts/" + ligong + "/messages", `{"msgtype":"event"}`},
		{400, "/contacts/" + ligong + "/messages", `{"msgtype":"text","text":{"content":"x"},"open_kfid":"wk?"}`},
		{400, "/contacts/" + ligong + "/messages", `[1]`},
		{400, "/contacts/" + ligong + "/enter", `{"scene":"有 空格"}`},
		{400, "/contacts/" + ligong + "/servicer", `{"action":"dance"}`},
		{400, "/contacts", `{}`},
	} {
		status, out := c.call("POST", "/control/wecom"+x.path, json.RawMessage(x.body))
		require.Equal(t, x.status, status, x.body)
		require.NotEmpty(t, out.text("error"), x.body)
	}
	status, _ := c.call("GET", "/control/wecom/contacts/"+ligong+"/messages?after=x", nil)
	require.Equal(t, 400, status)
	status, _ = c.call("GET", "/control/wecom/media/none", nil)
	require.Equal(t, 404, status)
	require.Empty(t, c.messagesAfter(ligong, 0))
}

func TestFaultsOnThePlatformsPaths(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	require.NoError(t, c.world.Faults.Add(kernel.Fault{Platform: kernel.WeCom, Path: "/cgi-bin/kf/send_msg", Times: 1, ErrCode: 45009}))
	require.Equal(t, 45009, c.send(ligong, "在", ""))
	require.NoError(t, c.world.Faults.Add(kernel.Fault{Platform: kernel.WeCom, Path: "/cgi-bin/kf/send_msg", Times: 1, ErrCode: -1, AfterEffect: true}))
	require.Equal(t, -1, c.send(ligong, "在", "m1"))
	require.Equal(t, 95004, c.send(ligong, "在", "m1"), "it was sent although it failed")
	require.NoError(t, c.world.Faults.Add(kernel.Fault{Platform: kernel.WeCom, Path: "/cgi-bin/kf/send_msg", Times: 1, HTTPStatus: 502}))
	_, err := c.kf.SendMsg(textTo(ligong, "在", ""))
	require.ErrorContains(t, err, "502")
	require.NoError(t, c.world.Faults.Add(kernel.Fault{Platform: kernel.WeCom, Path: "/cgi-bin/kf/send_msg", Times: 1, Hang: kernel.Duration(time.Millisecond)}))
	_, err = c.kf.SendMsg(textTo(ligong, "在", ""))
	require.Error(t, err)
	require.Len(t, c.messagesAfter(ligong, 0), 2)
	calls := c.world.Calls.After(0)
	codes := []int{}
	for _, call := range calls {
		if call.Path == "/cgi-bin/kf/send_msg" {
			codes = append(codes, call.Status, call.ErrCode)
		}
	}
	require.Equal(t, []int{200, 45009, 200, -1, 200, 95004, 502, 0, 0, 0}, codes)
}

func TestMassTasks(t *testing.T) {
	c := newCorp(t)
	out, err := c.work.GetExternalContact().AddMsgTemplate(&externalcontact.AddMsgTemplateRequest{
		ChatType: "single", ExternalUserID: []string{ligong, "wmUnknown"}, Sender: "wangfang", Text: externalcontact.MsgText{Content: "节日好"},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"wmUnknown"}, out.FailList)
	status := func() (int, int) {
		task, err := c.work.GetExternalContact().GetGroupMsgTask(&externalcontact.GetGroupMsgTaskRequest{MsgID: out.MsgID})
		require.NoError(t, err)
		result, err := c.work.GetExternalContact().GetGroupMsgSendResult(&externalcontact.GetGroupMsgSendResultRequest{MsgID: out.MsgID, UserID: "wangfang"})
		require.NoError(t, err)
		require.Equal(t, ligong, result.SendList[0].ExternalUserID)
		return task.TaskList[0].Status, result.SendList[0].Status
	}
	task, sent := status()
	require.Equal(t, []int{0, 0}, []int{task, sent}, "nothing goes out by itself")
	require.Contains(t, string(c.control("GET", "/mass_tasks", nil)["tasks"]), `"text":"节日好"`)
	c.control("POST", "/mass_tasks/"+out.MsgID+"/confirm", nil)
	task, sent = status()
	require.Equal(t, []int{2, 1}, []int{task, sent})
	code, _ := c.call("POST", "/control/wecom/mass_tasks/"+out.MsgID+"/confirm", nil)
	require.Equal(t, http.StatusBadRequest, code)
	errcode, _ := c.api("externalcontact/add_msg_template", massIn{ExternalUserIDs: []string{"wmUnknown"}, Text: &text{Content: "x"}})
	require.Equal(t, 41048, errcode)
	errcode, _ = c.api("externalcontact/add_msg_template", massIn{ExternalUserIDs: []string{ligong}, Text: &text{Content: long(4001)}})
	require.Equal(t, 45002, errcode)
}
