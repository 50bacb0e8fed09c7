package page

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds one wait of a browser test; machines that share two cores among many are slow.
const patience = 20 * time.Second

// chromium finds a browser. Without one the test is skipped, unless SERVICEDESK_TEST_STRICT says that nothing may be skipped.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("SERVICEDESK_TEST_STRICT") != "" {
		t.Fatal("no Chromium is installed: apt-get install chromium fonts-noto-cjk")
	}
	t.Skip("no Chromium is installed, and SERVICEDESK_TEST_STRICT is not set")
	return ""
}

// theBrowser is started by the first test that needs it and ends with the program of the tests.
var theBrowser struct {
	sync.Mutex
	ctx   context.Context
	close func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if theBrowser.close != nil {
		theBrowser.close()
	}
	os.Exit(code)
}

func browser(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	theBrowser.Lock()
	defer theBrowser.Unlock()
	if theBrowser.ctx != nil {
		return theBrowser.ctx
	}
	profile, err := os.MkdirTemp("", "page-profile-")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	theBrowser.close = func() {
		stop()
		stopAlloc()
		_ = os.RemoveAll(profile) // in the system's temporary folder: what cannot be removed is swept with it
	}
	if err := chromedp.Do(ctx); err != nil {
		theBrowser.close()
		theBrowser.close = nil
		t.Fatal("start Chromium:", err)
	}
	theBrowser.ctx = ctx
	return ctx
}

// tab is one page view.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// open shows the fake's page; query is appended to its address.
func open(t *testing.T, f *fakeControl, query string, width, height int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t))
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil { // the first run opens the tab
		t.Fatal(err)
	}
	p.watchConsole()
	p.do(chromedp.Navigate(f.URL + "/?" + query))
	p.until(`document.body.dataset.ready`)
	p.until(`document.querySelectorAll('[data-testid="contact"]').length >= 4`)
	return p
}

// watchConsole fails the test for whatever the page does wrong in silence: exceptions, and calls that its own policy forbids.
func (p *tab) watchConsole() {
	var mu sync.Mutex
	var wrong []string
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleException || m.Source == "security" {
				mu.Lock()
				wrong = append(wrong, m.Text+" "+m.URL)
				mu.Unlock()
			}
		}
	}()
	p.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, text := range wrong {
			p.t.Error("the page's console:", text)
		}
	})
}

func desktop(t *testing.T, f *fakeControl) *tab { return open(t, f, "lang=zh&theme=light", 1440, 900) }

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// until waits for a JavaScript condition.
func (p *tab) until(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+condition+")", chromedp.WithPollingInterval(30*time.Millisecond))); err != nil {
		p.t.Fatalf("waited in vain for %s: %v", condition, err)
	}
}

// eval gives a JavaScript value as text.
func (p *tab) eval(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// is writes a selector of a data-testid, with further conditions behind it.
func is(testid string, more ...string) string {
	return `[data-testid="` + testid + `"]` + strings.Join(more, "")
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// write types into a field. (chromedp.SendKeys reads a node's attributes while they may change: a data race.)
func (p *tab) write(selector, words string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector), chromedp.NodeVisible), chromedp.KeyEvent(words))
}

// choose picks an option of a select by its value, as a person's choice would.
func (p *tab) choose(selector, value string) {
	p.t.Helper()
	p.eval(`(() => { const s = document.querySelector(` + quote(selector) + `); s.value = ` + quote(value) + `;
		s.dispatchEvent(new Event('input', {bubbles: true})); s.dispatchEvent(new Event('change', {bubbles: true})); return s.value })()`)
}

func (p *tab) see(selector, words string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll(` + quote(selector) + `)].some(e => e.textContent.includes(` + quote(words) + `))`)
}

func (p *tab) gone(selector string) {
	p.t.Helper()
	p.until(`!document.querySelector(` + quote(selector) + `)`)
}

func quote(s string) string { return strconv.QuoteToASCII(s) }

// waitPosts waits until the fake has got n posts to path, and gives the last.
func (p *tab) waitPosts(f *fakeControl, path string, n int) object {
	p.t.Helper()
	var got []object
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if got = f.postsTo(path); len(got) >= n {
			return got[len(got)-1]
		}
		p.eval("1") // lets the page go on, and keeps this loop from spinning
	}
	p.t.Fatalf("waited in vain for %d posts to %s, got %v", n, path, got)
	return nil
}
