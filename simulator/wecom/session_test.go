package wecom

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/work/kf"
	"github.com/silenceper/wechat/v2/work/kf/sendmsgonevent"
	"github.com/stretchr/testify/require"
)

func (c *corp) state(contact string) (int, string) {
	c.t.Helper()
	code, out := c.api("kf/service_state/get", stateIn{OpenKFID: SampleAccount, ExternalUserID: contact})
	require.Zero(c.t, code)
	var state int
	require.NoError(c.t, json.Unmarshal(out["service_state"], &state))
	return state, out.text("servicer_userid")
}

// trans moves a session through the SDK and gives errcode and msg_code.
func (c *corp) trans(contact string, to int, servicer string) (int, string) {
	out, _ := c.kf.ServiceStateTrans(kf.ServiceStateTransOptions{OpenKFID: SampleAccount, ExternalUserID: contact, ServiceState: to, ServicerUserID: servicer})
	return int(out.ErrCode), out.MsgCode
}

// onEvent sends a text by a code through the SDK.
func (c *corp) onEvent(code, words, msgid string) int {
	m := sendmsgonevent.Text{Message: sendmsgonevent.Message{Code: code, MsgID: msgid}, MsgType: "text"}
	m.Text.Content = words
	out, _ := c.kf.SendMsgOnEvent(m)
	return int(out.ErrCode)
}

func TestStates(t *testing.T) {
	c := newCorp(t)
	is := func(want int) {
		t.Helper()
		got, _ := c.state(ligong)
		require.Equal(t, want, got)
	}
	is(4)
	c.control("POST", "/contacts/"+ligong+"/enter", nil)
	is(4)
	c.says(ligong, "在吗")
	is(0)
	code, _ := c.trans(ligong, 1, "")
	require.Zero(t, code)
	is(1)
	require.Zero(t, c.send(ligong, "在", ""), "the assistant may send")
	c.forward(48*time.Hour - time.Second)
	is(1)
	c.forward(time.Second)
	is(4)
	code, out := c.api("kf/service_state/get", stateIn{OpenKFID: "wk?", ExternalUserID: ligong})
	require.Equal(t, 95000, code, out.text("errmsg"))
	code, _ = c.api("kf/service_state/get", stateIn{OpenKFID: SampleAccount, ExternalUserID: "wm?"})
	require.Equal(t, 40096, code)
}

func TestMovesByAPI(t *testing.T) {
	allowed := map[[2]int]bool{{0, 1}: true, {0, 2}: true, {0, 3}: true, {1, 2}: true, {1, 3}: true, {2, 3}: true, {3, 3}: true, {3, 4}: true}
	undocumented := map[[2]int]bool{{0, 4}: true, {1, 4}: true, {3, 1}: true}
	reach := map[int][]int{0: nil, 1: {1}, 2: {2}, 3: {3}, 4: {3, 4}}
	c := newCorp(t)
	for _, lenient := range []string{"false", "true"} {
		require.NoError(t, c.world.Switches.Set(switchUndocumented, json.RawMessage(lenient)))
		for from, path := range reach {
			for to := range 6 {
				c.control("POST", "/contacts", Contact{ID: "wmMover", Name: "动"})
				c.sessions.Delete(SampleAccount + "/wmMover")
				c.says("wmMover", "在吗")
				for _, step := range path {
					code, _ := c.trans("wmMover", step, "zhangwei")
					require.Zero(t, code)
				}
				want := 95016
				if move := [2]int{from, to}; allowed[move] || (lenient == "true" && undocumented[move]) {
					want = 0
				}
				code, _ := c.trans("wmMover", to, "zhangwei")
				require.Equal(t, want, code, "%d to %d, lenient %s", from, to, lenient)
			}
		}
	}
}

func TestServicersOfTrans(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	code, _ := c.trans(ligong, 3, "nobody")
	require.Equal(t, 95014, code)
	code, _ = c.trans(ligong, 3, "lina")
	require.Equal(t, 95019, code)
	code, _ = c.trans(ligong, 3, "")
	require.Equal(t, 40058, code)
	code, _ = c.trans(ligong, 3, "zhangwei")
	require.Zero(t, code)
	state, servicer := c.state(ligong)
	require.Equal(t, 3, state)
	require.Equal(t, "zhangwei", servicer)
	require.Equal(t, 95018, c.send(ligong, "在", ""), "a servicer has it")
	list, err := c.kf.ReceptionistList(SampleAccount)
	require.NoError(t, err)
	require.Equal(t, "zhangwei", list.ReceptionistList[0].UserID)
	require.Equal(t, 1, list.ReceptionistList[1].Status)
}

