package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStoryCommandsHoweverTyped(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, na := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("李娜")
		li.Says("领料单审核按钮是灰的")
		card := s.Card("领料单")
		group, direct := s.Group(), s.Direct("张伟")

		zhang.Types(card, "／JieDan")
		card.Sees("张伟已接单 HLDL-0001")
		zhang.Types(card, "/接单")
		card.Sees("您已经接单了")
		na.Types(card, "/claim HLDL-0001")
		card.Sees("已由张伟接单")
		zhang.Types(card, "/ 回复　请退出重新登录一次")
		li.Sees("张伟", "请退出重新登录一次")
		zhang.Writes(group, utterance{text: "/Reply hldl-0001 登录后再看按钮", desk: true})
		li.Sees("登录后再看按钮")
		zhang.Asks("/huifu HLDL-0001 最后一条")
		li.Sees("最后一条")
		direct.Sees("HLDL-0001 的回复已排队")
		zhang.Types(card, "/备注 权限表里少了一行")
		card.Sees("已记内部备注")
		li.Says("好的") // the places are spent

		zhang.Types(card, "/等待 等客户重新登录")
		card.Shows("等待客户回复")
		zhang.Types(card, "/等待")
		card.Sees("已经在等待客户")
		li.Says("重新登录后正常了一会儿")
		card.Shows("处理中")

		zhang.Writes(card.room, utterance{text: "/转派 @李娜 她熟悉权限", also: []*colleague{na}})
		require.Equal(t, []string{na.id}, card.Sees("张伟转派给李娜", "她熟悉权限").Mentions)
		li.Sees("HLDL-0001 现在由李娜负责")
		na.Types(card, "/转派 张伟")
		card.Sees("李娜转派给张伟")
		zhang.Types(card, "/转派 王芳")
		card.Sees("王芳不处理工单")
		zhang.Types(card, "/转派 无名氏")
		card.Sees("没有“无名氏”")

		zhang.Asks("/我的")
		direct.Sees("1 张工单", "HLDL-0001", "领料单审核按钮是灰的")
		zhang.Asks("/找 领料单 灰")
		direct.Sees("找到 1 张", "HLDL-0001")
		zhang.Asks("/找 没有这样的词")
		direct.Sees("没有找到")
		zhang.Asks("/单 HLDL-0404")
		direct.Sees("查无此单：HLDL-0404")
		zhang.Asks("/接单")
		direct.Sees("请写明单号")
		zhang.Types(card, "/解决")
		card.Sees("还缺解决方案")
		zhang.Types(card, "/jiejue 补上权限 措施=\"加了一行权限\" 原因=漏配 工时=1h")
		li.Sees("补上权限", "已解决")
		zhang.Types(card, "/解决 再来一次")
		card.Sees("已经给过方案")
		zhang.Types(card, "/单 历史")
		card.Sees("给出方案：补上权限 措施=加了一行权限 原因=漏配 工时=1h", "备注：权限表里少了一行（内部）", "转派：张伟 → 李娜")
		s.Settle()
		li.SeesNot("权限表")
		li.SeesNot("/")
	})
}

func TestStoryUnknownVerbsAndRights(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, chen, liu := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("陈强"), s.Feishu("刘洋")
		li.Says("质检单保存后消失")
		card := s.Card("质检单")
		zhang.Tells(card, "/回覆 内部价格表不要外传")
		card.Sees("没有 /回覆 这个命令", "/回复")
		zhang.Writes(card.room, utterance{text: "/jiedn", desk: true})
		card.Sees("没有 /jiedn 这个命令", "/接单")
		chen.Types(card, "/接单")
		card.Sees("/接单 只有", "工程师")
		liu.Types(card, "/回复 请稍等")
		card.Sees("/回复 只有", "联络专员")
		liu.Tells(card, "产品经理的话也会发出去吗")
		pressed := chen.Presses(card.card, "接单")
		require.Equal(t, "error", pressed.Toast.Type)
		require.Contains(t, pressed.Toast.Content, "工程师")
		s.Settle()
		li.SeesNot("价格表")
		li.SeesNot("请稍等")
		card.Shows("已派单")

		s.Feishu("王芳").Asks("/帮助")
		help := s.Direct("王芳").Sees("您可以用", "/绑定").Text
		require.NotContains(t, help, "/接单")
		zhang.Asks("/help")
		s.Direct("张伟").Sees("您可以用", "/接单", "/解决")
		zhang.Asks("/帮助 解决")
		s.Direct("张伟").Sees("/解决 [单号] 方案", "jiejue", "solve")
		zhang.Asks("你好")
		s.Direct("张伟").Sees("/帮助")
	})
}

func TestStoryMentionsAndRecalls(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, na := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("李娜")
		msg := li.Says("条码规则改了以后扫不出来")
		card := s.Card("条码规则")
		zhang.Presses(card.card, "接单")
		zhang.Writes(card.room, utterance{text: "这个客户很急，你来看一下", desk: true, also: []*colleague{na}})
		card.Sees("没有发给客户", "同时 @")
		zhang.Writes(card.room, utterance{text: "你来看一下吧", also: []*colleague{na}})
		s.Settle()
		li.SeesNot("看一下")

		sent := zhang.Tells(card, "请把规则表发给我")
		li.Sees("请把规则表发给我")
		s.Echo(sent, "CheckMark")
		zhang.Recalls(sent)
		card.Sees("已经发给客户，无法收回")

		zhang.Tells(card, "第一行")
		li.Sees("第一行")
		for _, line := range []string{"第二行", "第三行"} { // two places stay; these wait for them
			zhang.Tells(card, line)
		}
		li.Sees("第三行")
		held := zhang.Tells(card, "这一条还没有发出去")
		card.Sees("先排队", "这一条还没有发出去")
		zhang.Recalls(held)
		card.Sees("已取消发送")
		li.Says("好了吗")
		card.Sees("好了吗")
		s.Settle()
		li.SeesNot("这一条还没有发出去")
		require.Zero(t, s.backlog().Held)

		li.Recalls(msg)
		card.Sees("李工撤回了一条消息", "条码规则改了")
	})
}
