package feishu

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// desk is a sink, and a webhook that uses the client as the desk does.
type desk struct {
	mu      sync.Mutex
	events  []bot.Event
	actions []tickets.Action
	fail    error
	came    chan struct{}
}

func newDesk() *desk { return &desk{came: make(chan struct{}, 1000)} }

func (d *desk) Accept(_ context.Context, events []bot.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	d.events = append(d.events, events...)
	for range events {
		d.came <- struct{}{}
	}
	return nil
}

func (d *desk) Act(_ context.Context, a tickets.Action) (tickets.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.Verb == "panic" {
		panic("a handler that breaks")
	}
	d.actions = append(d.actions, a)
	return tickets.Answer{Level: "success", Text: "已接单"}, d.fail
}

func (d *desk) failing(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

func (d *desk) wait(t *testing.T) bot.Event {
	t.Helper()
	select {
	case <-d.came:
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.events[len(d.events)-1]
}

// press is what a colleague sees after pressing a button.
type pressResult struct {
	Status int `json:"status"`
	Toast  struct {
		Type, Content string
	} `json:"toast"`
	Error string `json:"error"`
}

func (w *world) press(name string, body map[string]any) pressResult {
	var out pressResult
	w.control("POST", "/control/feishu/users/"+string(w.users[name])+"/actions", body, &out)
	return out
}

func (w *world) listen(d *desk) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Listen(ctx, d) }()
	w.eventually(w.Connected, "connected")
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(w.t, <-ended)
		})
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) eventually(ok func() bool, what string) {
	w.t.Helper()
	require.Eventually(w.t, ok, 10*time.Second, 5*time.Millisecond, what)
}

func conversation(t *testing.T, w *world, d *desk) {
	t.Helper()
	_, _, err := w.Bot(t.Context())
	require.NoError(t, err)
	chat := w.group()
	root := w.send(cardTo(chat, cards["form"], "k1"))

	id := w.says("张伟", map[string]any{"root_id": root, "text": "已修好", "mention_bot": true})
	e := d.wait(t)
	require.Equal(t, string(id), e.MessageKey)
	require.Equal(t, "feishu:"+string(chat)+":"+string(root), e.Lane)
	in := must(w.Convert(e.Raw))
	require.Equal(t, "已修好", in.Text)
	require.True(t, in.ToDesk)
	require.Equal(t, root, in.Root)
	require.Equal(t, w.users["张伟"], in.Author)
	require.WithinDuration(t, time.Now(), in.At, time.Minute)

	w.says("李娜", map[string]any{"text": "私信"})
	in = must(w.Convert(d.wait(t).Raw))
	require.True(t, in.Direct)
	require.Equal(t, "私信", in.Text)

	w.control("POST", "/control/feishu/messages/"+string(id)+"/recall", map[string]any{"open_id": w.users["张伟"]}, nil)
	in = must(w.Convert(d.wait(t).Raw))
	require.Equal(t, tickets.KindRecall, in.Kind)
	require.Equal(t, id, in.Target)

	out := w.press("李娜", map[string]any{"message_id": root, "button": "提交",
		"form_value": map[string]any{"solution": "重启", "hours": "2", "type": "outage"}})
	require.Equal(t, 200, out.Status)
	require.Equal(t, "success", out.Toast.Type)
	require.Equal(t, "已接单", out.Toast.Content)
	d.mu.Lock()
	a := d.actions[len(d.actions)-1]
	d.mu.Unlock()
	require.Equal(t, w.users["李娜"], a.Actor)
	require.Equal(t, root, a.Card)
	require.Equal(t, chat, a.Chat)
	require.Equal(t, "solve", a.Verb)
	require.Equal(t, tickets.TicketID(7), a.Ticket)
	require.Equal(t, map[string]string{"solution": "重启", "hours": "2", "type": "outage"}, a.Fields)
}

func TestLongConnection(t *testing.T) {
	w := newWorld(t)
	d := newDesk()
	stop := w.listen(d)
	conversation(t, w, d)

	// A broken handler or a desk that cannot keep gets no acknowledgement, and the connection lives on.
	chat := w.group()
	bad := w.send(cardTo(chat, tickets.Card{Title: "x", Buttons: []tickets.Button{{Text: "坏", Verb: "panic"}}}, "k9"))
	require.Equal(t, 500, w.press("张伟", map[string]any{"message_id": bad, "button": "坏"}).Status)
	d.failing(errors.New("database gone"))
	w.says("张伟", map[string]any{"chat_id": chat, "text": "1"})
	require.Equal(t, 500, w.press("张伟", map[string]any{"message_id": bad, "button": "坏"}).Status)
	d.failing(nil)
	w.says("张伟", map[string]any{"chat_id": chat, "text": "2"})
	require.Equal(t, "2", must(w.Convert(d.wait(t).Raw)).Text)

	// It comes back when it breaks.
	w.control("DELETE", "/control/feishu/connections", nil, nil)
	w.eventually(func() bool {
		var n struct{ Open int }
		w.control("GET", "/control/feishu/connections", nil, &n)
		return n.Open == 1 && w.Connected()
	}, "connected again")
	w.says("张伟", map[string]any{"chat_id": chat, "text": "3"})
	require.Equal(t, "3", must(w.Convert(d.wait(t).Raw)).Text)

	stop()
	require.False(t, w.Connected())
}

func TestManyAtOnceKeepTheirOrder(t *testing.T) {
	w := newWorld(t)
	d := newDesk()
	w.listen(d)
	chat := w.group()
	var want []tickets.RemoteID
	for range 60 {
		want = append(want, w.says("张伟", map[string]any{"chat_id": chat, "text": "x"}))
	}
	for range want {
		d.wait(t)
	}
	var got []tickets.RemoteID
	for _, e := range d.events {
		got = append(got, tickets.RemoteID(e.MessageKey))
	}
	require.Equal(t, want, got)
}

func TestLongConnectionRefused(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.AppSecret = "wrong" })
	err := w.Listen(t.Context(), newDesk())
	require.Equal(t, tickets.Misconfigured, bot.FailureOf(err).Class)

	// What may pass is waited for.
	w = newWorld(t)
	w.fault(map[string]any{"path": "/callback/ws/endpoint", "times": 3, "http_status": 502})
	w.listen(newDesk())
}

func TestWebhook(t *testing.T) {
	var (
		mu     sync.Mutex
		client *Client
	)
	d := newDesk()
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		c := client
		mu.Unlock()
		cb, err := c.Decode(r, body, time.Now())
		var refused *bot.CallbackError
		if errors.As(err, &refused) {
			rw.WriteHeader(refused.Status)
			return
		}
		var answer *tickets.Answer
		if cb.Action != nil {
			a, _ := d.Act(r.Context(), *cb.Action)
			answer = &a
		}
		if d.Accept(r.Context(), cb.Events) != nil {
			rw.WriteHeader(500)
			return
		}
		c.Acknowledge(rw, cb, answer)
	}))
	defer hook.Close()
	w := worldWithDesk(t, hook.URL, func(c *Config) { c.Mode = ModeWebhook })
	mu.Lock()
	client = w.Client
	mu.Unlock()

	var check struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	w.control("POST", "/control/feishu/challenge", nil, &check)
	require.True(t, check.OK, check.Error)
	conversation(t, w, d)
}
