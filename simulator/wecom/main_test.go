package wecom

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work"
	workconfig "github.com/silenceper/wechat/v2/work/config"
	"github.com/silenceper/wechat/v2/work/kf"
	"github.com/silenceper/wechat/v2/work/kf/sendmsg"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

const (
	ligong   = "wmSampleLigong000000000001"
	zhouzong = "wmSampleZhouzong0000000001"
)

var monday = time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))

// platform is where the SDK's calls go: the SDK knows one host only and one client for the whole process.
var platform atomic.Pointer[url.URL]

type toPlatform struct{}

func (toPlatform) RoundTrip(r *http.Request) (*http.Response, error) {
	base := platform.Load()
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path = base.Scheme, base.Host, base.Path+r.URL.Path
	r.Host = ""
	return http.DefaultTransport.RoundTrip(r)
}

func TestMain(m *testing.M) {
	util.DefaultHTTPClient = &http.Client{Timeout: 10 * time.Second, Transport: toPlatform{}}
	os.Exit(m.Run())
}

// corp is a simulated corp with the SDK as its client and a desk that takes callbacks.
type corp struct {
	*Server
	t    *testing.T
	url  string
	desk *desk
	kf   *kf.Client
	work *work.Work
}

func newCorp(t *testing.T) *corp { return openCorp(t, t.TempDir(), newDesk(t)) }

// openCorp opens the corp kept in dir, as a restarted process would.
func openCorp(t *testing.T, dir string, d *desk) *corp {
	t.Helper()
	j, err := kernel.OpenJournal(dir)
	require.NoError(t, err)
	now, kept := j.ClockTime()
	if !kept {
		now = monday
	}
	clock := kernel.NewClock(true, now)
	j.KeepClock(clock)
	c := &corp{t: t, desk: d}
	d.corp.Store(c)
	c.Server = New(kernel.NewWorld(clock, j, d.url, nil))
	mux := http.NewServeMux()
	mux.Handle("/wecom/", c.API())
	mux.Handle("/control/wecom/", c.Control())
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	c.url = srv.URL
	c.useSDK(c.config.KFSecret)
	return c
}

// useSDK gives the test a fresh SDK with an empty cache.
func (c *corp) useSDK(secret string) {
	base, err := url.Parse(c.url + "/wecom")
	require.NoError(c.t, err)
	platform.Store(base)
	c.work = work.NewWork(&workconfig.Config{
		CorpID: c.config.CorpID, CorpSecret: secret, AgentID: "kf", Cache: cache.NewMemory(),
		Token: c.config.CallbackToken, EncodingAESKey: c.config.CallbackAESKey,
	})
	c.kf, err = c.work.GetKF()
	require.NoError(c.t, err)
}

// control makes a control call that must succeed.
func (c *corp) control(method, path string, in any) object {
	c.t.Helper()
	status, out := c.call(method, "/control/wecom"+path, in)
	require.Equal(c.t, http.StatusOK, status, "%s %s: %s", method, path, out["error"])
	return out
}

func (c *corp) call(method, path string, in any) (int, object) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(encode(in)))
	require.NoError(c.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	var out object
	_ = json.Unmarshal(raw, &out) // a body that is no JSON has no fields
	return resp.StatusCode, out
}

// api makes an API call with a good token and gives the answer and its errcode.
func (c *corp) api(path string, in any) (int, object) {
	c.t.Helper()
	token, err := c.work.GetContext().GetAccessToken()
	require.NoError(c.t, err)
	status, out := c.call(http.MethodPost, "/wecom/cgi-bin/"+path+"?access_token="+url.QueryEscape(token), in)
	require.Equal(c.t, http.StatusOK, status, "errors come with HTTP 200, too")
	var code int
	require.NoError(c.t, json.Unmarshal(out["errcode"], &code))
	return code, out
}

func (c *corp) says(contact, words string) string {
	c.t.Helper()
	return c.control("POST", "/contacts/"+contact+"/messages", map[string]any{"msgtype": "text", "text": text{Content: words}}).text("msgid")
}

