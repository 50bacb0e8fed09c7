package page

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestReal(t *testing.T) {
	u := os.Getenv("REAL")
	if u == "" {
		t.Skip()
	}
	ctx, cancel := chromedp.NewContext(browser(t))
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900))
	p.do(chromedp.Navigate(u + "/?lang=zh&theme=light"))
	p.until(`document.body.dataset.ready`)
	shot(p, "r1")
	p.click(is("topic-open"))
	p.click(is("topic-panel", " ") + is("card-button", `[data-label="解决"]`))
	shot(p, "r2")
	p.click(is("forward-4h"))
	shot(p, "r3")
}
