package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Who says that it is not the same, or says nothing, stays apart; nobody is asked about another customer, his own matters, or what is long past.
func TestStoryNotTheSame(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhou, qian := s.WeCom("李工"), s.WeCom("周总"), s.WeCom("钱主管")
		li.Says("条码打印机打不出标签")
		one := s.Card("HLDL-0001")
		qian.Says("条码打印机打不出标签")
		s.Card("HDQP-0001")
		zhou.Says("条码打印机也打不出标签")
		zhou.Sees("是同一件", "李工")
		two := s.Card("HLDL-0002")
		zhou.Taps("不是")
		zhou.Sees("HLDL-0002 单独处理")
		zhou.Says("我这台是另外一个仓库的")
		two.Sees("周总：我这台是另外一个仓库的")
		li.Says("新问题")
		li.Sees("另开一单")
		li.Says("条码打印机打出来是空白的")
		li.SeesTimes(1, "是同一件", "周总")
		three := s.Card("HLDL-0003")
		li.Says("扫码枪也连不上了") // no answer to the question
		three.Sees("李工：扫码枪也连不上了")
		s.Forward(31 * time.Minute)
		zhou.Says("新问题")
		zhou.Sees("另开一单")
		zhou.Says("条码打印机又打不出标签")
		s.Card("HLDL-0004")
		s.Settle()
		zhou.SeesTimes(1, "是同一件")
		qian.SeesNot("是同一件")
		two.Shows("已派单")
		one.SeesNot("并入")
		li.Taps("是同一件") // late, but his own ticket is still open
		three.Shows("已合并", "HLDL-0002")
		li.Taps("不是")
		li.Sees("HLDL-0003 已并入 HLDL-0002")
	})
}

// A visitor is asked once he is known to belong to the customer.
func TestStoryBoundVisitorJoins(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, visitor, wang, zhang := s.WeCom("李工"), s.Stranger("郭老师"), s.Feishu("王芳"), s.Feishu("张伟")
		li.Says("报表导出一直失败")
		card := s.Card("HLDL-0001")
		visitor.Says("报表导出失败了好几次")
		s.Card("NEW-0001")
		s.Settle()
		visitor.SeesNot("是同一件")
		wang.Asks("/绑定 郭老师 恒力电缆")
		visitor.Sees("李工", "是同一件")
		visitor.Taps("是同一件")
		visitor.Sees("HLDL-0002 与 HLDL-0001", "已合并")
		card.Shows("反映人", "郭老师")
		visitor.Says("进度 NEW-0001")
		visitor.Sees("HLDL-0001：报表导出")
		zhang.Types(card, "/回复 报表服务正在重启")
		visitor.Sees("张伟：报表服务正在重启")
		zhang.Asks("/单 NEW-0001")
		s.Direct("张伟").Sees("HLDL-0001", "HLDL-0002", "郭老师")
	})
}

