package page

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

const (
	contactSays = "/control/wecom/contacts/" + ligong + "/messages"
	staffSays   = "/control/feishu/users/" + zhangwei + "/messages"
	staffActs   = "/control/feishu/users/" + zhangwei + "/actions"
)

func TestContactWritesAndTapsAMenu(t *testing.T) {
	f := newFake(t)
	f.story()
	p := desktop(t, f)

	p.write(is("wecom-input"), "第一行")
	p.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(kb.ModifierShift)))
	p.write(is("wecom-input"), "第二行")
	require.Empty(t, f.postsTo(contactSays), "Shift+Enter only breaks the line")
	p.do(chromedp.KeyEvent("\r"))
	got := p.waitPosts(f, contactSays, 1)
	require.Equal(t, object{"msgtype": "text", "text": object{"content": "第一行\n第二行"}}, got)
	p.see(is("wecom-message", `[data-from="contact"]`), "第二行")
	require.Empty(t, p.eval(`document.querySelector('[data-testid="wecom-input"]').value`))

	p.click(is("wecom-menu-item", `[data-id="m-urgent"]`))
	got = p.waitPosts(f, contactSays, 2)
	require.Equal(t, object{"msgtype": "text", "text": object{"content": "紧急", "menu_id": "m-urgent"}}, got)
}

func TestContactEntersSendsAPictureAndRecalls(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.click(is("wecom-enter"))
	p.waitPosts(f, "/control/wecom/contacts/"+ligong+"/enter", 1)

	name := filepath.Join(t.TempDir(), "screen.png")
	require.NoError(t, os.WriteFile(name, []byte("png?"), 0o600))
	p.do(chromedp.SetUploadFiles(chromedp.CSS(is("wecom-image")), []string{name}))
	require.Equal(t, object{"msgtype": "image", "data": "cG5nPw==", "filename": "screen.png"}, p.waitPosts(f, contactSays, 1))

	id := f.put("w:"+ligong, object{"from": "contact", "msgtype": "text", "text": "说错了"})
	row := is("wecom-message", `[data-id="`+id+`"]`)
	p.see(row, "说错了")
	p.do(chromedp.Focus(chromedp.CSS(row + " .wx-bubble")))
	p.do(chromedp.KeyEvent(kb.F10, chromedp.KeyModifiers(kb.ModifierShift)))
	p.click(is("recall"))
	require.Equal(t, object{"msgid": id}, p.waitPosts(f, "/control/wecom/contacts/"+ligong+"/recall", 1))
	f.change("w:"+ligong, id, object{"recalled": true})
	p.see(row, "你撤回了一条消息")
	require.NotContains(t, p.eval(`document.querySelector('[data-testid="wecom-messages"]').textContent`), "说错了")
}

func TestUnreadMarks(t *testing.T) {
	f := newFake(t)
	f.put("w:wmWu", object{"from": "desk", "msgtype": "text", "text": "旧消息"})
	p := desktop(t, f)
	other := is("contact", `[data-id="wmWu"]`)
	p.see(other, "小微机械")
	p.gone(other + " .badge")
	f.put("w:wmWu", object{"from": "desk", "msgtype": "text", "text": "一"})
	f.put("w:wmWu", object{"from": "contact", "msgtype": "text", "text": "自己说的"})
	f.put("w:wmWu", object{"from": "desk", "msgtype": "text", "text": "二"})
	p.see(other+" .badge", "2")
	p.click(other)
	p.see(is("wecom-message"), "二")
	p.gone(other + " .badge")

	f.put("d:"+lina, object{"sender": desk, "msg_type": "text", "text": "有一件待办"})
	f.put("d:"+zhangwei, object{"sender": desk, "msg_type": "text", "text": "也有一件"})
	p.see(is("chat", `[data-id="`+zhangwei+`"] .badge`), "1")
	p.click(is("waiting-user", `[data-id="`+lina+`"]`))
	p.see(is("message"), "有一件待办")
	require.Equal(t, lina, p.eval(`document.querySelector('[data-testid="feishu-user"]').value`))
	p.gone(is("chat", `[data-id="`+lina+`"] .badge`))
	p.waitPosts(f, "/control/feishu/messages/"+f.lastID("d:"+lina)+"/read", 1)
}

func TestTopicsAreInternalUnlessTheDeskIsMentioned(t *testing.T) {
	f := newFake(t)
	id := f.story()
	f.put("c:"+group, object{"sender": lina, "msg_type": "text", "text": "我看看", "root_id": id, "thread_id": "omt_1"})
	p := desktop(t, f)
	require.Equal(t, "1", p.eval(`document.querySelectorAll('[data-testid="message-list"] [data-testid="message"]').length`), "replies stand in the topic, not in the chat")
	p.click(is("topic-open"))
	panel := is("topic-panel") + " "
	p.see(panel+is("message"), "我看看")

	p.see(panel+".composer-hint", "仅内部可见")
	p.write(panel+is("composer-input"), "先看日志")
	p.click(panel + is("composer-send"))
	require.Equal(t, object{"chat_id": group, "root_id": id, "text": "先看日志"}, p.waitPosts(f, staffSays, 1))

	p.click(panel + is("mention-bot"))
	p.see(panel+".composer-hint", "将发给客户")
	p.write(panel+is("composer-input"), "您好")
	p.do(chromedp.KeyEvent("\r"))
	require.Equal(t, object{"chat_id": group, "root_id": id, "text": "您好", "mention_bot": true}, p.waitPosts(f, staffSays, 2))
	p.see(panel+".composer-hint", "仅内部可见")

	p.click(panel + is("mention-bot"))
	p.click(panel + is("mention-colleague"))
	p.click(is("mention-option", `[data-id="`+lina+`"]`))
	p.see(panel+".chip", "@李娜")
	p.write(panel+is("composer-input"), "/解决 重启")
	p.see(panel+".composer-hint", "命令")
	p.do(chromedp.KeyEvent("\r"))
	require.Equal(t, object{"chat_id": group, "root_id": id, "text": "/解决 重启", "mention_bot": true, "mentions": []any{lina}}, p.waitPosts(f, staffSays, 3))

	p.do(chromedp.KeyEvent(kb.Escape))
	p.until(`document.querySelector('[data-testid="topic-panel"]').hidden`)
}

