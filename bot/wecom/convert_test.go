package wecom

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

func convert(t *testing.T, raw string) (tickets.Inbound, bool) {
	in, ok, err := (&Client{}).Convert([]byte(raw))
	require.NoError(t, err, raw)
	return in, ok
}

const head = `"msgid":"m1","open_kfid":"wk1","external_userid":"wmLi","send_time":1700000000,`

func said(kind tickets.Kind, text string) tickets.Inbound {
	return tickets.Inbound{Platform: tickets.WeCom, ID: "m1", Channel: "wk1", Author: "wmLi", Kind: kind, Text: text,
		At: time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)}
}

func TestConvertMessages(t *testing.T) {
	clicked := said(tickets.KindText, "已解决")
	clicked.Clicked = "solved:7"
	image := said(tickets.KindImage, "")
	image.Attached = []tickets.Attachment{{Remote: "M1", Image: true}}
	file := said(tickets.KindFile, "")
	file.Attached = []tickets.Attachment{{Remote: "M1"}}
	lost := said(tickets.KindImage, "")
	lost.Attached = []tickets.Attachment{{Image: true, Lost: true}}
	servicer := said(tickets.KindText, "我来看看")
	servicer.Servicer = true
	other := func(text string) tickets.Inbound { return said(tickets.KindOther, text) }
	for raw, want := range map[string]tickets.Inbound{
		`"origin":3,"msgtype":"text","text":{"content":"MES 打不开 <b>@所有人</b> 😀` + "\u200f" + `"}`: said(tickets.KindText, "MES 打不开 <b>@所有人</b> 😀\u200f"),
		`"origin":"3","msgtype":"text","text":{"content":"已解决","menu_id":"solved:7"}`:            clicked,
		`"origin":3,"msgtype":"text","text":{"content":"a\u0000b"}`:                              said(tickets.KindText, "ab"),
		"\"origin\":3,\"msgtype\":\"text\",\"text\":{\"content\":\"a\xffb\"}":                    said(tickets.KindText, "a\ufffdb"),
		`"origin":3,"msgtype":"text"`: said(tickets.KindText, ""),
		`"origin":5,"servicer_userid":"zhangwei","msgtype":"text","text":{"content":"我来看看"}`:             servicer,
		`"origin":3,"msgtype":"image","image":{"media_id":"M1"}`:                                         image,
		`"origin":3,"msgtype":"image","image":{}`:                                                        lost,
		`"origin":3,"msgtype":"voice","voice":{"media_id":"M1"}`:                                         file,
		`"origin":3,"msgtype":"video","video":{"media_id":"M1"}`:                                         file,
		`"origin":3,"msgtype":"file","file":{"media_id":"M1"}`:                                           file,
		`"origin":3,"msgtype":"location","location":{"name":"厂区","address":"工业路 1 号","latitude":"30.5"}`: other("[位置] 厂区 工业路 1 号"),
		`"origin":3,"msgtype":"location","location":{"latitude":30.25,"longitude":"120.1"}`:              other("[位置] 30.25,120.1"),
		`"origin":3,"msgtype":"link","link":{"title":"日志","url":"https://example.com/a","desc":"x"}`:     other("[链接] 日志 https://example.com/a"),
		`"origin":3,"msgtype":"business_card","business_card":{"userid":"u1"}`:                           other("[名片] u1"),
		`"origin":3,"msgtype":"miniprogram","miniprogram":{"title":"报修","appid":"wx1"}`:                  other("[小程序] 报修"),
		`"origin":5,"msgtype":"msgmenu","msgmenu":{"head_content":"请选","list":[{"type":"click","click":{"id":"1","content":"甲"}},{"type":"view","view":{"url":"u","content":"乙"}}],"tail_content":"完"}`: func() tickets.Inbound {
			in := other("[菜单] 请选 甲 乙 完")
			in.Servicer = true
			return in
		}(),
		`"origin":3,"msgtype":"channels_shop_product","channels_shop_product":{"title":"电缆","sales_price":"12305","shop_nickname":"店"}`: other("[视频号商品] 电缆 ¥123.05 店"),
		`"origin":3,"msgtype":"channels_shop_product","channels_shop_product":{"title":"电缆","sales_price":99}`:                          other("[视频号商品] 电缆 ¥0.99"),
		`"origin":3,"msgtype":"channels_shop_order","channels_shop_order":{"order_id":31,"product_titles":"电缆","price_wording":"¥1"}`:   other("[视频号订单] 31 电缆 ¥1"),
		`"origin":3,"msgtype":"channels","channels":{"sub_type":1,"nickname":"厂","title":"开机"}`:                                         other("[视频号] 厂 开机"),
		`"origin":3,"msgtype":"meeting","meeting":{}`:                    other("[会议]"),
		`"origin":3,"msgtype":"hologram","hologram":{"title":"T","x":1}`: other("[hologram] T"),
		`"origin":3,"msgtype":"hologram","hologram":"a string"`:          other("[hologram]"),
		`"origin":3,"msgtype":"merged_msg","merged_msg":{"title":"群聊","item":[` +
			`{"send_time":1,"msgtype":"text","sender_name":"甲","msg_content":"{\"text\":{\"content\":\"坏了\"}}"},` +
			`{"msgtype":"text","sender_name":"乙","msg_content":"{\"content\":\"重启\"}"},` +
			`{"msgtype":"image","sender_name":"甲","msg_content":"not JSON"}]}`: other("[聊天记录] 群聊\n甲: 坏了\n乙: 重启\n甲: [图片]"),
	} {
		got, ok := convert(t, "{"+head+raw+"}")
		require.True(t, ok, raw)
		require.Equal(t, want, got, raw)
	}
}

