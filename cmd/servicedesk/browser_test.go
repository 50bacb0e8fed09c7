package main

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/png"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestBrowserStory tells the main story as a newcomer does who has started the demo and opened its page: with mouse and keyboard alone.
//
// With SERVICEDESK_SCREENSHOT=FILE it leaves a picture of the page in the middle of the story.
func TestBrowserStory(t *testing.T) {
	d := browserDemo(t)
	p := browserOpen(t, "http://"+d.sim.Addr()+"/?lang=zh&theme=light")
	idle := func() { require.NoError(t, d.app.sched.Idle(t.Context())) }
	list, topic, phone := `[data-testid="message-list"] `, `[data-testid="topic-panel"] `, `[data-testid="wecom-message"][data-from="desk"]`
	card := list + `[data-testid="message"][data-type="interactive"]`
	p.guided(0)

	p.clickOn(`[data-testid="contact"]`, "李工")
	p.write(`[data-testid="wecom-input"]`, "库存查询页面打不开，一直转圈")
	p.click(`[data-testid="wecom-send"]`)
	p.see(phone, "HLDL-0001")
	p.guided(1)

	p.choose(`[data-testid="feishu-user"]`, "张伟")
	p.clickOn(`[data-testid="chat"]`, deskGroupName)
	p.see(card, "库存查询页面打不开")
	p.see(card, "恒力电缆")
	idle()
	p.clickOn(card+` [data-testid="card-button"]`, "接单")
	p.see(`[data-testid="toast"][data-type="success"]`, "HLDL-0001")
	p.see(card, "处理中")
	p.guided(2)

	p.do(chromedp.ScrollIntoView(chromedp.CSS(card)))
	p.click(card + ` [data-testid="reply-in-topic"]`)
	p.write(topic+`[data-testid="composer-input"]`, "先看数据库日志，内部记录")
	p.click(topic + `[data-testid="composer-send"]`)
	p.click(topic + `[data-testid="mention-bot"]`)
	p.write(topic+`[data-testid="composer-input"]`, "您好，正在处理：查询服务卡住了，预计十分钟恢复")
	p.click(topic + `[data-testid="composer-send"]`)
	p.see(phone, "预计十分钟恢复")
	p.exists(topic + `[data-testid="reaction"][data-emoji="CheckMark"]`)
	p.guided(3)
	p.write(`[data-testid="wecom-input"]`, "好的，麻烦尽快，月底要盘点")
	p.click(`[data-testid="wecom-send"]`)
	p.see(topic+`[data-testid="message"]`, "月底要盘点")
	p.see(card, "余 5 条") // the contact's words opened the sending window anew
	idle()
	p.picture(os.Getenv("SERVICEDESK_SCREENSHOT"))

	p.write(card+` [data-testid="card-field"]`, "重启查询服务并补建索引")
	p.clickOn(card+` [data-testid="card-button"]`, "解决")
	p.see(phone, "补建索引")
	p.see(card, "等待客户确认")
	p.guided(4)
	p.clickOn(phone+` [data-testid="wecom-menu-item"]`, "已解决")
	p.see(phone, "打个分")
	p.clickOn(phone+` [data-testid="wecom-menu-item"]`, "5 ")
	p.see(topic+`[data-testid="message"]`, "★★★★★")
	p.see(card, "已关闭")
	p.guided(5)
	idle()
	require.NotContains(t, p.text(`[data-testid="wecom-messages"]`), "内部记录", "what does not mention the desk stays inside")
	require.NotContains(t, p.text(card), "接单", "nothing is left to do")
}

// browserDemo starts the demo in this process.
func browserDemo(t *testing.T) *demo {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := openDemo(ctx, demoFlags{listen: "127.0.0.1:0", simulatorListen: "127.0.0.1:0", data: t.TempDir(), virtual: true}, log)
	require.NoError(t, err)
	var work errgroup.Group
	work.Go(func() error { return d.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		require.NoError(t, work.Wait())
		d.Close()
	})
	return d
}

