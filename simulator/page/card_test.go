package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// inList limits a selector to the chat, where the topic panel may show the same card.
const inList = `[data-testid="message-list"] `

func TestButtonsActAndShowTheAnswer(t *testing.T) {
	f := newFake(t)
	id := f.story()
	p := desktop(t, f)
	p.click(inList + is("card-button", `[data-label="接单"]`))
	require.Equal(t, object{"message_id": id, "button": "接单", "name": "claim"}, p.waitPosts(f, staffActs, 1))
	p.see(is("toast", `[data-type="success"]`), "已接单")

	f.set(func() {
		f.answer = object{"status": 200, "toast": object{"type": "warning", "content": "李娜已经接单"}}
	})
	p.choose(is("feishu-user"), lina)
	p.click(inList + is("card-button", `[data-label="接单"]`))
	p.waitPosts(f, "/control/feishu/users/"+lina+"/actions", 1)
	p.see(is("toast", `[data-type="warning"]`), "李娜已经接单")

	f.set(func() { f.answer = object{"status": 0, "error": "200341"} })
	p.click(inList + is("card-more"))
	p.click(is("more-item", `[data-label="等待"]`))
	require.Equal(t, object{"message_id": id, "button": "等待", "name": "more", "option": "wait"}, p.waitPosts(f, "/control/feishu/users/"+lina+"/actions", 2))
	p.see(is("toast", `[data-type="error"]`), "200341")
}

func TestConfirmAndDisabled(t *testing.T) {
	f := newFake(t)
	id := f.put("c:"+group, card(everyKind(), "每种组件"))
	p := desktop(t, f)
	require.Equal(t, "true", p.eval(`document.querySelector('[data-label="不可点"]').disabled`))
	asked := inList + is("card-button", `[data-label="先问"]`)
	p.click(asked)
	p.see("dialog", "取消后不能恢复")
	p.click(is("confirm-cancel"))
	p.gone("dialog")
	require.Empty(t, f.postsTo(staffActs))
	p.click(asked)
	p.click(is("confirm-ok"))
	require.Equal(t, object{"message_id": id, "button": "先问", "name": "asked"}, p.waitPosts(f, staffActs, 1))
}

func TestFormsCollectWhatIsFilledIn(t *testing.T) {
	f := newFake(t)
	id := f.put("c:"+group, card(object{"schema": "2.0", "body": object{"elements": []object{solveForm()}}}, "解决"))
	p := desktop(t, f)
	field := func(name string) string { return inList + is("card-field", `[data-name="`+name+`"]`) }
	submit := inList + is("card-button", `[data-label="提交"]`)
	p.click(submit)
	p.until(`document.querySelector('` + field("solution") + `').getAttribute('aria-invalid') === 'true'`)
	require.Empty(t, f.postsTo(staffActs), "a required field is empty")

	p.write(field("solution"), "重启服务")
	p.choose(field("how"), "onsite")
	p.choose(field("helper"), lina)
	p.choose(field("day"), "2026-03-06")
	p.click(field("tags") + " summary")
	p.click(field("tags") + " label:nth-child(2)")
	p.click(inList + ".checker")
	p.click(submit)
	require.Equal(t, object{"message_id": id, "button": "提交", "name": "submit", "form_value": object{
		"solution": "重启服务", "cause": "索引失效", "how": "onsite", "tags": []any{"net"}, "helper": lina,
		"day": "2026-03-06 +0800", "until": "2026-03-05 18:00 +0800", "again": true,
	}}, p.waitPosts(f, staffActs, 1))
	p.until(`document.querySelector('` + field("solution") + `').value === ''`)

	p.write(field("solution"), "半句")
	p.click(inList + is("card-button", `[data-label="清空"]`))
	require.Empty(t, p.eval(`document.querySelector('`+field("solution")+`').value`))
	require.Equal(t, "索引失效", p.eval(`document.querySelector('`+field("cause")+`').value`))
}