// send sends a text through the SDK and gives the errcode.
func (c *corp) send(contact, words, msgid string) int {
	c.t.Helper()
	m := sendmsg.Text{Message: sendmsg.Message{ToUser: contact, OpenKFID: SampleAccount, MsgID: msgid}, MsgType: "text"}
	m.Text.Content = words
	return c.sendAny(m)
}

func (c *corp) sendAny(m any) int {
	c.t.Helper()
	out, err := c.kf.SendMsg(m)
	if out.ErrCode == 0 {
		require.NoError(c.t, err)
	}
	return int(out.ErrCode)
}

// forward moves the clock; the SDK, which does not know it, starts with a fresh token.
func (c *corp) forward(d time.Duration) {
	c.t.Helper()
	c.advance(d)
	c.useSDK(c.config.KFSecret)
}

func (c *corp) advance(d time.Duration) {
	c.t.Helper()
	require.NoError(c.t, c.world.Clock.Advance(c.t.Context(), d, nil))
}

// all drains sync_msg through plain HTTP, tokenless calls within the limit.
func (c *corp) all() (items []object) {
	c.t.Helper()
	cursor := ""
	for {
		code, out := c.api("kf/sync_msg", map[string]any{"cursor": cursor, "open_kfid": SampleAccount, "token": c.desk.lastToken()})
		require.Zero(c.t, code)
		var page []object
		require.NoError(c.t, json.Unmarshal(out["msg_list"], &page))
		items = append(items, page...)
		if cursor = out.text("next_cursor"); string(out["has_more"]) != "1" {
			return items
		}
	}
}

// lastEvent is the newest event in the feed.
func (c *corp) lastEvent(kind string) object {
	c.t.Helper()
	items := c.all()
	for i := len(items) - 1; i >= 0; i-- {
		var event object
		if items[i]["event"] != nil {
			require.NoError(c.t, json.Unmarshal(items[i]["event"], &event))
		}
		if event.text("event_type") == kind {
			return event
		}
	}
	c.t.Fatalf("no event %s in the feed", kind)
	return nil
}

// desk takes callbacks as the real one must: it checks the signature and decrypts with the SDK.
type desk struct {
	url  string
	corp atomic.Pointer[corp]

	mu     sync.Mutex
	got    []kf.CallbackMessage
	raw    []string
	bad    int           // callbacks that did not verify
	refuse int           // answers 500 that often
	hang   chan struct{} // answers only when this is closed
	echo   func(string) string
}

func newDesk(t *testing.T) *desk {
	d := &desk{echo: func(s string) string { return s }}
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	d.url = srv.URL
	return d
}

// ServeHTTP takes a callback or the URL check.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := d.corp.Load()
	q := r.URL.Query()
	if r.URL.Path != "/callbacks/wecom" {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodGet {
		plain, err := c.kf.VerifyURL(kf.SignatureOptions{Signature: q.Get("msg_signature"), TimeStamp: q.Get("timestamp"), Nonce: q.Get("nonce"), EchoStr: q.Get("echostr")})
		if err != nil {
			http.Error(w, "bad", http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, d.echo(plain))
		return
	}
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	hang := d.hang
	d.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var envelope struct{ Encrypt string }
	err := xml.Unmarshal(body, &envelope)
	if err != nil || util.Signature(c.config.CallbackToken, q.Get("timestamp"), q.Get("nonce"), envelope.Encrypt) != q.Get("msg_signature") {
		d.bad++
		http.Error(w, "bad signature", http.StatusForbidden)
		return
	}
	msg, err := c.kf.GetCallbackMessage(body)
	if err != nil {
		d.bad++
		http.Error(w, "not decrypted", http.StatusForbidden)
		return
	}
	d.got = append(d.got, msg)
	d.raw = append(d.raw, string(body))
	if d.refuse > 0 {
		d.refuse--
		http.Error(w, "later", http.StatusInternalServerError)
	}
}

func (d *desk) rings() []kf.CallbackMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]kf.CallbackMessage{}, d.got...)
}

// lastToken is the sync_msg token of the newest callback, "" without one.
func (d *desk) lastToken() string {
	if got := d.rings(); len(got) > 0 {
		return got[len(got)-1].Token
	}
	return ""
}

func long(n int) string { return strings.Repeat("x", n) }
