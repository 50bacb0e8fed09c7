package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

// nudgedToGate lets a contact ask three times, so that the first gate opens; it gives the ticket's card.
func nudgedToGate(s *story, c *contact, words string) *topic {
	s.t.Helper()
	c.Says(words)
	card := s.Card(words)
	for n := 1; n <= 3; n++ {
		c.Says("催办")
		c.SeesTimes(n, "已替您催办", card.Number())
	}
	return card
}

// atWork moves to a working morning, so that deadlines fall on the same day.
func atWork(s *story) {
	s.t.Helper()
	s.Until(time.Monday, 9, 30)
}

// Until moves to the next such moment in Shanghai.
func (s *story) Until(day time.Weekday, hour, minute int) {
	s.t.Helper()
	var clock struct{ Now time.Time }
	s.get(s.desk+"/debug/clock", &clock)
	zone := time.FixedZone("CST", 8*3600)
	now := clock.Now.In(zone)
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, zone)
	for !at.After(now) || at.Weekday() != day {
		at = at.AddDate(0, 0, 1)
	}
	s.Forward(at.Sub(now))
}

func TestStoryThirdNudgeOpensTheFirstGate(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, liu, zhang := s.WeCom("李工"), s.Direct("刘洋"), s.Feishu("张伟")
		card := nudgedToGate(s, li, "排产结果总是少一台设备")
		for _, answer := range li.Heard("已替您催办") {
			require.True(t, answer.holds([]string{"HLDL-0001", "状态：", "负责人：张伟", "最晚 "}), answer.Text)
		}
		li.SeesTimes(1, "HLDL-0001", "正在协调：产品经理刘洋，11:30 前给出安排")
		asked := liu.SeesTimes(1, "请您决定 HLDL-0001", "恒力电缆 · A", "第 3 次催办", "11:30 前", "排产结果总是少一台设备")
		require.Equal(t, []string{"给人", "给钱", "给方案", "接管", "退回"}, asked.Buttons)
		card.Shows("P1", "上报", "产品经理刘洋，11:30 前决定")
		require.Contains(t, card.Sees("已报给产品经理刘洋").Mentions, zhang.id, "the owner hears of it")
		s.Direct("王芳").Sees("HLDL-0001", "上报")
		s.Direct("陈强").Sees("HLDL-0001", "上报")
		li.Says("催办")
		li.SeesTimes(2, "已替您催办", "正在协调：产品经理刘洋，11:30 前给出安排")
		li.Says("进度")
		li.Sees("HLDL-0001：", "正在协调：产品经理刘洋")
		s.Settle()
		liu.SeesTimes(1, "请您决定")
		require.Empty(t, s.Group().Heard("HLDL-0002"), "still one ticket")
	})
}

func TestStoryGateWithoutAnswerOpensTheNextOnce(t *testing.T) {
	ladder := func(t *testing.T, s *story) {
		atWork(s)
		li, liu, zhao := s.WeCom("李工"), s.Direct("刘洋"), s.Direct("赵总")
		card := nudgedToGate(s, li, "排产结果总是少一台设备")
		old := liu.Sees("请您决定 HLDL-0001")
		s.Forward(2*time.Hour - time.Minute)
		zhao.SeesNot("请您决定")
		s.Forward(time.Minute)
		zhao.SeesTimes(1, "请您决定 HLDL-0001", "15:00 前") // two working hours over the noon break
		li.SeesTimes(1, "分管领导赵总", "刘洋还没有答复", "最晚 15:00")
		card.Shows("分管领导赵总，15:00 前决定")
		late := s.Feishu("刘洋").Presses(old.MessageID, "接管")
		require.Equal(t, "error", late.Toast.Type)
		require.Contains(t, late.Toast.Content, "赵总")
		s.Forward(3*time.Hour + 30*time.Minute) // 15:00
		zhao.SeesTimes(1, "请您决定 HLDL-0001", "第 2 次请您决定", "17:00 前")
		require.Contains(t, card.Sees("第 2 次请求", "请负责人现在给客户一句话").Mentions, s.Feishu("张伟").id)
		s.Forward(2 * time.Hour)
		zhao.SeesTimes(1, "第 3 次请您决定")
		s.Settle()
		liu.SeesTimes(1, "请您决定")
		zhao.SeesTimes(3, "请您决定 HLDL-0001")
		s.Feishu("赵总").Presses(zhao.Sees("第 3 次请您决定").MessageID, "接管")
		li.SeesTimes(1, "赵总已亲自接手 HLDL-0001")
		s.Forward(48 * time.Hour)
		zhao.SeesTimes(3, "请您决定 HLDL-0001")
	}
	t.Run("one", func(t *testing.T) { stories(t, ladder) })
	t.Run("replicas", func(t *testing.T) { stage{roles: []string{roleAll, roleAll}}.stories(t, ladder) })
}