func TestServicerAtTheClient(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	act := func(in map[string]string) object { return c.control("POST", "/contacts/"+ligong+"/servicer", in) }
	act(map[string]string{"action": "take", "userid": "wang"})
	event := c.lastEvent("session_status_change")
	require.Equal(t, "1", string(event["change_type"]))
	require.Equal(t, "wang", event.text("new_servicer_userid"))
	require.Zero(t, c.onEvent(event.text("msg_code"), "由王工接待", "t1"))
	require.Equal(t, 95018, c.send(ligong, "在", ""))

	said := act(map[string]string{"action": "say", "userid": "wang", "text": "我来看"})
	items := c.all()
	last := items[len(items)-1]
	require.Equal(t, said.text("msgid"), last.text("msgid"))
	require.Equal(t, "5", string(last["origin"]))
	require.Equal(t, "wang", last.text("servicer_userid"))
	act(map[string]string{"action": "take", "userid": "li"})
	event = c.lastEvent("session_status_change")
	require.Equal(t, []string{"2", "wang", "li"}, []string{string(event["change_type"]), event.text("old_servicer_userid"), event.text("new_servicer_userid")})

	act(map[string]string{"action": "end"})
	event = c.lastEvent("session_status_change")
	require.Equal(t, "3", string(event["change_type"]))
	require.Equal(t, 95013, c.send(ligong, "在", ""), "ended")
	require.Zero(t, c.onEvent(event.text("msg_code"), "再见", "e1"))
	status, _ := c.call("POST", "/control/wecom/contacts/"+ligong+"/servicer", map[string]string{"action": "end"})
	require.Equal(t, http.StatusBadRequest, status, "nobody has it")

	act(map[string]string{"action": "say", "userid": "wang", "text": "还有一事"})
	event = c.lastEvent("session_status_change")
	require.Equal(t, "4", string(event["change_type"]), "writing in an ended session enters it again")
	state, servicer := c.state(ligong)
	require.Equal(t, 3, state)
	require.Equal(t, "wang", servicer)
}

func TestServicersItemsAreMirrored(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	c.control("POST", "/contacts/"+ligong+"/messages", map[string]any{"msgtype": "image", "origin": 5, "servicer_userid": "wang", "data": []byte("png"), "filename": "a.png"})
	list := c.messagesAfter(ligong, 0)
	last := list[len(list)-1]
	require.Equal(t, []string{"servicer", "image", "wang", "a.png"}, []string{last.From, last.MsgType, last.Servicer, last.Filename})
	state, _ := c.state(ligong)
	require.Equal(t, 3, state)
}

func TestWelcome(t *testing.T) {
	c := newCorp(t)
	enter := func() string {
		c.control("POST", "/contacts/"+ligong+"/enter", map[string]string{"scene": "qr", "scene_param": "合同=1"})
		event := c.lastEvent("enter_session")
		require.Equal(t, "合同=1", event.text("scene_param"))
		require.Equal(t, ligong, event.text("external_userid"))
		return event.text("welcome_code")
	}
	first := enter()
	require.NotEmpty(t, first)
	c.forward(20 * time.Second)
	require.Equal(t, 95007, c.onEvent(first, "欢迎", "w1"), "20 seconds")
	second := enter()
	require.NotEmpty(t, second, "he was not welcomed yet")
	c.forward(19 * time.Second)
	require.Equal(t, 40058, c.onEvent(second, "欢迎", ""), "an empty msgid is refused and costs nothing")
	require.Zero(t, c.onEvent(second, "欢迎", "w1"))
	require.Equal(t, 95007, c.onEvent(second, "欢迎", "w2"), "once")
	require.Equal(t, 95007, c.onEvent("invented", "欢迎", "w3"))
	require.Empty(t, enter(), "welcomed within 48 hours")
	c.forward(48 * time.Hour)
	require.NotEmpty(t, enter())
	c.says(ligong, "在吗")
	require.Empty(t, enter(), "he has written")
	c.forward(48 * time.Hour)
	require.NotEmpty(t, enter())
}

func TestWelcomeByMenu(t *testing.T) {
	c := newCorp(t)
	c.control("POST", "/contacts/"+ligong+"/enter", nil)
	m := sendmsgonevent.Menu{Message: sendmsgonevent.Message{Code: c.lastEvent("enter_session").text("welcome_code"), MsgID: "w1"}, MsgType: "msgmenu"}
	m.MsgMenu.HeadContent = "您好，我是服务台"
	item := sendmsgonevent.MenuClick{Type: "click"}
	item.Click.ID, item.Click.Content = "p", "进度"
	m.MsgMenu.List = []any{item}
	_, err := c.kf.SendMsgOnEvent(m)
	require.NoError(t, err)
	list := c.messagesAfter(ligong, 0)
	require.Equal(t, "您好，我是服务台\n进度", list[len(list)-1].Text)
	c.says(ligong, "在吗")
	for range 5 {
		require.Zero(t, c.send(ligong, "在", ""), "the welcome is none of the five")
	}
}

func TestCodesOfStatesDieWithThem(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	_, pool := c.trans(ligong, 2, "")
	require.NotEmpty(t, pool)
	menu := sendmsgonevent.Menu{Message: sendmsgonevent.Message{Code: pool, MsgID: "p0"}, MsgType: "msgmenu"}
	menu.MsgMenu.HeadContent = "请稍候"
	out, _ := c.kf.SendMsgOnEvent(menu)
	require.EqualValues(t, 40058, out.ErrCode, "text only")
	_, assigned := c.trans(ligong, 3, "zhangwei")
	require.NotEmpty(t, assigned)
	require.Equal(t, 95007, c.onEvent(pool, "请稍候", "p1"), "the session has left the pool")
	_, again := c.trans(ligong, 3, "zhangwei")
	require.Empty(t, again, "the first time only")
	require.Zero(t, c.onEvent(assigned, "由张工接待", "p2"))
	_, farewell := c.trans(ligong, 4, "")
	c.forward(20 * time.Second)
	require.Equal(t, 95007, c.onEvent(farewell, "再见", "p3"))
}
