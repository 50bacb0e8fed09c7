// Package page is the simulator's browser page: a WeCom phone on the left, Feishu on the right, a clock and a switch for faults above.
//
// The page is plain HTML, CSS and JavaScript modules without a build step and without anything from outside. It talks only to the
// control interface on its own origin (/control/…) and knows nothing of the desk.
//
// Browser tests may rely on body[data-ready], which comes once everything has been loaded, and on these data-testid attributes:
//
//	tab-wecom, tab-feishu, tab-clock                      the three views at phone width
//	contact-list, contact (data-id), contact-add          whose phone is shown
//	wecom-messages, wecom-message (data-id, data-from)    the conversation; wecom-menu-item is a tappable menu line
//	wecom-input, wecom-send, wecom-image, wecom-enter     the phone's composer
//	feishu-user (a select), chat-list, chat (data-id)     who looks at Feishu, and at what
//	message-list, message (data-id, data-type)            one Feishu message, in the chat and in the topic alike
//	card, card-button, card-form, card-field (data-name)  a card; card-more is its overflow and more-item a line of it
//	topic-open, topic-panel, topic-close                  a message's topic
//	composer, composer-input, composer-send, mention-bot, mention-colleague, composer-image
//	reaction (data-emoji), message-actions, react, recall, confirm-ok, confirm-cancel
//	clock, forward-10m, forward-1h, forward-4h, forward-24h, forward-72h
//	faults, fault-wecom, fault-feishu, fault-slow, fault-clear, callbacks-apply, callbacks-clear
//	lang, theme, health, guide, guide-step (data-step, data-done), guide-close, toast (data-type)
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
)

//go:embed assets
var files embed.FS

// policy lets the page load and call nothing but its own origin. Inline scripts and styles are refused, so that words of a
// customer could not run even if they became markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// contentTypes are fixed here because a module script is refused when the machine's own table names it otherwise.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

type asset struct {
	body        []byte
	contentType string
	etag        string
}

// Handler serves the page at / and its parts under /assets/. Everything else is 404.
func Handler() http.Handler {
	assets := load()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, assets["assets/index.html"])
	})
	mux.HandleFunc("GET /assets/{name...}", func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets["assets/"+r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		serve(w, r, a)
	})
	return mux
}

// load reads the embedded files. They are part of the program, so a file that cannot be read is a fault of the build: it is left out
// and answered with 404.
func load() map[string]asset {
	assets := map[string]asset{}
	_ = fs.WalkDir(files, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		assets[name] = asset{body: body, contentType: contentTypes[path.Ext(name)], etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	return assets
}

func serve(w http.ResponseWriter, r *http.Request, a asset) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache") // a newer binary must not meet yesterday's scripts
	header.Set("ETag", a.etag)
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.body) // the reader's going away is not ours to mend
}
