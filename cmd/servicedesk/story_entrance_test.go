package main

import (
	"bytes"
	"image/png"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var linkForm = regexp.MustCompile(`https://\S+`)

// TestStoryACustomersLink: whoever comes in by a customer's link belongs to that customer; an altered link binds nobody.
func TestStoryACustomersLink(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wang, liaison := s.Feishu("王芳"), s.Direct("王芳")
		wang.Asks("/入口 恒力电缆 MES")
		answer := liaison.Sees("恒力电缆（MES）的入口链接")
		link, err := url.Parse(linkForm.FindString(answer.Text))
		require.NoError(t, err)
		token := link.Query().Get("scene_param")
		require.NotEmpty(t, token)
		wang.Asks("/入口 HLDL MES")
		require.Contains(t, liaison.SeesTimes(2, "恒力电缆（MES）的入口链接").Text, token, "one link for a customer and module")
		for _, m := range liaison.Heard() {
			if m.MsgType == "image" {
				_, err := png.Decode(bytes.NewReader(s.bytes("/control/feishu/resources/" + m.ImageKey)))
				require.NoError(t, err)
			}
		}

		fresh, other := s.Stranger("新来的小钱"), s.Stranger("路人")
		fresh.EntersBy("servicedesk", token)
		liaison.Sees("新来的小钱", "经入口链接进来", "恒力电缆")
		fresh.Says("看板数字不动了")
		fresh.Sees("HLDL-0001", "张伟")
		s.Card("看板数字").Shows("MES")
		other.EntersBy("servicedesk", token+"x")
		other.Says("打印机不出纸")
		other.Sees("NEW-0001")

		qian := s.WeCom("钱主管")
		qian.EntersBy("servicedesk", token)
		liaison.Sees("华东汽配的 钱主管", "请核实")
		qian.Says("排产结果不对")
		qian.Sees("HDQP-0001")
		s.Feishu("张伟").Asks("/入口 恒力电缆")
		s.Direct("张伟").Sees("/入口 只有联络专员、客户经理可以用")
	})
}

// EntersBy opens the conversation by a link.
func (c *contact) EntersBy(scene, param string) {
	c.s.t.Helper()
	c.s.post("/control/wecom/contacts/"+c.id+"/enter", map[string]string{"scene": scene, "scene_param": param}, nil)
}
