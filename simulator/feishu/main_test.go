package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	lark "github.com/larksuite/oapi-sdk-go/v3"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

// obj is a JSON object.
type obj = map[string]any

// bench is a simulated Feishu with a desk at its webhook and the SDK's client in front.
type bench struct {
	t      *testing.T
	w      *kernel.World
	s      *Server
	sim    *httptest.Server
	desk   *httptest.Server
	client *lark.Client

	mu      sync.Mutex
	machine time.Time
	frozen  bool
	webhook http.Handler // what the desk does with a callback; nil refuses
}

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))

// newBench opens a platform in memory.
func newBench(t *testing.T) *bench { return openBench(t, "") }

// openBench opens a platform on the journal in dir.
func openBench(t *testing.T, dir string) *bench {
	t.Helper()
	b := &bench{t: t, machine: start}
	b.desk = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		h := b.webhook
		b.mu.Unlock()
		if h == nil || r.URL.Path != webhookPath {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	}))
	journal, err := kernel.OpenJournal(dir)
	require.NoError(t, err)
	clock := kernel.NewClock(true, start)
	if kept, ok := journal.ClockTime(); ok {
		clock = kernel.NewClock(true, kept)
	}
	journal.KeepClock(clock)
	b.w = kernel.NewWorld(clock, journal, b.desk.URL, nil)
	b.s = New(b.w)
	b.s.machine = b.tick
	mux := http.NewServeMux()
	mux.Handle("/feishu/", b.s.API())
	mux.Handle("/control/feishu/", b.s.Control())
	b.sim = httptest.NewServer(mux)
	b.client = lark.NewClient(b.s.app.ID, b.s.app.Secret, lark.WithOpenBaseUrl(b.sim.URL+"/feishu"),
		lark.WithReqTimeout(10*time.Second), lark.WithLogLevel(larkcore.LogLevelError))
	t.Cleanup(b.close)
	return b
}

func (b *bench) close() {
	b.s.Close()
	b.sim.Close()
	b.desk.Close()
	require.NoError(b.t, b.w.Journal.Close())
}

// tick is machine time, which goes on with each look so that no rate is met unless a test stops it.
func (b *bench) tick() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.frozen {
		b.machine = b.machine.Add(300 * time.Millisecond)
	}
	return b.machine
}

// stop holds machine time, or lets a stretch of it pass.
func (b *bench) stop(pass time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frozen = true
	b.machine = b.machine.Add(pass)
}

// answer sets what the desk does with callbacks.
func (b *bench) answer(h http.Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.webhook = h
}

// forward walks the clock.
func (b *bench) forward(d time.Duration) {
	b.t.Helper()
	require.NoError(b.t, b.w.Clock.Advance(context.Background(), d, nil))
}

// set changes a switch.
func (b *bench) set(name string, v any) {
	b.t.Helper()
	require.NoError(b.t, b.w.Switches.Set(name, json.RawMessage(encode(v))))
}

// http makes a plain HTTP call and decodes a JSON answer.
func (b *bench) http(method, path string, header http.Header, body any) (int, http.Header, obj) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.sim.URL+path, bytes.NewReader([]byte(encode(body))))
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	for name, v := range header {
		req.Header[name] = v
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	out := obj{}
	_ = json.Unmarshal(raw, &out)
	return resp.StatusCode, resp.Header, out
}

// control makes a control call that must succeed.
func (b *bench) control(method, path string, body any) obj {
	b.t.Helper()
	status, _, out := b.http(method, "/control/feishu"+path, nil, body)
	require.Equal(b.t, http.StatusOK, status, "%s %s: %v", method, path, out)
	return out
}

// token is a good token.
func (b *bench) token() string { return b.s.token().Value }

// auth lets an SDK call use a token of this moment of the virtual clock.
func (b *bench) auth() larkcore.RequestOptionFunc { return larkcore.WithTenantAccessToken(b.token()) }

// api makes a plain call of the open API.
func (b *bench) api(method, path string, body any) (status int, header http.Header, out obj) {
	b.t.Helper()
	return b.http(method, "/feishu/open-apis"+path, http.Header{"Authorization": {"Bearer " + b.token()}}, body)
}

// code makes a plain call and gives the code of its answer.
func (b *bench) code(method, path string, body any) int {
	b.t.Helper()
	_, _, out := b.api(method, path, body)
	code, ok := out["code"].(float64)
	require.True(b.t, ok, "%s %s answers without a code: %v", method, path, out)
	return int(code)
}

// user is the open_id of a colleague.
func (b *bench) user(name string) string {
	b.t.Helper()
	for _, u := range b.s.State().Users {
		if u.Name == name {
			return u.OpenID
		}
	}
	b.t.Fatalf("no user %s", name)
	return ""
}

// group makes a group of the bot with some people.
func (b *bench) group(names ...string) string {
	b.t.Helper()
	var ids []string
	for _, name := range names {
		ids = append(ids, b.user(name))
	}
	resp, err := b.client.Im.V1.Chat.Create(context.Background(), larkim.NewCreateChatReqBuilder().UserIdType("open_id").
		Body(larkim.NewCreateChatReqBodyBuilder().Name("服务台工单").UserIdList(ids).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	require.True(b.t, resp.Success(), resp.CodeError)
	return *resp.Data.ChatId
}

// send sends a message with the SDK.
func (b *bench) send(idType, id, msgType, content, uuid string) *larkim.CreateMessageResp {
	b.t.Helper()
	body := larkim.NewCreateMessageReqBodyBuilder().ReceiveId(id).MsgType(msgType).Content(content)
	if uuid != "" {
		body.Uuid(uuid)
	}
	resp, err := b.client.Im.V1.Message.Create(context.Background(),
		larkim.NewCreateMessageReqBuilder().ReceiveIdType(idType).Body(body.Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

// sent sends a message that must go out and gives its id.
func (b *bench) sent(chatID, msgType, content string) string {
	b.t.Helper()
	resp := b.send("chat_id", chatID, msgType, content, "")
	require.True(b.t, resp.Success(), "%v", resp.CodeError)
	return *resp.Data.MessageId
}

// reply answers a message with the SDK.
func (b *bench) reply(id, text string, inThread bool) *larkim.ReplyMessageResp {
	b.t.Helper()
	resp, err := b.client.Im.V1.Message.Reply(context.Background(), larkim.NewReplyMessageReqBuilder().MessageId(id).
		Body(larkim.NewReplyMessageReqBodyBuilder().MsgType("text").Content(textOf(text)).ReplyInThread(inThread).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

// says lets a person write.
func (b *bench) says(name string, body obj) string {
	b.t.Helper()
	return b.control("POST", "/users/"+b.user(name)+"/messages", body)["message_id"].(string)
}

// listed lists a chat by the control interface.
func (b *bench) listed(path string) []obj {
	b.t.Helper()
	var list []obj
	for _, m := range b.control("GET", path, nil)["messages"].([]any) {
		list = append(list, m.(obj))
	}
	return list
}

// message is one message as the control interface lists it.
func (b *bench) message(chatID, id string) obj {
	b.t.Helper()
	for _, m := range b.listed("/chats/" + chatID + "/messages") {
		if m["message_id"] == id {
			return m
		}
	}
	b.t.Fatalf("message %s is not in the list", id)
	return nil
}

// textOf is the content of a text message.
func textOf(text string) string { return encode(map[string]string{"text": text}) }
