package wecom

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/work/kf/sendmsg"
	"github.com/stretchr/testify/require"
)

func TestFiveMessagesFollowOne(t *testing.T) {
	c := newCorp(t)
	require.Equal(t, 95018, c.send(ligong, "您好", ""), "who has never written cannot be written to")
	c.says(ligong, "在吗")
	for i := range 5 {
		require.Zero(t, c.send(ligong, fmt.Sprint(i), ""))
	}
	require.Equal(t, 95001, c.send(ligong, "六", ""))
	require.Equal(t, 95018, c.send(zhouzong, "您好", ""), "another contact's window is his own")
	c.says(ligong, "好")
	require.Zero(t, c.send(ligong, "六", ""), "his words open it again")
	said := []string{}
	for _, m := range c.messagesAfter(ligong, 0) {
		said = append(said, m.From+" "+m.Text)
	}
	require.Equal(t, []string{"contact 在吗", "desk 0", "desk 1", "desk 2", "desk 3", "desk 4", "contact 好", "desk 六"}, said, "refused ones never appear")
}

func TestFortyEightHours(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	c.forward(48*time.Hour - time.Second)
	require.Zero(t, c.send(ligong, "在", ""))
	c.forward(time.Second)
	require.Equal(t, 95002, c.send(ligong, "在", ""))
	c.says(ligong, "喂")
	require.Zero(t, c.send(ligong, "在", ""))
}

func TestMenuClickRenewsNothing(t *testing.T) {
	c := newCorp(t)
	click := func() {
		c.control("POST", "/contacts/"+ligong+"/messages", map[string]any{"msgtype": "text", "text": text{Content: "已解决", MenuID: "1"}})
	}
	click()
	require.Equal(t, 95018, c.send(ligong, "您好", ""), "a click opens no window")
	c.says(ligong, "在吗")
	for i := range 5 {
		require.Zero(t, c.send(ligong, fmt.Sprint(i), ""))
	}
	click()
	require.Equal(t, 95001, c.send(ligong, "六", ""))
	c.forward(47 * time.Hour)
	click()
	c.forward(time.Hour)
	require.Equal(t, 95002, c.send(ligong, "六", ""))
	items := c.all()
	require.Contains(t, string(items[len(items)-1]["text"]), `"menu_id":"1"`)

	require.NoError(t, c.world.Switches.Set(switchClickRenews, json.RawMessage("true")))
	click()
	require.Zero(t, c.send(ligong, "六", ""))
}

func TestMsgIDs(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	c.says(zhouzong, "在吗")
	long32 := "abcdefghijklmnopqrstuvwxyz-_0123"
	out, err := c.kf.SendMsg(textTo(ligong, "在", long32))
	require.NoError(t, err)
	require.Equal(t, long32, out.MsgID)
	for _, bad := range []string{long32 + "4", "a.b", "中", "a b"} {
		require.Equal(t, 40058, c.send(ligong, "在", bad), bad)
	}
	code, _ := c.api("kf/send_msg", map[string]any{"touser": ligong, "open_kfid": SampleAccount, "msgid": "", "msgtype": "text", "text": text{Content: "在"}})
	require.Equal(t, 40058, code, "an empty msgid is no absent one")

	require.Equal(t, 95004, c.send(ligong, "在", long32), "a repeat is an error")
	require.Equal(t, 95004, c.send(zhouzong, "在", long32), "and ids are unique per account, not per contact")
	require.NoError(t, c.world.Switches.Set(switchDuplicateCode, json.RawMessage("40058")))
	require.Equal(t, 40058, c.send(ligong, "在", long32))
	for i := range 4 {
		require.Zero(t, c.send(ligong, fmt.Sprint(i), fmt.Sprint("m", i)))
	}
	require.Equal(t, 40058, c.send(ligong, "在", "m3"), "the fifth's repeat is told as a repeat although the five are spent")
	require.Equal(t, 95001, c.send(ligong, "在", "m9"))
	require.Zero(t, c.send(zhouzong, "在", "m9"), "a refused msgid stays free")
}

func textTo(contact, words, msgid string) sendmsg.Text {
	m := sendmsg.Text{Message: sendmsg.Message{ToUser: contact, OpenKFID: SampleAccount, MsgID: msgid}, MsgType: "text"}
	m.Text.Content = words
	return m
}

func TestSendParameters(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	unknown := textTo(ligong, "在", "")
	unknown.OpenKFID = "wkUnknown"
	require.Equal(t, 95000, c.sendAny(unknown))
	require.Equal(t, 40096, c.send("wmUnknown", "在", ""))
	require.Equal(t, 44004, c.send(ligong, "", ""))
	require.Zero(t, c.send(ligong, long(2048), ""))
	require.Equal(t, 45002, c.send(ligong, long(2049), ""))
	wide := ""
	for range 683 {
		wide += "字"
	}
	require.Equal(t, 45002, c.send(ligong, wide, ""), "683 characters are 2049 bytes")
	require.Zero(t, c.send(ligong, wide[3:], ""))
	kind := textTo(ligong, "在", "")
	kind.MsgType = "nonsense"
	require.Equal(t, 40058, c.sendAny(kind))
	require.Equal(t, 3, len(c.messagesAfter(ligong, 0)))
}

