package page

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func shot(p *tab, name string) {
	time.Sleep(700 * time.Millisecond)
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	os.MkdirAll("/tmp/shots", 0o755)
	os.WriteFile("/tmp/shots/"+name+".png", png, 0o644)
}

func TestShots(t *testing.T) {
	if os.Getenv("SHOTS") == "" {
		t.Skip()
	}
	f := newFake(t)
	p := open(t, f, "lang=zh&theme=light", 1440, 900)
	shot(p, "1-empty")
	id := f.story()
	p.see(is("card"), "HLDL-0001")
	shot(p, "2-story")
	reply := f.put("c:"+group, object{"sender": zhangwei, "msg_type": "text", "text": "先看一下日志，@李娜 帮忙看数据库", "root_id": id, "thread_id": "omt_1"})
	_ = reply
	r2 := f.put("c:"+group, object{"sender": zhangwei, "msg_type": "text", "text": "@服务台 您好，已经在排查，十分钟内给您进展。", "root_id": id, "thread_id": "omt_1"})
	f.change("c:"+group, r2, object{"reactions": []string{"CheckMark", "OnIt", "OnIt", "DONE", "Alarm", "THUMBSUP", "CrossMark"}})
	f.change("c:"+group, id, object{"updated": true, "content": card(ticketCard("orange", "处理中", button("回复客户", "primary_filled", "reply"), button("解决", "default", "solve"), overflow()), "")["content"], "buttons": []string{"回复客户", "解决"}})
	f.put("w:wmZhouzong", object{"from": "desk", "msgtype": "text", "text": "您好"})
	f.put("d:"+lina, object{"sender": desk, "msg_type": "text", "text": "待办"})
	f.put("c:"+group, card(everyKind(), "每种组件"))
	p.click(is("topic-open"))
	shot(p, "3-topic")
	f.put("d:"+zhangwei, card(object{"schema": "2.0", "header": object{"template": "red", "title": plain("解决 HLDL-0001")}, "body": object{"elements": []object{solveForm()}}}, "解决"))
	p.click(is("chat", `[data-id="ou_zhangwei"]`))
	p.see(is("card"), "解决")
	shot(p, "4-form")
	for _, s := range []string{"dark"} {
		q := open(t, f, "lang=en&theme="+s, 1440, 900)
		q.click(is("topic-open"))
		shot(q, "5-"+s)
		q.click(is("faults"))
		shot(q, "6-faults")
	}
	q := open(t, f, "lang=zh&theme=light", 1440, 1900)
	defer func() {}()
	shot(q, "11-kitchen")
	chromedp.Cancel(q.ctx)
	q = open(t, f, "lang=zh&theme=dark", 1440, 1900)
	shot(q, "12-kitchen-dark")
	chromedp.Cancel(q.ctx)
	q = open(t, f, "lang=zh&theme=light", 1120, 760)
	q.click(is("topic-open"))
	shot(q, "13-mid")
	chromedp.Cancel(q.ctx)
	q = open(t, f, "lang=en&theme=light", 800, 1000)
	q.click(is("tab-feishu"))
	q.click(is("chat", `[data-id="oc_desk"]`))
	shot(q, "14-tablet")
	q.click(is("tab-clock"))
	q.click(is("faults"))
	shot(q, "15-tablet-clock")
	chromedp.Cancel(q.ctx)
	q = open(t, f, "lang=zh&theme=light", 390, 800)
	shot(q, "7-phone-wecom")
	q.click(is("tab-feishu"))
	q.click(is("chat", `[data-id="oc_desk"]`))
	shot(q, "8-phone-feishu")
	q.click(is("topic-open"))
	shot(q, "9-phone-topic")
	q.click(is("topic-close"))
	q.click(is("tab-clock"))
	shot(q, "10-phone-clock")
}