func TestStoryFiveAnswersEachLeaveATrace(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, wu, qian, liu, zhang := s.WeCom("李工"), s.WeCom("吴会计"), s.WeCom("钱主管"), s.Feishu("刘洋"), s.Feishu("张伟")
		direct := s.Direct("刘洋")

		people := nudgedToGate(s, li, "库存账对不上")
		asked := direct.Sees("请您决定 HLDL-0001").MessageID
		refused := func(message, button string, form map[string]string, words ...string) {
			t.Helper()
			p := liu.PressesWith(message, button, form)
			require.Equal(t, "error", p.Toast.Type)
			require.True(t, holdsAll(p.Toast.Content, words), p.Toast.Content)
		}
		refused(asked, "给人", nil, "姓名")
		refused(asked, "给钱", map[string]string{"text": "很多"}, "金额")
		refused(asked, "给方案", nil, "方案")
		refused(asked, "退回", map[string]string{"text": "  "}, "理由")
		refused(asked, "给人", map[string]string{"text": "张伟"}, "已经是", "负责人")
		zhang.Types(people, "/关口 退回 我自己来")
		people.Sees("由您负责", "刘洋")
		s.Feishu("李娜").Types(people, "/关口 给人 徐明")
		people.Sees("现在由刘洋决定", "只有刘洋可以回答")
		liu.PressesWith(asked, "给人", map[string]string{"text": "徐明 下午到现场"})
		li.SeesTimes(1, "刘洋已安排徐明加入 HLDL-0001", "张伟", "最晚 ")
		s.Direct("徐明").Sees("刘洋请您支援 HLDL-0001", "张伟", "下午到现场")
		people.Shows("支援", "徐明")
		require.Contains(t, people.Sees("给人：徐明 下午到现场").Mentions, s.Feishu("徐明").id)
		refused(asked, "接管", nil, "已由刘洋", "给人")

		money := nudgedToGate(s, wu, "归档数据放不下了")
		liu.Types(money, "/关口 给钱 1.2万 买两块硬盘")
		wu.SeesTimes(1, "刘洋已为 XWJX-0001 批准需要的投入", "张伟")
		money.Sees("给钱：12000 元 买两块硬盘")
		zhang.Types(money, "/单 历史")
		money.Sees("决定给钱：12000 元", "（内部）")

		plan := nudgedToGate(s, qian, "发货单打印空白")
		liu.Asks("/关口 给方案 先切到备用打印队列")
		plan.Sees("刘洋：", "给方案：先切到备用打印队列")
		qian.SeesTimes(1, "刘洋已为 HDQP-0001 定下处理办法", "李娜")

		s.Settle()
		wu.SeesNot("12000")
		wu.SeesNot("1.2万")
		qian.SeesNot("备用打印队列")
		for _, c := range []*contact{li, wu, qian} {
			c.SeesNot("关口")
			c.SeesNot("元")
		}
	})
}

