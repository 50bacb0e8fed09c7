package main

import (
	"strings"
	"testing"

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
	require.Len(t, li.Heard("已解决"), 1, "asked once")
	require.Len(t, li.Heard("打个分"), 1, "rated once")
	require.Len(t, li.Heard(no, "已受理"), 1, "told the number once")

	s.tellsHistory(no)
}

// tellsHistory looks at the finished ticket from the direct chat.
func (s *story) tellsHistory(no string) {
	s.t.Helper()
	zhang, direct := s.Feishu("张伟"), s.Direct("张伟")
	zhang.Asks("/单 " + no)
	direct.Sees(no, "已关闭")
	zhang.Asks("/单 " + no + " 历史")
	text := direct.Sees("库存查询页面打不开，一直转圈", "接单", "回复客户：您好，正在处理，请稍等片刻", "给出方案：重启查询服务并补建索引",
		"确认解决", "评分 5", "关闭").Text
	require.Contains(s.t, text, "先看一下数据库日志（内部）")
	require.Less(s.t, indexOf(text, "提出"), indexOf(text, "接单"), "oldest first")
	require.Less(s.t, indexOf(text, "给出方案"), indexOf(text, "评分 5"))
}

func indexOf(text, part string) int { return strings.Index(text, part) }

func TestStoryMainLoop(t *testing.T) { stories(t, mainLoop) }

func TestStoryMainLoopOverWebhook(t *testing.T) {
	stage{env: []string{"SERVICEDESK_FEISHU_MODE=webhook"}}.stories(t, mainLoop)
}

