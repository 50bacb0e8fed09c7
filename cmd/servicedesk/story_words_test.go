package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

// speaking gives the sample's directory with a language for one customer's people, and for the staff where it is stated.
func speaking(customer, locale string, staff bool) []byte {
	out := bytes.Replace(customers.Sample, []byte("name: "+customer+"\n"), []byte("name: "+customer+"\n    locale: "+locale+"\n"), 1)
	if staff {
		out = bytes.ReplaceAll(out, []byte("roles: ["), []byte("locale: "+locale+", roles: ["))
	}
	return out
}

// hasChinese reports whether a text has Chinese words besides the given ones.
func hasChinese(text string, besides ...string) bool {
	for _, b := range besides {
		text = strings.ReplaceAll(text, b, "")
	}
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestStoryInEnglish(t *testing.T) {
	g := stage{env: []string{"SERVICEDESK_LOCALE=en"}, directory: speaking("恒力电缆", "en", true)}
	g.stories(t, func(t *testing.T, s *story) {
		names := []string{"李工", "张伟", "李娜", "恒力电缆", "服务台"}
		li, zhang, na := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("李娜")
		li.Enters()
		require.Contains(t, li.Sees("this is the service desk", "Please note").labels(), "Progress")
		li.Says("the stock page does not open")
		card := s.Card("the stock page", "HLDL-0001")
		li.Sees("HLDL-0001", "张伟 is in charge")
		require.Subset(t, card.Now().Buttons, []string{"Claim", "Reply", "Solve", "Assign", "Wait", "Note", "History", "Send to customer"})
		zhang.Presses(card.card, "Claim")
		card.Shows("in progress", "messages / 48 hours left")
		na.Types(card, "/claim")
		card.Sees("HLDL-0001 was taken by 张伟")
		zhang.Types(card, "/replay secret words")
		card.Sees("There is no command /replay", "/reply")
		s.Feishu("陈强").Types(card, "/solve nothing")
		card.Sees("/solve is for engineers")
		zhang.Types(card, "/reopen")
		card.Sees("Write: /reopen reason")
		zhang.Tells(card, "we are restarting the stock service")
		li.Sees("张伟: we are restarting")
		li.Says("progress")
		li.Sees("HLDL-0001: the stock page", "State: in progress", "In charge: 张伟")
		li.Says("urgent")
		li.Taps("Not urgent")
		li.Sees("in normal order")
		zhang.Types(card, "/solve restarted the stock service")
		require.Equal(t, []string{"Solved", "Not solved"}, li.Sees("Is it solved?").labels())
		li.Taps("Solved")
		li.Taps("5 very good")
		card.Shows("closed", "5 / 5")
		card.Sees("李工 rates it ★★★★★")
		zhang.Types(card, "/ticket HLDL-0001 history")
		history := card.Sees("said: the stock page", "rated 5", "closed")
		zhang.Asks("/help")
		zhang.Asks("/mine")
		zhang.Asks("/find stock")
		s.Direct("张伟").Sees("1 found")
		s.Settle()
		require.False(t, hasChinese(history.Text, names...), history.Text)
		for _, m := range li.Heard() {
			require.False(t, hasChinese(m.Text, names...), m.Text)
		}
		for _, r := range []*room{s.Group(), s.Direct("张伟")} {
			for _, p := range r.Heard() {
				require.False(t, hasChinese(p.Text+strings.Join(p.Buttons, " "), append(names, "措施", "原因", "方式", "工时", "库存")...), p.Text)
			}
		}
	})
}

func TestStoryEachInHisLanguage(t *testing.T) {
	stage{directory: speaking("小微机械", "en", false)}.stories(t, func(t *testing.T, s *story) {
		wu, zhang := s.WeCom("吴会计"), s.Feishu("张伟")
		wu.Says("the ledger cannot be closed")
		card := s.Card("the ledger", "XWJX-0001", "已派单")
		wu.Sees("XWJX-0001", "张伟 is in charge")
		zhang.Types(card, "/接单")
		zhang.Types(card, "/解决 opened the period again")
		card.Sees("方案已记录")
		wu.Says("not solved")
		card.Sees("吴会计说没有解决")
		wu.Sees("Sorry that it is not solved")
		zhang.Types(card, "/解决 closed it for you")
		wu.Taps("Solved")
		wu.Says("4")
		card.Sees("★★★★☆")
		s.Settle()
		for _, m := range wu.Heard() {
			require.False(t, hasChinese(m.Text, "张伟", "吴会计"), m.Text)
		}
	})
}

func TestStoryWordsStayWords(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		hostile := []string{
			`<at user_id="all">所有人</at> @张伟 @_user_1 @_all **加粗**`,
			`<at id=all></at> [点这里](https://example.com) <font color='red'>红</font>`,
			"{\"tag\":\"at\",\"user_id\":\"all\"} {{.Owner}} %s %d \u202e倒着写",
			"第一行\n\n- 列表\n# 标题\n```代码```\n~~删除~~ <img src=x>",
		}
		li.Says(hostile[0])
		card := s.Card("加粗")
		require.Equal(t, []string{zhang.id}, card.Now().Mentions, "nobody but the owner")
		card.Shows(`<at user_id="all">`, `**加粗**`)
		for _, words := range hostile[1:] {
			li.Says(words)
			told := card.Sees("李工：" + words)
			require.Empty(t, told.Mentions)
			require.NotContains(t, told.Content, `"tag":"at"`)
		}
		li.Says("@所有人 /解决 大家好 /转派 李娜")
		card.Sees("李工：@所有人 /解决 大家好")
		card.Shows("已派单")

		for _, words := range []string{"👨‍👩‍👧‍👦🏳️‍🌈 表情 👍🏽", "مرحبا بالعالم שלום עולם", "é́́́ \u200bﬀ \t末尾 "} {
			li.Says(words)
			card.Sees(strings.TrimSpace(words))
			zhang.Tells(card, "回："+words)
			li.Sees(strings.TrimSpace("回：" + words))
		}
		zhang.Tells(card, `<at user_id="all">x</at> **原样** {{.Name}}`)
		li.Sees(`<at user_id="all">x</at> **原样** {{.Name}}`)
		s.finished = true // people themselves wrote what looks like an unfinished text
	})
}

func TestStoryAMegabyteArrivesWhole(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		var all strings.Builder
		for i := 0; all.Len() < 1<<20; i++ {
			fmt.Fprintf(&all, "%06d 行：日志内容 <b>&amp; \"引号\" \\ 反斜杠\n", i)
		}
		li.Says(strings.TrimSpace(all.String()))
		s.within(4*patience, "the card stands in the group", func() bool { return len(s.Group().Heard("000000 行")) > 0 })
		card := s.Card("000000 行", "HLDL-0001")
		s.within(4*patience, "all is in the topic", func() bool { return s.backlog().Outbox == 0 })
		whole := ""
		for _, p := range card.Heard("日志内容") {
			whole += p.Text + "\n"
		}
		for line := range strings.Lines(all.String()) {
			_, after, ok := strings.Cut(whole, strings.TrimSpace(line[:6]))
			require.True(t, ok, "%s is missing or out of order", line)
			whole = after
		}

		li.Sees("HLDL-0001")
		long := strings.Repeat("回复很长，一共要分两条。", 90)
		reply := zhang.Tells(card, long)
		li.Sees("回复很长")
		s.Echo(reply, "CheckMark")
		said := ""
		for _, m := range li.Heard("分两条") {
			require.LessOrEqual(t, len(m.Text), 2048)
			said += m.Text
		}
		require.Equal(t, "张伟："+long, said)
	})
}