func TestStoryTakeOverAndDecline(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, wu, liu, zhang := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("刘洋"), s.Feishu("张伟")
		taken := nudgedToGate(s, li, "排产结果总是少一台设备")
		liu.Tells(taken, "还没接手就想回复")
		taken.Sees("/回复 只有")
		liu.PressesWith(s.Direct("刘洋").Sees("请您决定 HLDL-0001").MessageID, "接管", nil)
		li.SeesTimes(1, "刘洋已亲自接手 HLDL-0001", "最晚 ")
		taken.Shows("负责人", "刘洋")
		liu.Tells(taken, "我先看一下设备清单")
		li.Sees("刘洋：我先看一下设备清单")
		liu.Types(taken, "/解决 设备清单已经补齐")
		li.Sees("设备清单已经补齐", "已解决")

		back := nudgedToGate(s, wu, "想改一下报表的颜色")
		liu.Types(back, "/关口 XWJX-0001 退回")
		back.Sees("退回要写理由")
		liu.Types(back, "/关口 退回 不影响使用，按排期做")
		wu.SeesTimes(1, "刘洋看过 XWJX-0001", "由张伟继续处理", "最晚 ")
		back.Sees("退回：不影响使用，按排期做")
		s.Settle()
		wu.SeesNot("按排期做")
		s.Direct("赵总").SeesNot("请您决定 XWJX-0001")
		zhang.Types(back, "/关口")
		back.Sees("XWJX-0001 的上报经过", "上报给产品经理刘洋", "决定退回")
	})
}

func TestStorySolvingStopsTheChainReopeningRestartsIt(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, zhang, wang := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("王芳")
		liu, zhao := s.Direct("刘洋"), s.Direct("赵总")
		card := nudgedToGate(s, li, "排产结果总是少一台设备")
		s.Forward(2 * time.Hour)
		asked := zhao.Sees("请您决定 HLDL-0001")
		zhang.Types(card, "/解决 补上了漏掉的设备")
		li.Sees("补上了漏掉的设备")
		zhao.Sees("HLDL-0001 不用再决定")
		pressed := s.Feishu("赵总").Presses(asked.MessageID, "接管")
		require.Equal(t, "error", pressed.Toast.Type)
		require.Contains(t, pressed.Toast.Content, "不用再决定")
		s.Forward(4 * time.Hour)
		zhao.SeesTimes(1, "请您决定")
		wang.Types(card, "/关口 开 HLDL-0001 客户很急")
		card.Sees("不用上报")

		li.Says("没有解决")
		card.Shows("重新处理")
		zhang.Types(card, "/关口 开 太难了")
		card.Sees("/关口 开 只有联络专员")
		wang.Types(card, "/关口 开")
		card.Sees("还缺理由")
		wang.Asks("/关口 开 HLDL-0001 同样的问题第二次")
		liu.SeesTimes(2, "请您决定 HLDL-0001")
		liu.SeesTimes(1, "王芳要求上报：同样的问题第二次")
		li.Sees("已报给产品经理刘洋，由产品经理安排人手和办法，最晚 ")
		wang.Asks("/关口 开 HLDL-0001 再来一次")
		s.Direct("王芳").Sees("已经报给刘洋")
		s.Settle()
		zhao.SeesTimes(1, "请您决定")
	})
}

func TestStoryOutageGateRunsAroundTheClock(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		s.Until(time.Sunday, 2, 0)
		li, liu, zhao := s.WeCom("李工"), s.Direct("刘洋"), s.Direct("赵总")
		li.Says("产线全停，服务器宕机，所有人都用不了")
		li.Says("紧急")
		li.Taps("确认紧急")
		card := s.Card("产线全停")
		li.Says("三条产线，两百人")
		card.Sees("三条产线")
		s.Feishu("王芳").Types(card, "/关口 开 半夜停产")
		liu.Sees("请您决定 HLDL-0001", "02:30 前")
		s.Forward(30 * time.Minute)
		zhao.SeesTimes(1, "请您决定 HLDL-0001", "03:00 前")
		s.Forward(30 * time.Minute)
		zhao.SeesTimes(1, "第 2 次请您决定", "03:30 前")
	})
}

