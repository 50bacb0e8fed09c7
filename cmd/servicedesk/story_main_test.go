package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mainLoop is the story everything else is a turn of: words, ticket, answer, solution, agreement, rating.
func mainLoop(t *testing.T, s *story) {
	li, zhang := s.WeCom("李工"), s.Feishu("张伟")
	li.Says("库存查询页面打不开，一直转圈")
	card := s.Card("库存查询")
	no := card.Number()
	require.Equal(t, "HLDL-0001", no)
	require.Equal(t, []string{zhang.id}, card.Now().Mentions, "the new card calls the owner")
	li.Sees(no, "张伟")

	toast := zhang.Presses(card.card, "接单")
	require.Equal(t, "success", toast.Toast.Type)
	card.Shows("处理中", "张伟")
	zhang.Types(card, "内部记录：先看一下数据库日志")
	reply := zhang.Tells(card, "您好，正在处理，请稍等片刻")
	li.Sees("张伟", "正在处理，请稍等片刻")
	s.Echo(reply, "CheckMark")
	li.Says("好的，麻烦尽快")
	card.Sees("李工", "麻烦尽快")
	s.Settle()
	li.SeesNot("数据库日志")
	li.SeesNot("已解决")

	zhang.Types(card, "/解决 "+no+" 重启查询服务并补建索引")
	asked := li.Sees("已解决")
	require.Equal(t, "msgmenu", asked.MsgType)
	require.Equal(t, []string{"已解决", "未解决"}, asked.labels())
	require.Contains(t, asked.Text, "补建索引")
	card.Shows("等待客户确认")

	li.Taps("已解决")
	li.Sees("打个分", no)
	li.Taps("5 非常满意")
	card.Sees("李工", "★★★★★")
	card.Shows("已关闭", "5 / 5")
	s.Settle()
	li.SeesTimes(1, "已解决")
	li.SeesTimes(1, "打个分")
	li.SeesTimes(1, no, "已受理")
	require.NotContains(t, card.Now().Buttons, "接单", "nothing is left to do")

	direct := s.Direct("张伟")
	zhang.Asks("/单 " + no)
	direct.Sees(no, "已关闭")
	zhang.Asks("/单 " + no + " 历史")
	text := direct.Sees("说：库存查询页面打不开，一直转圈", "张伟 接单", "回复客户：您好，正在处理，请稍等片刻", "给出方案：重启查询服务并补建索引",
		"确认解决", "评分 5", "关闭").Text
	require.Contains(t, text, "先看一下数据库日志（内部）")
	inOrder(t, text, "提出", "张伟 接单", "先看一下", "正在处理", "麻烦尽快", "给出方案", "确认解决", "评分 5", "关闭")
}

// inOrder holds when the parts stand in the text one after the other.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		require.True(t, ok, "%q is missing or out of order in:\n%s", part, text)
		rest = after
	}
}

func TestStoryMainLoop(t *testing.T) { stories(t, mainLoop) }

func TestStoryMainLoopOverWebhook(t *testing.T) {
	stage{env: []string{"SERVICEDESK_FEISHU_MODE=webhook"}}.stories(t, mainLoop)
}

func TestStoryButtonsAlone(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, zhang := s.WeCom("吴会计"), s.Feishu("张伟")
		wu.Says("凭证无法过账，提示期间已关闭")
		card := s.Card("凭证无法过账", "XWJX-0001")
		require.Subset(t, card.Now().Buttons, []string{"接单", "回复客户", "解决", "转派", "等待", "备注", "历史", "发给客户"})

		empty := zhang.PressesWith(card.card, "回复客户", map[string]string{"text": ""})
		require.Equal(t, "error", empty.Toast.Type)
		zhang.PressesWith(card.card, "回复客户", map[string]string{"text": "请把期间号发给我"})
		wu.Sees("请把期间号发给我")
		card.Sees("张伟回复客户：请把期间号发给我")

		zhang.Presses(card.card, "备注")
		note := card.Sees("备注 XWJX-0001")
		zhang.PressesWith(note.MessageID, "备注", map[string]string{"text": "期间表在三月被锁过"})
		zhang.Presses(card.card, "等待")
		card.Shows("等待客户回复")
		wu.Says("期间号是 2026-02")
		require.Equal(t, []string{zhang.id}, card.Sees("期间号是 2026-02").Mentions, "who waited for the words is called")
		card.Shows("处理中")

		missing := zhang.PressesWith(card.card, "解决", map[string]string{"text": " "})
		require.Equal(t, "error", missing.Toast.Type)
		require.Contains(t, missing.Toast.Content, "方案")
		zhang.PressesWith(card.card, "解决", map[string]string{"text": "重新打开二月期间后过账成功"})
		wu.Taps("已解决")
		wu.Taps("4 满意")
		card.Shows("已关闭", "4 / 5")
		zhang.Presses(card.card, "历史")
		card.Sees("备注：期间表在三月被锁过（内部）", "给出方案：重新打开二月期间后过账成功", "评分 4")
		s.Settle()
		wu.SeesNot("被锁过")
	})
}

