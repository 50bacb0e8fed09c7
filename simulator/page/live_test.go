package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// hostile are words that would do harm as markup.
const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=2</script><b>粗</b>`

func TestCustomerWordsStayWords(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.contacts[0]["name"], f.contacts[0]["customer"] = hostile, hostile })
	f.put("w:"+ligong, object{"from": "contact", "msgtype": "text", "text": hostile})
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "msgmenu", "menu": object{"head_content": hostile,
		"list": []object{{"type": "click", "click": object{"id": "1", "content": hostile}}, {"type": "view", "view": object{"url": "javascript:window.hacked=3", "content": hostile}}}}})
	f.put("w:"+ligong, object{"from": "system", "msgtype": "event", "text": hostile})
	f.put("c:"+group, card(object{"schema": "2.0", "header": object{"title": plain(hostile)}, "body": object{"elements": []object{
		{"tag": "markdown", "content": hostile + "\n[点我](javascript:window.hacked=4)"}, {"tag": "div", "text": plain(hostile)}}}}, hostile))
	f.put("c:"+group, object{"sender": desk, "msg_type": "post", "text": hostile,
		"content": `{"zh_cn":{"content":[[{"tag":"text","text":"<img src=x onerror=window.hacked=5>"},{"tag":"a","href":"javascript:window.hacked=6","text":"地址"}]]}}`})
	f.put("c:"+group, object{"sender": zhangwei, "msg_type": "text", "text": hostile, "content": `{"text":"<img src=x onerror=window.hacked=7> @服务台"}`})
	p := desktop(t, f)
	p.see(is("wecom-message", `[data-from="contact"]`), hostile)
	p.see(is("card"), `<img src=x onerror="window.hacked=1">`)
	p.see(is("message", `[data-type="post"]`), "<img src=x")
	require.Equal(t, "0", p.eval(`document.querySelectorAll('img[src="x"], script:not([src]), a[href^="javascript"]').length`))
	require.Equal(t, "undefined", p.eval(`window.hacked`))
	for _, selector := range []string{".card-text b", ".wx-bubble b", ".contact-name b"} {
		p.gone(selector)
	}
}

func TestClockMovesForward(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.see(is("clock"), "09:30")
	p.click(is("forward-4h"))
	require.Equal(t, object{"advance": "4h"}, p.waitPosts(f, "/control/clock", 1))
	p.see(is("clock"), "13:30")
	for name, duration := range map[string]string{"10m": "10m", "1h": "1h", "24h": "24h", "72h": "72h"} {
		before := len(f.postsTo("/control/clock"))
		p.until(`!document.querySelector('.step.busy')`)
		p.click(is("forward-" + name))
		require.Equal(t, object{"advance": duration}, p.waitPosts(f, "/control/clock", before+1))
	}
	p.see(is("clock"), "2026-03-06")
}

func TestARealClockCannotBeForwarded(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.virtual = false })
	p := desktop(t, f)
	p.until(`document.querySelector('[data-testid="forward-1h"]').getAttribute('aria-disabled') === 'true'`)
	p.until(`document.querySelector('.forward').title.includes('--virtual-clock')`)
	p.see(is("clock"), "真实时钟")
	p.click(is("forward-1h"))
	p.see(is("toast"), "--virtual-clock")
	require.Empty(t, f.postsTo("/control/clock"))
}

func TestFaultsAreSwitchedOnAndOff(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.click(is("faults"))
	p.click(is("fault-wecom"))
	require.Equal(t, object{"platform": "wecom", "path": "/cgi-bin/", "times": 0.0, "http_status": 502.0}, p.waitPosts(f, "/control/faults", 1))
	p.see(is("faults", " .badge"), "1")
	p.click(is("fault-slow"))
	p.waitPosts(f, "/control/faults", 3)
	p.see(is("faults", " .badge"), "3")
	p.click(is("fault-slow"))
	p.waitPosts(f, "DELETE /control/faults", 1)
	require.Equal(t, "wecom", p.waitPosts(f, "/control/faults", 4)["platform"], "what was on before stays on")
	p.see(is("faults", " .badge"), "1")
	p.click(is("fault-clear"))
	p.waitPosts(f, "DELETE /control/faults", 2)
	p.gone(is("faults", " .badge"))

	p.choose(is("callbacks-platform"), "feishu")
	p.choose(is("callbacks-mode"), "delay")
	p.click(is("callbacks-apply"))
	require.Equal(t, object{"platform": "feishu", "mode": "delay", "times": 1.0, "delay": "1m"}, p.waitPosts(f, "/control/callbacks", 1))
	p.click(is("callbacks-clear"))
	p.waitPosts(f, "DELETE /control/callbacks", 1)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.gone(".popover")
}

func TestFollowsByPollingWithoutEvents(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.noEvents = true })
	p := desktop(t, f)
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "text", "text": "轮询也能看到"})
	p.see(is("wecom-message"), "轮询也能看到")
}

func TestNewPeopleAndChatsAppear(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.chats = nil })
	p := desktop(t, f)
	p.until(`document.querySelectorAll('[data-testid="chat"]').length === 1`)
	f.set(func() {
		f.chats = []object{{"chat_id": group, "name": "服务台工单", "mode": "group", "members": []string{zhangwei}}}
	})
	f.put("c:"+group, object{"sender": desk, "msg_type": "text", "text": "第一条"})
	p.see(inList+is("message"), "第一条")

	p.click(is("contact-add"))
	p.write(is("contact-new-name"), "老王")
	p.do(chromedp.KeyEvent("\r"))
	require.Equal(t, object{"name": "老王"}, p.waitPosts(f, "/control/wecom/contacts", 1))
	p.until(`document.querySelector('[data-testid="contact"][data-id="wmNew"]')?.getAttribute('aria-selected') === 'true'`)
}

func TestLanguageAndTheme(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.see(is("wecom-send"), "发送")
	p.click(is("lang"))
	p.see(is("wecom-send"), "Send")
	p.see(is("forward-24h"), "+1 day")
	require.Equal(t, "en", p.eval(`document.documentElement.lang`))
	require.Equal(t, "rgb(255, 255, 255)", p.eval(`getComputedStyle(document.querySelector('.feishu')).backgroundColor`))
	p.click(is("theme"))
	p.until(`getComputedStyle(document.querySelector('.feishu')).backgroundColor !== 'rgb(255, 255, 255)'`)
	p.do(chromedp.Navigate(f.URL + "/"))
	p.see(is("wecom-send"), "Send")
	require.Equal(t, "dark", p.eval(`document.documentElement.dataset.theme`), "choices outlive a reload")
	require.Equal(t, "http://desk.example/readyz", p.eval(`document.querySelector('[data-testid="health"]').href`))
}

func TestPhoneWidthShowsOneViewAtATime(t *testing.T) {
	f := newFake(t)
	f.story()
	p := open(t, f, "lang=zh&theme=light", 390, 800)
	shown := func(selector string) bool {
		return p.eval(`document.querySelector('`+selector+`').getClientRects().length > 0`) == "true"
	}
	require.True(t, shown(".phone"))
	require.False(t, shown(".feishu"))
	p.click(is("tab-feishu"))
	require.True(t, shown(".feishu"))
	require.False(t, shown(".phone"))
	p.click(is("tab-clock"))
	require.True(t, shown(is("forward-72h")))
	require.False(t, shown(".feishu"))
	require.Equal(t, "true", p.eval(`document.documentElement.scrollWidth <= innerWidth`), "nothing hangs over the edge")
}

func TestContactsAreReachedByKeyboard(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.do(chromedp.Focus(chromedp.CSS(is("contact", `[data-id="`+ligong+`"]`))))
	p.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("\r"))
	p.until(`document.querySelector('[data-testid="contact"][data-id="wmZhouzong"]').getAttribute('aria-selected') === 'true'`)
	require.Equal(t, "solid", p.eval(`getComputedStyle(document.activeElement).outlineStyle`), "the focus is visible")
	unnamed := `[...document.querySelectorAll('button, input:not([type=hidden]), textarea, select')].filter(e => e.getClientRects().length && !(e.textContent.trim() || e.getAttribute('aria-label') || e.title)).length`
	require.Equal(t, "0", p.eval(unnamed), "everything that can be used has a name")
}

func TestFirstStepsAreTickedOff(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	done := func(n string) string { return is("guide-step", `[data-step="`+n+`"][data-done="true"]`) }
	p.click(is("guide-step", `[data-step="1"]`))
	p.until(`document.querySelector('[data-testid="wecom-input"]').value.includes('库存查询页面打不开')`)
	p.gone(done("1"))
	p.do(chromedp.KeyEvent("\r"))
	p.see(done("1"), "客户开口")

	id := f.story()
	p.see(is("card"), "HLDL-0001")
	p.gone(done("2"))
	assigned := card(ticketCard("blue", "已派单", button("接单", "default", "claim")), "HLDL-0001")
	f.change("c:"+group, id, object{"updated": true, "content": assigned["content"]})
	p.see(is("card"), "已派单")
	p.gone(done("2"))
	taken := card(ticketCard("orange", "处理中", button("接单", "default", "claim")), "HLDL-0001")
	f.change("c:"+group, id, object{"content": taken["content"]})
	p.see(done("2"), "接单")

	p.click(is("guide-step", `[data-step="3"]`))
	p.until(`document.querySelector('[data-testid="topic-panel"] [data-testid="mention-bot"]').getAttribute('aria-pressed') === 'true'`)
	p.click(is("topic-panel", " ") + is("composer-send"))
	sent := p.waitPosts(f, staffSays, 1)
	require.Equal(t, true, sent["mention_bot"])
	f.change("c:"+group, f.lastID("c:"+group), object{"reactions": []string{"CheckMark"}})
	p.see(done("3"), "回复")
	p.gone(done("4"))

	solved := object{"list": []object{{"type": "click", "click": object{"id": "s", "content": "已解决"}}}}
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "msgmenu", "text": "解决了吗", "menu": solved})
	p.see(done("4"), "解决")
	p.click(is("wecom-menu-item", `[data-id="s"]`))
	p.waitPosts(f, contactSays, 2)
	p.gone(done("5"))
	p.write(is("wecom-input"), "5")
	p.do(chromedp.KeyEvent("\r"))
	p.see(done("5"), "评分")
	p.click(is("guide-close"))
	p.until(`document.querySelector('[data-testid="guide"]').hidden`)
}

func TestCatchesUpAfterABrokenLine(t *testing.T) {
	f := newFake(t)
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "text", "text": "断线之前"})
	p := desktop(t, f)
	p.see(is("wecom-message"), "断线之前")
	f.set(func() { f.listeners = map[chan string]bool{} }) // nobody is told of what comes now
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "text", "text": "断线之中"})
	f.CloseClientConnections()
	p.see(is("wecom-message"), "断线之中")
	require.Equal(t, "2", p.eval(`document.querySelectorAll('[data-testid="wecom-message"]').length`))
}

func TestLongConversationsShowTheirEndFirst(t *testing.T) {
	f := newFake(t)
	for range 230 {
		f.put("w:"+ligong, object{"from": "desk", "msgtype": "text", "text": "一句"})
	}
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "text", "text": "最后一句"})
	p := desktop(t, f)
	p.see(is("wecom-message"), "最后一句")
	require.Equal(t, "200", p.eval(`document.querySelectorAll('[data-testid="wecom-message"]').length`))
	p.until(`(l => l.scrollHeight - l.scrollTop - l.clientHeight < 2)(document.querySelector('[data-testid="wecom-messages"]'))`)
	p.click(is("wecom-messages", " .earlier"))
	p.until(`document.querySelectorAll('[data-testid="wecom-message"]').length === 231`)
}

func TestRefusedCallsAreTold(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	f.set(func() { f.refuse = "nobody is at home: open the door" })
	p.write(is("composer-input"), "写了半天")
	p.do(chromedp.KeyEvent("\r"))
	p.see(is("toast", `[data-type="error"]`), "nobody is at home")
	require.Equal(t, "写了半天", p.eval(`document.querySelector('[data-testid="composer-input"]').value`), "nothing typed is lost")
}