// roled gives the sample's directory with one colleague's roles replaced, and with who is who in 恒力电缆's team.
func roled(name, roles, team string) []byte {
	out := customers.Sample
	for _, line := range bytes.Split(customers.Sample, []byte("\n")) {
		if bytes.Contains(line, []byte("name: "+name+",")) {
			head, rest, _ := bytes.Cut(line, []byte("roles: ["))
			_, tail, _ := bytes.Cut(rest, []byte("]"))
			out = bytes.Replace(out, line, []byte(string(head)+"roles: ["+roles+"]"+string(tail)), 1)
		}
	}
	return bytes.Replace(out, []byte("team: {owner: 张伟, account_manager: 陈强, liaison: 王芳, product_manager: 刘洋, leader: 赵总}"), []byte(team), 1)
}

func TestStoryTheOwnerDecidesNothingAboutHimself(t *testing.T) {
	directory := roled("张伟", "engineer, owner, product_manager", "team: {owner: 张伟, account_manager: 陈强, liaison: 王芳, product_manager: 张伟, leader: 赵总}")
	stage{directory: directory}.stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, zhang, zhao := s.WeCom("李工"), s.Feishu("张伟"), s.Direct("赵总")
		card := nudgedToGate(s, li, "排产结果总是少一台设备")
		zhao.SeesTimes(1, "请您决定 HLDL-0001")
		li.Sees("正在协调：分管领导赵总")
		card.Sees("张伟就是负责人", "不能由自己决定")
		s.Direct("张伟").SeesNot("请您决定")
		zhang.Types(card, "/关口 退回 没必要")
		card.Sees("不能由您自己决定", "赵总")
	})
}

func TestStoryGrantsAreFollowedUp(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, wu, liu, zhang, wang := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("刘洋"), s.Feishu("张伟"), s.Feishu("王芳")
		people := nudgedToGate(s, li, "库存账对不上")
		liu.Types(people, "/关口 给人 徐明")
		people.Sees("服务台会在", "落实")
		money := nudgedToGate(s, wu, "归档数据放不下了")
		liu.Types(money, "/关口 给钱 800.50")
		money.Sees("给钱：800.50 元")
		s.Forward(5*time.Hour + 30*time.Minute) // four working hours over noon
		asked := s.Direct("张伟").Sees("HLDL-0001：落实了吗", "徐明支援，人到位了吗")
		s.Direct("王芳").Sees("HLDL-0001：落实了吗")
		zhang.Presses(asked.MessageID, "还没有")
		people.Sees("张伟：", "未落实：徐明还没有到位")
		s.Direct("刘洋").Sees("HLDL-0001：您批准的支援没有落实")
		zhang.Types(people, "/关口 已落实 三点到的")
		people.Sees("已落实：徐明到位了", "三点到的")
		again := wang.Presses(s.Direct("王芳").Sees("HLDL-0001：落实了吗").MessageID, "已落实")
		require.Contains(t, again.Toast.Content, "已经记为落实")
		s.Until(time.Wednesday, 12, 0)
		wang.Presses(s.Direct("王芳").Sees("XWJX-0001：落实了吗", "800.50 元").MessageID, "已落实")
		money.Sees("王芳：", "800.50 元用上了")
		s.Forward(7 * 24 * time.Hour)
		s.Direct("王芳").SeesTimes(1, "HLDL-0001：落实了吗")
		wu.SeesNot("800.50")
	})
}

