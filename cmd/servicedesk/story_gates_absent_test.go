package main

import (
	"testing"
)

func TestStoryGateOfSomebodyAway(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, liu, wang := s.WeCom("李工"), s.Feishu("刘洋"), s.Feishu("王芳")
		liu.Asks("/忙 出差 4h")
		s.Direct("刘洋").Sees("出差")
		li.Says("库存账对不上")
		card := s.Card("库存账对不上")
		wang.Types(card, "/关口 开 客户等不及")
		s.Direct("王芳").Sees("请您决定 HLDL-0001", "刘洋不在，请您代为回答")
		s.Direct("刘洋").Sees("请您决定 HLDL-0001", "您现在不在，由王芳代为回答")
		li.Sees("已报给产品经理刘洋（现在不在，由王芳代为处理）")
		wang.Types(card, "/关口 给钱 300")
		card.Sees("给钱只有刘洋本人可以决定", "/关口 委托 @王芳")
		wang.Types(card, "/关口 接管")
		card.Sees("接管只有刘洋本人可以决定")
		wang.Types(card, "/关口 给方案 先按旧口径出账")
		li.Sees("王芳已为 HLDL-0001 定下处理办法")
		li.Says("找产品经理")
		li.Sees("转给产品经理刘洋（现在不在，由王芳代为回复）")
		li.Says("什么时候能好")
		s.Direct("王芳").Sees("李工找您：HLDL-0001", "什么时候能好")
	})
}

func TestStoryADelegateStandsInWithAllRights(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, liu := s.WeCom("李工"), s.Feishu("刘洋")
		liu.Asks("/关口 委托 徐明 2d")
		s.Direct("刘洋").Sees("已委托徐明")
		liu.Asks("/忙 出差 4h")
		s.Direct("刘洋").Sees("出差")
		nudgedToGate(s, li, "库存账对不上")
		asked := s.Direct("徐明").Sees("请您决定 HLDL-0001", "刘洋不在，由徐明受托代为回答")
		s.Feishu("徐明").PressesWith(asked.MessageID, "给钱", map[string]string{"text": "300"})
		li.Sees("徐明已为 HLDL-0001 批准需要的投入")
	})
}
