package main

import (
	"testing"
	"time"
)

func TestStoryABrokenPromiseIsNotDeclined(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, liu := s.WeCom("李工"), s.Feishu("刘洋")
		li.Says("库存账对不上")
		card := s.Card("库存账对不上")
		s.Forward(time.Hour)
		s.Direct("刘洋").SeesTimes(1, "请您决定 HLDL-0001", "承诺已超时")
		li.Sees("HLDL-0001 已报给产品经理刘洋")
		liu.Types(card, "/关口 退回 先等等")
		s.Direct("赵总").SeesTimes(1, "请您决定 HLDL-0001", "承诺已超时")
		li.SeesTimes(1, "刘洋看过 HLDL-0001，已转请分管领导赵总安排")
		li.Says("还在等")
		s.Feishu("赵总").Types(card, "/关口 退回 请负责人今天给答复")
		li.SeesTimes(1, "赵总看过 HLDL-0001", "由张伟继续处理", "最晚 ")
	})
}