func TestAnAtSignOffersColleaguesAndTheDesk(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.write(is("composer", `[data-scope="chat"] `)+is("composer-input"), "请看 @")
	p.see(is("mention-option"), "服务台")
	p.write(".people-box input", "王")
	p.until(`document.querySelectorAll('[data-testid="mention-option"]').length === 1`)
	p.do(chromedp.KeyEvent("\r"))
	p.see(".chip", "@王芳")
	p.do(chromedp.KeyEvent("\r"))
	require.Equal(t, object{"chat_id": group, "text": "请看", "mentions": []any{"ou_wangfang"}}, p.waitPosts(f, staffSays, 1))
}

func TestDirectChatAndPictures(t *testing.T) {
	f := newFake(t)
	p := desktop(t, f)
	p.click(is("chat", `[data-id="`+zhangwei+`"]`))
	p.until(`document.querySelector('[data-testid="mention-bot"]').hidden`)
	name := filepath.Join(t.TempDir(), "a.png")
	require.NoError(t, os.WriteFile(name, []byte("png?"), 0o600))
	p.do(chromedp.SetUploadFiles(chromedp.CSS(is("composer-image")), []string{name}))
	p.see(".chip", "a.png")
	p.write(is("composer-input"), "/待办")
	p.do(chromedp.KeyEvent("\r"))
	require.Equal(t, object{"text": "/待办", "images": []any{object{"data": "cG5nPw==", "filename": "a.png"}}}, p.waitPosts(f, staffSays, 1))

	log := filepath.Join(t.TempDir(), "trace.log")
	require.NoError(t, os.WriteFile(log, []byte("x"), 0o600))
	p.do(chromedp.SetUploadFiles(chromedp.CSS(is("composer-image")), []string{log}))
	p.see(".chip", "trace.log")
	p.click(is("composer-send"))
	require.Equal(t, object{"file": object{"data": "eA==", "filename": "trace.log"}}, p.waitPosts(f, staffSays, 2))
}

func TestReactionsRecallAndBuzz(t *testing.T) {
	f := newFake(t)
	f.story()
	own := f.put("c:"+group, object{"sender": zhangwei, "msg_type": "text", "text": "写错了"})
	p := desktop(t, f)
	row := is("message", `[data-id="`+own+`"] `)
	p.see(row, "写错了")
	f.change("c:"+group, own, object{"reactions": []string{"CheckMark", "OnIt", "OnIt"}})
	p.see(row+is("reaction", `[data-emoji="OnIt"]`), "2")
	p.click(row + is("reaction", `[data-emoji="CheckMark"]`))
	reactions := "/control/feishu/users/" + zhangwei + "/reactions"
	require.Equal(t, object{"message_id": own, "emoji_type": "CheckMark"}, p.waitPosts(f, reactions, 1))
	p.click(row + is("reaction", `[data-emoji="CheckMark"]`))
	require.Equal(t, object{"message_id": own, "emoji_type": "CheckMark", "remove": true}, p.waitPosts(f, reactions, 2))
	p.click(row + is("react"))
	p.click(is("react-with", `[data-emoji="Alarm"]`))
	require.Equal(t, object{"message_id": own, "emoji_type": "Alarm"}, p.waitPosts(f, reactions, 3))

	p.click(row + is("message-more"))
	p.click(is("recall"))
	p.waitPosts(f, "/control/feishu/messages/"+own+"/recall", 1)
	f.change("c:"+group, own, object{"recalled": true})
	p.see(row, "撤回了一条消息")

	buzzed := f.put("d:"+lina, object{"sender": desk, "msg_type": "text", "text": "HLDL-0001 紧急"})
	f.set(func() {
		f.urgents = append(f.urgents, object{"message_id": buzzed, "open_id": lina, "kind": "phone", "time": f.now, "read": false})
		f.publish("urgent", lina)
	})
	p.see(is("toast", `[data-type="buzz"]`), "电话加急：李娜")
	p.click(is("toast", `[data-type="buzz"]`))
	p.see(is("message"), "HLDL-0001 紧急")
	p.waitPosts(f, "/control/feishu/messages/"+buzzed+"/read", 1)
}

// lastID is the id of a list's newest message.
func (f *fakeControl) lastID(key string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.lists[key][len(f.lists[key])-1]
	if id, ok := m["message_id"].(string); ok {
		return id
	}
	return m["msgid"].(string)
}
