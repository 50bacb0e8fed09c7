package main

import (
	"testing"
	"time"
)

func TestStoryPromisesFollowTheType(t *testing.T) {
	stage{start: "2026-02-17T02:00:00+08:00"}.stories(t, func(t *testing.T, s *story) { // 春节, at night
		wu, li, zhang := s.WeCom("吴会计"), s.WeCom("李工"), s.Feishu("张伟")
		wu.Says("整个系统全部瘫痪了，全厂停产")
		wu.Sees("XWJX-0001", "业务中断", "今天 02:30 前首次答复", "今天 06:00 前给出临时方案")
		s.Card("XWJX-0001").Shows("业务中断", "首次响应 2026-02-17 02:30 前")
		li.Says("请问采购订单的审批流怎么设置？")
		card := s.Card("采购订单")
		card.Shows("首次响应 2026-02-24 10:00 前")
		li.Sees("02-24 10:00 前首次答复")

		s.Forward(10 * time.Minute)
		zhang.Types(card, "/改类 业务中断")
		card.Shows("业务中断", "首次响应 2026-02-17 02:40 前")
		zhang.Types(card, "/为什么")
		card.Sees("首次响应 承诺 30 分钟（7×24）", "截止 2026-02-17 02:40", "临时方案 承诺 4 小时（7×24）", "截止 2026-02-17 06:10", "业务中断 · 各级")
		s.Forward(10 * time.Minute)
		zhang.Types(card, "/改类 业务咨询")
		card.Shows("业务咨询", "首次响应 2026-02-24 09:50 前")
		zhang.Types(card, "/为什么")
		card.Sees("临时方案 不适用", "跳过春节（02-17–02-23）", "截止 2026-02-24 09:50", "其他类型 · A 级")
	})
}