func TestStoryTwoEngineersTakeAtOnce(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		qian := s.WeCom("钱主管")
		qian.Says("发货单打印出来是空白的")
		card := s.Card("发货单打印")
		rivals := []*colleague{s.Feishu("张伟"), s.Feishu("李娜")}
		outcomes, errs, start := make([]pressed, 2), make([]error, 2), make(chan struct{})
		done := make(chan struct{})
		for i, r := range rivals {
			go func() {
				<-start
				outcomes[i], errs[i] = r.tries(card.card, "接单", nil)
				done <- struct{}{}
			}()
		}
		close(start)
		<-done
		<-done
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		winner := 0
		if outcomes[1].Toast.Type == "success" {
			winner = 1
		}
		require.Equal(t, "success", outcomes[winner].Toast.Type)
		require.Equal(t, "error", outcomes[1-winner].Toast.Type)
		require.Contains(t, outcomes[1-winner].Toast.Content, rivals[winner].name, "the other is told who")
		card.Shows("处理中", rivals[winner].name)
		rivals[winner].Types(card, "/单 历史")
		history := card.Sees("提出", "接单").Text
		require.Equal(t, 1, strings.Count(history, " 接单"))
		if winner == 0 { // not the one named at first
			qian.Sees("张伟已接手 HDQP-0001")
		}
	})
}

func TestStoryUnsolvedGoesBackToItsOwner(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("排产结果少了两台设备")
		card := s.Card("排产结果")
		zhang.Types(card, "/接单")
		zhang.Types(card, "/解决 已刷新设备清单")
		first := li.Sees("已刷新设备清单")
		li.Taps("未解决")
		li.Sees("重新打开", "张伟")
		require.Equal(t, []string{zhang.id}, card.Sees("李工说没有解决").Mentions)
		card.Shows("重新处理", "张伟")

		li.TapsOld(first.Menu.List[0].Click.ID, "已解决")
		li.Sees("HLDL-0001 正在处理")
		zhang.Types(card, "/解决 补录了两台设备的产能")
		li.Sees("补录了两台设备")
		li.Says("没有解决")
		card.SeesTimes(2, "李工说没有解决")
		zhang.Types(card, "/解决 HLDL-0001 重新计算了排产")
		li.SeesTimes(3, "已解决", "未解决")
		li.Says("已解决")
		li.Sees("打个分")
		li.Says("3")
		card.Shows("已关闭", "3 / 5")
		zhang.Types(card, "/单 历史")
		require.Equal(t, 2, strings.Count(card.Sees("评分 3").Text, "重开"), "each reopening counts")
	})
}

func TestStorySilenceIsAgreement(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("采购审批流程卡在第二级")
		card := s.Card("采购审批")
		zhang.Types(card, "/接单")
		zhang.Types(card, "/解决 补上了缺失的审批人")
		li.Sees("已解决", "72 小时")
		s.Forward(72*time.Hour - time.Minute)
		card.Shows("等待客户确认")
		s.Forward(time.Minute)
		card.Sees("72 小时没有回复", "没有发评分")
		card.Shows("已确认")
		li.SeesNot("打个分")
		s.Forward(24 * time.Hour)
		card.Shows("已关闭")
		zhang.Types(card, "/单 HLDL-0001 历史")
		inOrder(t, card.Sees("补上了缺失的审批人", "关闭").Text, "给出方案", "确认解决 72 小时没有回复", "略过 满意度", "关闭")

		zhang.Types(card, "/重开")
		card.Sees("还缺理由")
		zhang.Types(card, "/重开 客户来电说又卡住了")
		card.Sees("HLDL-0001 已重新打开")
		card.Shows("重新处理", "张伟")
		zhang.Types(card, "/重开 再说一次")
		card.Sees("不用重开")
		li.Says("审批人已经离职")
		card.Sees("审批人已经离职")
		zhang.Types(card, "/解决 换成了新的审批人")
		li.Sees("换成了新的审批人")
		li.Taps("已解决")
		li.Sees("打个分")
	})
}
