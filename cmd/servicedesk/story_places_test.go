package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestStorySeveralProcesses(t *testing.T) {
	stage{roles: []string{roleWeb, roleWorker, roleWorker}}.stories(t, mainLoop)
}

func TestStoryTwoReplicasDoubleNothing(t *testing.T) {
	stage{roles: []string{roleAll, roleAll}}.stories(t, func(t *testing.T, s *story) {
		li, wu, zhang := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("张伟")
		s.Disturb("wecom", "duplicate", 0)
		s.Disturb("feishu", "duplicate", 0)
		li.Says("第一家的问题")
		wu.Says("第二家的问题")
		cards := []*topic{s.Card("第一家的问题"), s.Card("第二家的问题")}
		for i, said := range []*contact{li, wu} {
			zhang.Presses(cards[i].card, "接单")
			zhang.Tells(cards[i], "两个副本只回一次")
			said.Says("两个副本只记一次")
			cards[i].Sees("两个副本只记一次")
			zhang.Types(cards[i], "/解决 两个副本只问一次")
			said.Taps("已解决")
			said.Taps("5 非常满意")
			cards[i].Sees("★★★★★")
		}
		s.Settle()
		for i, said := range []*contact{li, wu} {
			said.SeesTimes(1, "已受理")
			said.SeesTimes(1, "只回一次")
			said.SeesTimes(1, "只问一次")
			said.SeesTimes(1, "打个分")
			cards[i].SeesTimes(1, "只记一次")
			cards[i].SeesTimes(1, "★★★★★")
		}
	})
}

func TestStoryACustomerWithAGroupOfItsOwn(t *testing.T) {
	directory := bytes.Replace(customers.Sample, []byte("name: 华东汽配\n"), []byte("name: 华东汽配\n    group: 华东汽配专群\n"), 1)
	stage{directory: directory}.stories(t, func(t *testing.T, s *story) {
		qian, li, na := s.WeCom("钱主管"), s.WeCom("李工"), s.Feishu("李娜")
		qian.Says("入库单少了供应商")
		li.Says("库存页面很慢")
		s.Card("库存页面很慢")
		require.Empty(t, s.Group().Heard("入库单"))
		group := s.group("华东汽配专群")
		var card post
		s.until("the card stands in the customer's own group", func() bool {
			if found := group.Heard("HDQP-0001", "入库单少了供应商"); len(found) > 0 {
				card = found[0]
			}
			return card.MessageID != ""
		})
		own := &topic{room: &room{s: s, path: group.path, chat: group.chat, root: card.MessageID, name: "topic in the own group"}, card: card.MessageID}
		na.Presses(card.MessageID, "接单")
		na.Tells(own, "供应商马上补上")
		qian.Sees("李娜", "供应商马上补上")
		qian.Says("补上以后通知我")
		own.Sees("补上以后通知我")
		require.Empty(t, s.Group().Heard("HDQP"))
	})
}
