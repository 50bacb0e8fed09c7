package main

import "testing"

// servicer acts as a human servicer in the WeCom client.
func (c *contact) servicer(action, text string) {
	c.s.t.Helper()
	c.s.post("/control/wecom/contacts/"+c.id+"/servicer", map[string]string{"action": action, "text": text}, nil)
}

// TestStoryAServicerHasTheSession: what an engineer says waits, he hears why, and either the session's end or 收回会话 lets it go on.
func TestStoryAServicerHasTheSession(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("条码打印机打不出标签")
		card := s.Card("条码打印机")
		li.Sees("HLDL-0001")
		zhang.Presses(card.card, "接单")
		li.servicer("take", "")
		card.Sees("正由人工接待")
		zhang.Tells(card, "请先换一卷碳带")
		s.Settle()
		li.SeesNot("碳带")
		li.servicer("say", "我是柜台小周")
		card.Sees("微信客服接待人员直接回复了客户", "我是柜台小周")

		// The contact writes on while the servicer has him: what waits goes on waiting.
		li.Says("碳带在哪里")
		card.Sees("碳带在哪里")
		s.Settle()
		li.SeesNot("请先换一卷碳带")

		// Ended by the button: the platform allows one message more.
		zhang.Tells(card, "第二句：再校准一次")
		zhang.Presses(card.Sees("正由人工接待").MessageID, "收回会话")
		li.Sees("请先换一卷碳带")
		card.Sees("人工接待已结束")
		s.Settle()
		li.SeesNot("第二句")
		li.Says("换好了")
		li.Sees("第二句")
		s.Settle()
		li.SeesTimes(1, "请先换一卷碳带")
	})
}

// TestStoryASessionsEndCarriesTheQuestion: "solved?" goes out by the code of the session's end.
func TestStoryASessionsEndCarriesTheQuestion(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("发票校验过不去")
		card := s.Card("发票校验")
		li.Sees("HLDL-0001")
		zhang.Presses(card.card, "接单")
		li.servicer("take", "")
		card.Sees("正由人工接待")
		zhang.Types(card, "/解决 税号已更正")
		s.Settle()
		li.SeesNot("税号已更正")
		li.servicer("end", "")
		li.Sees("税号已更正")
		li.Taps("已解决")
		card.Sees("确认已解决")
	})
}

// TestStoryAnUndocumentedMoveGivesTheSessionBack: where the platform lets the session go back to the assistant, everything that waited leaves.
func TestStoryAnUndocumentedMoveGivesTheSessionBack(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		s.post("/control/switches", map[string]any{"wecom.undocumented_moves": true}, nil)
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("报表打不开")
		card := s.Card("报表打不开")
		li.Sees("HLDL-0001")
		zhang.Presses(card.card, "接单")
		li.servicer("take", "")
		card.Sees("正由人工接待")
		zhang.Tells(card, "先清一下缓存")
		zhang.Tells(card, "再重新登录")
		s.Settle()
		zhang.Types(card, "/收回")
		card.Sees("会话已收回")
		li.Sees("先清一下缓存")
		li.Sees("再重新登录")
		zhang.Types(card, "/收回")
		card.Sees("没有被人工接待")
	})
}