func TestStoryADelegateSpendsNoMoneyUnlessAppointed(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, liu, xu, na := s.WeCom("李工"), s.Feishu("刘洋"), s.Feishu("徐明"), s.Feishu("李娜")
		card := nudgedToGate(s, li, "库存账对不上")
		s.Direct("刘洋").Sees("请您决定 HLDL-0001")
		xu.Types(card, "/关口 给钱 100")
		card.Sees("只有刘洋可以回答")
		na.Asks("/关口 委托 徐明")
		s.Direct("李娜").Sees("/关口 委托 只有产品经理、分管领导")
		liu.Asks("/关口 委托 徐明 2d")
		s.Direct("刘洋").Sees("已委托徐明")
		s.Direct("徐明").Sees("刘洋委托您代为决定", "给钱")
		liu.Asks("/关口 委托 撤销")
		s.Direct("刘洋").Sees("已撤销委托")
		xu.Types(card, "/关口 给钱 100")
		card.SeesTimes(2, "只有刘洋可以回答")
		liu.Asks("/关口 委托 徐明")
		s.Direct("刘洋").SeesTimes(2, "已委托徐明")
		xu.Types(card, "/关口 给钱 100")
		li.Sees("徐明已为 HLDL-0001 批准需要的投入")
		s.Settle()
		li.SeesNot("100")
		require.False(t, strings.Contains(strings.Join(s.log.lines(), "\n"), "库存账对不上"))
	})
}

func TestStoryADoubleTapIsOneNudge(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li := s.WeCom("李工")
		li.Says("库存账对不上")
		card := s.Card("库存账对不上")
		li.Says("菜单")
		li.Taps("催办")
		li.SeesTimes(1, "已替您催办")
		li.Taps("催办")
		li.SeesTimes(2, "已替您催办", "HLDL-0001")
		s.Settle()
		card.SeesTimes(1, "催办（第 1 次）")
		card.SeesNot("催办（第 2 次）")
		s.Forward(61 * time.Second)
		li.Taps("催办")
		card.Sees("催办（第 2 次）")
	})
}

func TestStoryDirectLine(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		atWork(s)
		li, wu, liu, direct := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("刘洋"), s.Direct("刘洋")
		li.Says("库存账对不上")
		card := s.Card("库存账对不上")
		li.Says("找产品经理")
		li.Sees("下一条消息会连同 HLDL-0001 一起转给产品经理刘洋")
		li.Says("这个问题拖了一个月，请给个说法")
		asked := direct.Sees("李工找您：HLDL-0001", "恒力电缆", "库存账对不上", "这个问题拖了一个月")
		li.SeesTimes(1, "已转给产品经理刘洋", "HLDL-0001", "最晚 11:30")
		card.Sees("李工：这个问题拖了一个月")
		card.Sees("已转给刘洋")
		empty := liu.PressesWith(asked.MessageID, "回复客户", map[string]string{"text": ""})
		require.Equal(t, "error", empty.Toast.Type)
		liu.PressesWith(asked.MessageID, "回复客户", map[string]string{"text": "今天下班前给您完整方案"})
		li.SeesTimes(1, "刘洋：今天下班前给您完整方案")
		card.Sees("刘洋回复客户：今天下班前给您完整方案")
		li.Says("好的，等您消息")
		card.Sees("等您消息")
		s.Settle()
		direct.SeesNot("等您消息")
		liu.Asks("/回复 HLDL-0001 补充一句：先用旧口径")
		li.Sees("刘洋：补充一句")

		li.Says("找领导")
		li.Sees("下一条消息会连同 HLDL-0001 一起转给分管领导赵总")
		li.Says("说好的方案呢")
		s.Direct("赵总").Sees("李工找您：HLDL-0001", "说好的方案呢")
		s.Forward(2 * time.Hour)
		li.SeesTimes(1, "HLDL-0001：赵总还没来得及回复", "最晚 15:00")
		s.Feishu("赵总").Asks("/回复 HLDL-0001 方案已经在做")
		li.Sees("赵总：方案已经在做")

		li.Says("找领导：我要一个书面说明")
		s.Direct("赵总").Sees("李工找您：HLDL-0001", "我要一个书面说明")

		s.Until(time.Saturday, 22, 0)
		wu.Says("更多")
		wu.Taps("找领导")
		wu.Sees("下一条消息会转给分管领导赵总")
		wu.Says("报表每个月都错")
		s.Card("报表每个月都错", "XWJX-0001")
		wu.Sees("已转给分管领导赵总", "XWJX-0001", "11:00")
		zhao := s.Direct("赵总")
		zhao.Sees("吴会计找您：XWJX-0001", "报表每个月都错")
		s.Until(time.Monday, 11, 0)
		zhao.Sees("吴会计还在等您回复：XWJX-0001")
		s.Direct("王芳").Sees("XWJX-0001", "赵总还没有回复吴会计")
		s.Feishu("赵总").PressesWith(zhao.Sees("吴会计还在等您回复").MessageID, "回复客户", map[string]string{"text": "我让张伟今天核对"})
		wu.Sees("赵总：我让张伟今天核对")
		s.Forward(48 * time.Hour)
		zhao.SeesTimes(1, "吴会计还在等您回复")
		wu.SeesNot("还没来得及")
	})
}