func TestConvertEvents(t *testing.T) {
	const event = `{"msgid":"m1","send_time":1700000000,"origin":4,"msgtype":"event","event":{"open_kfid":"wk1","external_userid":"wmLi",`
	enter := said(tickets.KindEnter, "")
	enter.Scene, enter.SceneParam, enter.WelcomeCode = "site", "HLDL", "CODE"
	fail := said(tickets.KindFail, "")
	fail.Target, fail.FailType = "sd9", 10
	recall := said(tickets.KindRecall, "")
	recall.Target = "m0"
	byServicer := recall
	byServicer.Servicer = true
	held := said(tickets.KindSession, "")
	held.Session, held.Holder = tickets.SessionHeld, "zhou"
	ended := said(tickets.KindSession, "")
	ended.Session, ended.WelcomeCode = tickets.SessionEnded, "END"
	for raw, want := range map[string]tickets.Inbound{
		`"event_type":"enter_session","scene":"site","scene_param":"HLDL","welcome_code":"CODE"`:                       enter,
		`"event_type":"session_status_change","change_type":2,"old_servicer_userid":"wu","new_servicer_userid":"zhou"`: held,
		`"event_type":"session_status_change","change_type":"3","old_servicer_userid":"zhou","msg_code":"END"`:         ended,
		`"event_type":"enter_session"`:                                                 said(tickets.KindEnter, ""),
		`"event_type":"msg_send_fail","fail_msgid":"sd9","fail_type":"10"`:             fail,
		`"event_type":"user_recall_msg","recall_msgid":"m0"`:                           recall,
		`"event_type":"servicer_recall_msg","recall_msgid":"m0","servicer_userid":"z"`: byServicer,
	} {
		got, ok := convert(t, event+raw+"}}")
		require.True(t, ok, raw)
		require.Equal(t, want, got, raw)
	}
	for _, raw := range []string{
		event + `"event_type":"servicer_status_change"}}`,
		event + `"event_type":"reject_customer_msg_switch_change"}}`,
		event + `"event_type":"of_next_year"}}`,
		`{"msgid":"m1","msgtype":"event"}`,
		`{` + head + `"origin":4,"msgtype":"text","text":{"content":"系统提示"}}`,
	} {
		_, ok := convert(t, raw)
		require.False(t, ok, raw)
	}
}

func TestConvertRefusesWhatIsNoObject(t *testing.T) {
	for _, raw := range []string{"", "null", "7", `"x"`, "[]", "{", "\x00"} {
		_, ok, err := (&Client{}).Convert([]byte(raw))
		require.Error(t, err, raw)
		require.False(t, ok)
	}
}

func TestConvertLongText(t *testing.T) {
	words := strings.Repeat("长文本😀", 70_000) // over 1 MB
	raw, err := json.Marshal(map[string]any{"msgid": "m1", "origin": 3, "msgtype": "text", "text": map[string]any{"content": words}})
	require.NoError(t, err)
	in, ok := convert(t, string(raw))
	require.True(t, ok)
	require.Equal(t, words, in.Text)
}

// Records inside records end somewhere, and so does the work.
func TestConvertNestedRecords(t *testing.T) {
	content := `{"text":{"content":"core"}}`
	kind := "text"
	for range 12 {
		quoted, err := json.Marshal(content)
		require.NoError(t, err)
		content = `{"merged_msg":{"title":"t","item":[{"msgtype":"` + kind + `","sender_name":"n","msg_content":` + string(quoted) + `}]}}`
		kind = "merged_msg"
	}
	in, ok := convert(t, `{"msgid":"m","origin":3,"msgtype":"merged_msg",`+content[1:])
	require.True(t, ok)
	require.Equal(t, "[聊天记录] t\nn: [聊天记录] t\nn: [聊天记录] t\nn: [聊天记录] t", in.Text)
}

func FuzzConvert(f *testing.F) {
	f.Add([]byte(`{` + head + `"origin":3,"msgtype":"text","text":{"content":"x","menu_id":1}}`))
	f.Add([]byte(`{"msgtype":"merged_msg","merged_msg":{"item":[{"msg_content":"{}"}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, _, _ := (&Client{}).Convert(raw)
		if strings.ContainsRune(in.Text, 0) || in.Text != strings.ToValidUTF8(in.Text, "") {
			t.Fatalf("unclean text %q", in.Text)
		}
	})
}