func TestARefusedFormKeepsItsWords(t *testing.T) {
	f := newFake(t)
	f.put("c:"+group, card(object{"schema": "2.0", "body": object{"elements": []object{solveForm()}}}, "解决"))
	f.set(func() { f.answer = object{"status": 200, "toast": object{"type": "error", "content": "没有权限"}} })
	p := desktop(t, f)
	field := inList + is("card-field", `[data-name="solution"]`)
	p.write(field, "重启服务")
	p.click(inList + is("card-button", `[data-label="提交"]`))
	p.see(is("toast", `[data-type="error"]`), "没有权限")
	require.Equal(t, "重启服务", p.eval(`document.querySelector('`+field+`').value`))
}

func TestCardsChangeInPlaceAndKeepHalfFilledFields(t *testing.T) {
	f := newFake(t)
	spec := func(title string) object {
		return card(object{"schema": "2.0", "header": object{"template": "blue", "title": plain(title)}, "body": object{"elements": []object{solveForm()}}}, title)
	}
	id := f.put("c:"+group, spec("改之前"))
	f.put("c:"+group, object{"sender": lina, "msg_type": "text", "text": "后来的消息"})
	p := desktop(t, f)
	field := inList + is("card-field", `[data-name="solution"]`)
	p.write(field, "写到一半")
	next := spec("改之后")
	f.change("c:"+group, id, object{"content": next["content"], "text": "改之后", "updated": true})
	p.see(inList+".card-head", "改之后")
	require.Equal(t, "写到一半", p.eval(`document.querySelector('`+field+`').value`))
	p.do(chromedp.KeyEvent("吗"))
	require.Equal(t, "写到一半吗", p.eval(`document.querySelector('`+field+`').value`), "the field is still the one being written in")
	require.Equal(t, id, p.eval(`document.querySelector('`+inList+`[data-testid="message"]').dataset.id`), "the card stays where it was sent")
	require.Equal(t, "2", p.eval(`document.querySelectorAll('`+inList+`[data-testid="message"]').length`))
}

func TestEveryElementIsDrawn(t *testing.T) {
	f := newFake(t)
	f.put("c:"+group, card(everyKind(), "每种组件"))
	p := desktop(t, f)
	for selector, words := range map[string]string{
		".card-head[data-template=green] h3": "每种组件", ".card-subtitle": "副标题", ".md strong": "粗", ".md em": "斜", ".md s": "删", ".md code": "代码",
		".md a[href='https://example.com'][rel~=noopener]": "链接", ".tag": "急", ".md ul ul li": "二之一", ".md ol li:nth-child(2)": "乙", "blockquote": "引用",
		".md table td strong": "1", ".card-text": "纯文本 **不是粗体**", ".card-text.ink-red": "中文的词", ".unknown[data-tag=column_set]": "", ".card-picture": "", ".column-box .tone-blue": "左", "details.panel summary": "更多信息",
		".table-box.data td": "12.5", ".table-box.data .person": "张伟", ".chart figcaption": "每月工单", ".unknown": "hologram", ".card-btn.danger_filled": "danger_filled",
	} {
		p.see(inList+selector, words)
	}
	require.Equal(t, "3", p.eval(`document.querySelectorAll('.chart rect').length`))
	require.Equal(t, "false", p.eval(`document.querySelector('details.panel').open`))
	p.click(inList + ".panel summary")
	p.until(`document.querySelector('details.panel').open`)

	require.Equal(t, "5", p.eval(`document.querySelectorAll('.table-box.data tbody tr').length`))
	p.click(inList + ".pager button:last-child")
	p.see(inList+".table-box.data td", "六月")
	require.Equal(t, "1", p.eval(`document.querySelectorAll('.table-box.data tbody tr').length`))
}

func TestChoicesOutsideAFormActAtOnce(t *testing.T) {
	f := newFake(t)
	id := f.put("c:"+group, card(object{"schema": "2.0", "body": object{"elements": []object{
		{"tag": "select_static", "name": "rating", "placeholder": plain("打分"), "options": []object{{"text": plain("五"), "value": "5"}}},
	}}}, "打分"))
	p := desktop(t, f)
	p.choose(inList+is("card-field", `[data-name="rating"]`), "5")
	require.Equal(t, object{"message_id": id, "name": "rating", "option": "5"}, p.waitPosts(f, staffActs, 1))
}