func TestStorySplit(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("采购单打印没有表头")
		card := s.Card("HLDL-0001")
		zhang.Types(card, "/拆分")
		card.Sees("只说过一句话")
		li.Says("表头以前是有的")
		li.Says("另外扫码枪全部连不上")
		li.Says("扫码枪是新买的那批")
		card.Sees("扫码枪是新买的那批")
		before := s.history(zhang, "HLDL-0001")

		zhang.Types(card, "/拆分 9")
		card.Sees("1 到 3 之间")
		zhang.Types(card, "/拆分")
		form := card.Sees("拆分 HLDL-0001")
		since := optionValue(t, form, "另外扫码枪")
		done := zhang.PressesWith(form.MessageID, "拆分", map[string]string{"since": since})
		require.Equal(t, "success", done.Toast.Type)
		made := s.Card("HLDL-0002", "另外扫码枪全部连不上", "张伟")
		made.Sees("李工：另外扫码枪全部连不上")
		made.Sees("李工：扫码枪是新买的那批")
		card.Sees("张伟把 2 句话拆出", "HLDL-0002")
		card.Shows("表头以前是有的")
		li.Sees("另开一单", "HLDL-0002", "HLDL-0001", "张伟")
		text := s.history(zhang, "HLDL-0002", "从 HLDL-0001 拆出", "说：扫码枪是新买的那批")
		require.NotContains(t, text, "表头")
		require.NotContains(t, s.history(zhang, "HLDL-0001"), "说：扫码枪是新买的那批")
		again := zhang.PressesWith(form.MessageID, "拆分", map[string]string{"since": since})
		require.Equal(t, "error", again.Toast.Type)
		li.Says("连不上的有十把")
		li.Sees("哪一件") // two matters are open now
		li.Taps("HLDL-0002")
		made.Sees("连不上的有十把")

		zhang.Types(card, "/撤销")
		card.Sees("已撤销拆分", "HLDL-0002", "HLDL-0001")
		made.Shows("已合并", "HLDL-0001")
		after := s.history(zhang, "HLDL-0001", "连不上的有十把")
		require.Subset(t, saidLines(after), saidLines(before))
		zhang.Asks("/单 HLDL-0002")
		s.Direct("张伟").Sees("HLDL-0001", "并入的单", "HLDL-0002")
		li.Says("现在又好了几把")
		card.Sees("李工：现在又好了几把")

		zhang.Asks("/拆分 HLDL-0001 1")
		s.Direct("张伟").Sees("已从 HLDL-0001 拆出 HLDL-0003")
		s.Card("HLDL-0003", "现在又好了几把")
	})
}

// optionValue is the value of the choice with the words in a card's form.
func optionValue(t *testing.T, p post, words string) string {
	t.Helper()
	raw := string(p.Card)
	at := strings.Index(raw, words)
	require.Positive(t, at, raw)
	_, rest, ok := strings.Cut(raw[at:], `"value":"`)
	require.True(t, ok, raw)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func TestStoryParentWaitsForChildren(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhou, zhang := s.WeCom("李工"), s.WeCom("周总"), s.Feishu("张伟")
		li.Says("仓库系统要整体升级")
		parent := s.Card("HLDL-0001")
		zhou.Says("年度合同在哪里看")
		one := s.Card("HLDL-0002")
		li.Says("新问题")
		li.Sees("另开一单")
		li.Says("扫码枪全部连不上")
		two := s.Card("HLDL-0003")
		zhang.Types(one, "/父单 HLDL-0001")
		one.Sees("HLDL-0002 现在是 HLDL-0001 的子单")
		parent.Sees("张伟把 HLDL-0002", "子单")
		zhang.Asks("/父单 HLDL-0003 HLDL-0001")
		s.Direct("张伟").Sees("HLDL-0003 现在是 HLDL-0001 的子单")
		parent.Shows("子单", "HLDL-0002", "HLDL-0003")
		two.Shows("父单", "HLDL-0001")
		zhang.Types(parent, "/父单 HLDL-0003")
		parent.Sees("HLDL-0003 在 HLDL-0001 之下")
		zhang.Types(parent, "/父单 HLDL-0001")
		parent.Sees("HLDL-0001 在 HLDL-0001 之下")
		zhang.Types(one, "/父单 HLDL-0001")
		one.Sees("已经是 HLDL-0001 的子单")
		zhang.Asks("/父单 HLDL-0001")
		s.Direct("张伟").Sees("请这样写：/父单")

		zhang.Types(parent, "/解决 升级完成")
		parent.Sees("HLDL-0002、HLDL-0003", "没有结束")
		zhang.Types(parent, "/取消 不做了")
		parent.SeesTimes(2, "HLDL-0002、HLDL-0003", "没有结束")
		parent.Shows("已派单")
		zhang.Types(two, "/父单 无")
		two.Sees("HLDL-0003 不再有父单")
		zhang.Types(two, "/父单")
		two.Sees("HLDL-0003 没有父单")
		zhang.Types(parent, "/解决 升级完成")
		parent.Sees("还有子单没有结束：HLDL-0002。")
		zhang.Types(one, "/解决 在合同菜单里看")
		zhou.Taps("已解决")
		zhou.Taps("5 非常满意")
		one.Shows("已关闭")
		zhang.Types(parent, "/解决 升级完成")
		li.Sees("升级完成", "已解决")

		// a child that is reopened holds its confirmed parent open
		li.Taps("已解决")
		parent.Shows("已确认")
		zhang.Types(one, "/重开 客户来电还是看不到")
		one.Shows("重新处理")
		s.Forward(25 * time.Hour)
		parent.Shows("已确认")
		zhang.Types(one, "/取消 客户说不用了")
		zhang.sure(one.room, "确认取消")
		one.Shows("已取消")
		s.Forward(25 * time.Hour)
		parent.Shows("已关闭")
	})
}