func TestStoryGatesInEnglish(t *testing.T) {
	g := stage{env: []string{"SERVICEDESK_LOCALE=en"}, directory: speaking("恒力电缆", "en", true)}
	g.stories(t, func(t *testing.T, s *story) {
		names := []string{"李工", "张伟", "刘洋", "赵总", "徐明", "王芳", "陈强", "恒力电缆", "服务台"}
		atWork(s)
		li, liu := s.WeCom("李工"), s.Feishu("刘洋")
		li.Says("stock does not add up")
		card := s.Card("stock does not add up")
		for n := 1; n <= 3; n++ {
			li.Says("nudge")
			li.SeesTimes(n, "HLDL-0001", "In charge: 张伟")
		}
		li.Sees("Being arranged by: product manager 刘洋")
		asked := s.Direct("刘洋").Sees("Your decision: HLDL-0001", "has asked 3 times")
		require.Equal(t, []string{"People", "Money", "Solution", "Take over", "Decline"}, asked.Buttons)
		liu.Types(card, "/gate decline")
		card.Sees("Declining needs a reason")
		s.Forward(2 * time.Hour)
		li.Sees("went on to our leader 赵总")
		s.Feishu("赵总").Types(card, "/gate people 徐明 this afternoon")
		li.Sees("赵总 has sent 徐明 to help 张伟")
		li.Says("product manager")
		li.Sees("your next message goes to our product manager 刘洋")
		li.Says("who pays for the lost day")
		line := s.Direct("刘洋").Sees("李工 asks for you: HLDL-0001", "who pays for the lost day")
		liu.PressesWith(line.MessageID, "Reply", map[string]string{"text": "we look into it today"})
		li.Sees("刘洋: we look into it today")
		s.Forward(6 * time.Hour)
		s.Direct("张伟").Sees("HLDL-0001: did it come?")
		liu.Types(card, "/gate")
		card.Sees("HLDL-0001 passed up so far", "passed up to product manager 刘洋", "decided – people: 徐明")
		s.Settle()
		for _, m := range li.Heard() {
			require.False(t, hasChinese(m.Text, names...), m.Text)
		}
		for _, r := range []*room{s.Group(), s.Direct("刘洋"), s.Direct("赵总"), s.Direct("徐明"), s.Direct("王芳"), s.Direct("张伟")} {
			for _, p := range r.Heard() {
				require.False(t, hasChinese(p.Text+strings.Join(p.Buttons, " "), append(names, "孙磊", "何静", "李娜", "库存", "财务", "生产", "采购", "网络与服务器")...), p.Text)
			}
		}
	})
}