// browserPatience bounds one wait (machine time).
const browserPatience = 30 * time.Second

// browserPage is the demo's page in a browser nobody sees.
type browserPage struct {
	t   *testing.T
	ctx context.Context
}

// browserOpen starts Chromium. Without one the test is skipped, unless nothing may be skipped.
func browserOpen(t *testing.T, address string) *browserPage {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" && os.Getenv("SERVICEDESK_TEST_STRICT") == "1" {
		t.Fatal("no Chromium is installed: apt-get install chromium fonts-noto-cjk")
	}
	if path == "" {
		t.Skip("no Chromium is installed: make test tells the story in a browser, too")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		stop()
		stopAllocator()
	})
	// The first call starts the browser, which ends with the context of that call.
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900)), "start Chromium")
	p := &browserPage{t: t, ctx: ctx}
	p.do(chromedp.Navigate(address))
	p.until(`document.body.dataset.ready`)
	return p
}

func (p *browserPage) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%v", err)
	}
}

// until waits for a JavaScript condition.
func (p *browserPage) until(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browserPatience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+condition+")", chromedp.WithPollingInterval(30*time.Millisecond))); err != nil {
		p.fail("waited in vain for %s: %v", condition, err)
	}
}

// fail shows what stood on the page.
func (p *browserPage) fail(format string, args ...any) {
	p.t.Helper()
	words, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	p.t.Fatalf(format+"\nthe page (%v):\n%s", append(args, err, words)...)
}

// browserHaving is the JavaScript that finds the last element of a selector with these words.
func browserHaving(selector, words string) string {
	return `[...document.querySelectorAll(` + strconv.QuoteToASCII(selector) + `)].filter(e => e.textContent.includes(` + strconv.QuoteToASCII(words) + `)).at(-1)`
}

func (p *browserPage) see(selector, words string) {
	p.t.Helper()
	p.until(browserHaving(selector, words))
}

func (p *browserPage) exists(selector string) {
	p.t.Helper()
	p.see(selector, "")
}

// guided waits until the page's guide has ticked off so many of its five steps.
func (p *browserPage) guided(steps int) {
	p.t.Helper()
	p.until(`document.querySelectorAll('[data-testid="guide-step"][data-done="true"]').length === ` + strconv.Itoa(steps))
}

func (p *browserPage) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// clickOn clicks the last element that has these words.
func (p *browserPage) clickOn(selector, words string) {
	p.t.Helper()
	p.see(selector, words)
	p.do(chromedp.Click(chromedp.JSPath(browserHaving(selector, words))))
}

// write types into a field. (chromedp.SendKeys reads a node's attributes while they may change: a data race.)
func (p *browserPage) write(selector, words string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector), chromedp.NodeVisible), chromedp.KeyEvent(words))
}

// choose picks the option with these words.
func (p *browserPage) choose(selector, words string) {
	p.t.Helper()
	p.see(selector+" option", words)
	p.write(selector, words)
}

func (p *browserPage) text(selector string) string {
	p.t.Helper()
	words, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector(`+strconv.QuoteToASCII(selector)+`).textContent`))
	require.NoError(p.t, err)
	return words
}

// picture keeps what the page looks like now, in a file; without a name it does nothing.
func (p *browserPage) picture(file string) {
	p.t.Helper()
	if file == "" {
		return
	}
	p.until(`!document.querySelector('[data-testid="toast"]')`)
	shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	whole, err := png.Decode(bytes.NewReader(shot))
	require.NoError(p.t, err)
	picture := image.NewRGBA(whole.Bounds())
	draw.Draw(picture, picture.Bounds(), whole, whole.Bounds().Min, draw.Src)
	for i := range picture.Pix {
		picture.Pix[i] |= 3 // the last bits of soft gradients are a third of the file, and nobody sees them
	}
	var small bytes.Buffer
	require.NoError(p.t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, picture))
	require.NoError(p.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(p.t, os.WriteFile(file, small.Bytes(), 0o644))
	p.t.Logf("%s: %d KB", file, small.Len()>>10)
}