func TestStoryCancel(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("领料单审核按钮是灰的")
		card := s.Card("HLDL-0001")
		zhang.Types(card, "/取消")
		card.Sees("还缺理由", "/取消")
		s.Feishu("陈强").Types(card, "/取消 不要了")
		card.Sees("/取消 只有", "联络专员")
		zhang.Types(card, "/取消 测试时误发")
		question := card.Sees("请确认", "李工会收到", "测试时误发")
		require.Equal(t, []string{"确认取消"}, question.Buttons)
		card.Shows("已派单")
		zhang.sure(card.room, "确认取消")
		card.Shows("已取消")
		li.SeesTimes(1, "HLDL-0001", "已取消：测试时误发")
		card.Sees("张伟取消了本单")
		zhang.Types(card, "/取消 再来一次")
		card.Sees("不用取消")
		li.Says("进度")
		li.Sees("没有未完结的问题")

		zhang.Types(card, "/重开 客户说还需要")
		card.Shows("重新处理", "张伟")
		li.Says("按钮还是灰的")
		card.Sees("李工：按钮还是灰的")
		s.history(zhang, "HLDL-0001", "取消 测试时误发", "重开 客户说还需要")
		li.Says("换个问题")
		card.Sees("换个问题")
	})
}

// Two colleagues merge crosswise at once while both contacts write, on two replicas: one of them wins, and every word stands somewhere once.
func TestStoryMergesAtOnce(t *testing.T) {
	stage{roles: []string{roleAll, roleAll}}.stories(t, mergesAtOnce)
}

func TestStoryMergesAtOnceAlone(t *testing.T) { stories(t, mergesAtOnce) }

func mergesAtOnce(t *testing.T, s *story) {
	li, zhou, zhang, na := s.WeCom("李工"), s.WeCom("周总"), s.Feishu("张伟"), s.Feishu("李娜")
	li.Says("库存盘点数量对不上")
	one := s.Card("HLDL-0001")
	zhou.Says("年度合同在哪里看")
	two := s.Card("HLDL-0002")
	zhang.Types(one, "/合并 到 HLDL-0002")
	na.Types(two, "/合并 到 HLDL-0001")
	questions := []string{one.Sees("请确认").MessageID, two.Sees("请确认").MessageID}
	var outcomes [4]pressed
	var errs [4]error
	var wg sync.WaitGroup
	for i, who := range []*colleague{zhang, na, zhang, na} {
		wg.Go(func() { outcomes[i], errs[i] = who.tries(questions[i%2], "确认合并", nil) })
	}
	words := []string{"盘点差三箱", "合同编号是多少", "仓库是三号库", "合同要盖章的"}
	for i, c := range []*contact{li, zhou, li, zhou} {
		c.Says(words[i])
	}
	wg.Wait()
	won := 0
	for i := range outcomes {
		require.NoError(t, errs[i])
		if outcomes[i].Toast.Type == "success" {
			won++
		}
	}
	require.Equal(t, 1, won, "one of all presses merges")
	s.Settle()
	merged, survivor := one, two
	if strings.Contains(two.Now().Text, "已合并") {
		merged, survivor = two, one
	}
	merged.Shows("已合并", survivor.Number())
	survivor.Shows("反映人", "李工", "周总")
	text := s.history(zhang, survivor.Number(), words...)
	for _, w := range words {
		require.Equal(t, 1, strings.Count(text, "说："+w), w)
	}
	zhou.Says("谁来回复我")
	survivor.Sees("周总：谁来回复我")
	li.Says("我也在等")
	survivor.Sees("李工：我也在等")
	zhang.Types(survivor, "/撤销")
	merged.Shows("已派单")
}