// menuTo builds a menu of n clicks.
func menuTo(contact, head, tail string, n int, id, words string) sendmsg.Menu {
	m := sendmsg.Menu{Message: sendmsg.Message{ToUser: contact, OpenKFID: SampleAccount}, MsgType: "msgmenu"}
	m.MsgMenu.HeadContent, m.MsgMenu.TailContent = head, tail
	for range n {
		item := sendmsg.MenuClick{Type: "click"}
		item.Click.ID, item.Click.Content = id, words
		m.MsgMenu.List = append(m.MsgMenu.List, item)
	}
	return m
}

func TestMenuLimits(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	require.Zero(t, c.sendAny(menuTo(ligong, long(1024), long(1024), 10, long(64), long(128))))
	require.Equal(t, 45002, c.sendAny(menuTo(ligong, long(1025), "", 1, "1", "是")))
	require.Equal(t, 45002, c.sendAny(menuTo(ligong, "", long(1025), 1, "1", "是")))
	require.Equal(t, 45002, c.sendAny(menuTo(ligong, "", "", 1, "1", long(129))))
	require.Equal(t, 40058, c.sendAny(menuTo(ligong, "", "", 11, "1", "是")))
	require.Equal(t, 40058, c.sendAny(menuTo(ligong, "", "", 1, long(65), "是")))
	require.Equal(t, 40058, c.sendAny(menuTo(ligong, "", "", 1, "", "是")))
	require.Equal(t, 40058, c.sendAny(menuTo(ligong, "", "", 1, "1", "")))
	require.Equal(t, 44004, c.sendAny(menuTo(ligong, "", "", 0, "", "")))
	require.NoError(t, c.world.Switches.Set(switchMenuIDBytes, json.RawMessage("128")))
	require.Zero(t, c.sendAny(menuTo(ligong, "", "", 1, long(128), "是")))
	view := menuTo(ligong, "看", "", 0, "", "")
	item := sendmsg.MenuView{Type: "view"}
	item.View.URL, item.View.Content = "https://x.example/"+long(2048), "文档"
	view.MsgMenu.List = []any{item}
	require.Equal(t, 45002, c.sendAny(view))
}

func TestMenuInTheList(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	m := menuTo(ligong, "解决了吗？", "谢谢", 1, "ok", "已解决")
	m.MsgMenu.List = append(m.MsgMenu.List, map[string]any{"type": "text", "text": map[string]any{"content": "点一下", "no_newline": 1}})
	require.Zero(t, c.sendAny(m))
	var list []map[string]any
	require.NoError(t, json.Unmarshal(c.control("GET", "/contacts/"+ligong+"/messages", nil)["messages"], &list))
	last := list[len(list)-1]
	require.Equal(t, "解决了吗？\n已解决\n点一下\n谢谢", last["text"])
	require.Equal(t, "解决了吗？", last["menu"].(map[string]any)["head_content"])
	require.Equal(t, map[string]any{"id": "ok", "content": "已解决"}, last["menu"].(map[string]any)["list"].([]any)[0].(map[string]any)["click"])
}

func TestOtherKinds(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	send := func(kind string, body any) int {
		code, _ := c.api("kf/send_msg", map[string]any{"touser": ligong, "open_kfid": SampleAccount, "msgtype": kind, kind: body})
		return code
	}
	image, err := c.keepMedia("image", "a.png", []byte("x"))
	require.NoError(t, err)
	require.Zero(t, send("location", map[string]any{"name": "厂", "address": "路", "latitude": 31.2, "longitude": 121.5}))
	require.Equal(t, 40058, send("location", map[string]any{"name": "厂"}))
	require.Zero(t, send("link", link{Title: "文档", URL: "https://x.example", Thumb: image.ID}))
	require.Equal(t, 40007, send("link", link{Title: "文档", URL: "https://x.example", Thumb: "none"}))
	require.Equal(t, 45002, send("link", link{Title: long(129), URL: "https://x.example", Thumb: image.ID}))
	require.Equal(t, 45002, send("miniprogram", miniProgram{AppID: "wx1", PagePath: "p", Title: long(65), Thumb: image.ID}))
	require.Zero(t, send("miniprogram", miniProgram{AppID: "wx1", PagePath: "p", Title: "t", Thumb: image.ID}))
	require.Zero(t, send("business_card", businessCard{UserID: "zhangwei"}))
	require.Zero(t, send("ca_link", caLink{LinkURL: "https://x.example"}))
	var list []object
	require.NoError(t, json.Unmarshal(c.control("GET", "/contacts/"+ligong+"/messages", nil)["messages"], &list))
	require.JSONEq(t, `{"name":"厂","address":"路","latitude":31.2,"longitude":121.5}`, string(list[1]["location"]))
}
