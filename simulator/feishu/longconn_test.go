package feishu

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

// dial opens a long connection with the SDK and waits until it stands.
func (b *bench) dial(d *dispatcher.EventDispatcher, options ...larkws.ClientOption) *larkws.Client {
	b.t.Helper()
	ready := make(chan struct{}, 1)
	options = append([]larkws.ClientOption{larkws.WithEventHandler(d), larkws.WithDomain(b.sim.URL + "/feishu"),
		larkws.WithLogLevel(larkcore.LogLevelError + 1), larkws.WithOnReady(func() { ready <- struct{}{} })}, options...)
	client := larkws.NewClient(b.s.app.ID, b.s.app.Secret, options...)
	done := make(chan error, 1)
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(ended)
		done <- client.Start(ctx)
	}()
	b.t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case <-ready:
	case err := <-done:
		b.t.Fatalf("the connection does not stand: %v", err)
	}
	b.eventually(func() bool { return b.s.conns.count() > 0 }, "the platform knows the connection")
	return client
}

func (b *bench) eventually(ok func() bool, what string) {
	b.t.Helper()
	require.Eventually(b.t, ok, 5*time.Second, 2*time.Millisecond, what)
}

// quickReconnect makes clients come back within a second.
func (b *bench) quickReconnect() {
	b.set(swReconnectNonce, 0)
	b.set(swReconnectInterval, 1)
}

func TestLongConnection(t *testing.T) {
	b := newBench(t)
	e := newEar(b)
	b.dial(e.dispatcher("", ""))
	b.says("张伟", obj{"text": "over the connection"})
	require.Equal(t, []string{textOf("over the connection")}, e.texts())
	require.Zero(t, b.s.pushes.Len(), "acknowledged")

	e.refuse = 1
	b.says("张伟", obj{"text": "refused first"})
	require.Len(t, e.texts(), 1)
	require.Equal(t, 1, b.s.pushes.Len())
	b.forward(15 * time.Second)
	require.Len(t, e.texts(), 2)
}

func TestFragments(t *testing.T) {
	b := newBench(t)
	b.set(swFragment, 400)
	e := newEar(b)
	b.dial(e.dispatcher("", ""))
	long := strings.Repeat("很长的话。", 300)
	b.says("张伟", obj{"text": long})
	b.forward(15 * time.Second) // the SDK loses a message of many parts now and then; the schedule brings it again
	require.Contains(t, e.texts(), textOf(long))
}

func TestReconnect(t *testing.T) {
	b := newBench(t)
	b.quickReconnect()
	e := newEar(b)
	back := make(chan struct{}, 1)
	b.dial(e.dispatcher("", ""), larkws.WithOnReconnected(func() { back <- struct{}{} }))
	drop := func() {
		require.NoError(t, b.w.Faults.Add(kernel.Fault{Platform: kernel.Feishu, Path: bootstrapPath, HTTPStatus: http.StatusServiceUnavailable}))
		require.EqualValues(t, 1, b.control("DELETE", "/connections", nil)["dropped"])
		b.eventually(func() bool { return b.s.conns.count() == 0 }, "dropped")
	}
	drop()
	b.says("张伟", obj{"text": "while away"})
	require.Equal(t, 1, b.s.pushes.Len(), "nobody there: the schedule keeps it")
	b.w.Faults.Clear()
	select {
	case <-back:
	case <-time.After(10 * time.Second):
		t.Fatal("the client does not come back")
	}
	b.eventually(func() bool { return b.s.conns.count() == 1 }, "back")
	b.forward(15 * time.Second)
	require.Equal(t, []string{textOf("while away")}, e.texts())

	b.set(swOffline, false)
	drop()
	b.says("张伟", obj{"text": "lost"})
	require.Zero(t, b.s.pushes.Len(), "the other reading: events raised while nobody is connected are lost")
}

func TestEachEventGoesToOneConnection(t *testing.T) {
	b := newBench(t)
	ears := []*ear{newEar(b), newEar(b)}
	for _, e := range ears {
		b.dial(e.dispatcher("", ""))
	}
	b.eventually(func() bool { return b.s.conns.count() == 2 }, "two connections")
	const n = 40
	for range n {
		b.says("张伟", obj{"text": "x"})
	}
	first, second := len(ears[0].texts()), len(ears[1].texts())
	require.Equal(t, n, first+second)
	require.NotZero(t, first)
	require.NotZero(t, second)
}

func TestUnregisteredEventIsRefused(t *testing.T) {
	b := newBench(t)
	b.dial(dispatcher.NewEventDispatcher("", ""))
	b.says("张伟", obj{"text": "x"})
	require.Equal(t, 1, b.s.pushes.Len(), "the SDK acknowledges with 500 what it has no handler for")
}

func TestSilentDeskOverTheConnection(t *testing.T) {
	b := newBench(t)
	b.s.ackWait = 50 * time.Millisecond
	d := dispatcher.NewEventDispatcher("", "")
	d.OnP2MessageReceiveV1(func(context.Context, *larkim.P2MessageReceiveV1) error { panic("no acknowledgement at all") })
	b.dial(d)
	b.says("张伟", obj{"text": "x"})
	require.Equal(t, 1, b.s.pushes.Len())
}

func TestBootstrapRefusals(t *testing.T) {
	b := newBench(t)
	ask := func(id, secret string) obj {
		status, _, out := b.http("POST", "/feishu"+bootstrapPath, nil, obj{"AppID": id, "AppSecret": secret, "ClientAssertion": ""})
		require.Equal(t, http.StatusOK, status)
		return out
	}
	require.EqualValues(t, wsAuth, ask(b.s.app.ID, "x")["code"])
	require.EqualValues(t, wsAuth, ask("cli_x", b.s.app.Secret)["code"])
	err := larkws.NewClient(b.s.app.ID, "x", larkws.WithDomain(b.sim.URL+"/feishu"), larkws.WithLogLevel(larkcore.LogLevelError+1)).Start(context.Background())
	require.ErrorContains(t, err, "514", "the SDK gives up")

	good := ask(b.s.app.ID, b.s.app.Secret)["data"].(obj)
	require.Equal(t, obj{"ReconnectCount": -1.0, "ReconnectInterval": 120.0, "ReconnectNonce": 30.0, "PingInterval": 120.0}, good["ClientConfig"],
		"always all four fields: a missing one is 0 to the client")
	address := strings.Replace(good["URL"].(string), "ws://", "http://", 1)
	require.Contains(t, address, "device_id=")
	require.Contains(t, address, "service_id=")
	resp, err := http.Get(address[:strings.Index(address, "?")] + "?ticket=x")
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, "514", resp.Header.Get("Handshake-Status"))

	b.s.conns.mu.Lock()
	b.s.conns.open = make([]*connection, maxConnections)
	b.s.conns.mu.Unlock()
	require.EqualValues(t, wsTooMany, ask(b.s.app.ID, b.s.app.Secret)["code"])
	resp, err = http.Get(address)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, "1000040350", resp.Header.Get("Handshake-Autherrcode"))
	b.s.conns.mu.Lock()
	b.s.conns.open = nil
	b.s.conns.mu.Unlock()

	b.set(swApp, false)
	require.EqualValues(t, wsForbidden, ask(b.s.app.ID, b.s.app.Secret)["code"])
}

func TestPongTellsTheConfiguration(t *testing.T) {
	b := newBench(t)
	b.set(swPing, 7)
	_, _, out := b.http("POST", "/feishu"+bootstrapPath, nil, obj{"AppID": b.s.app.ID, "AppSecret": b.s.app.Secret})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, out["data"].(obj)["URL"].(string), nil)
	require.NoError(t, err)
	defer func() { _ = socket.CloseNow() }()
	ping, err := larkws.NewPingFrame(serviceID).Marshal()
	require.NoError(t, err)
	require.NoError(t, socket.Write(ctx, websocket.MessageBinary, ping))
	_, raw, err := socket.Read(ctx)
	require.NoError(t, err)
	var pong larkws.Frame
	require.NoError(t, pong.Unmarshal(raw))
	require.Equal(t, "pong", larkws.Headers(pong.Headers).GetString("type"))
	require.EqualValues(t, serviceID, pong.Service)
	require.JSONEq(t, `{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":7}`, string(pong.Payload),
		"a missing field would set the client's interval to 0 and start a storm of pings")
}

func TestCardOverTheConnection(t *testing.T) {
	b := newBench(t)
	e := newEar(b)
	e.respond = func(*callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
		return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: "success", Content: "已接单"}}, nil
	}
	b.dial(e.dispatcher("", ""))
	chat := b.group("张伟")
	id := b.sent(chat, "interactive", cardOf(callbackButton("接单", obj{"do": "claim"})))
	out := b.control("POST", "/users/"+b.user("张伟")+"/actions", obj{"message_id": id, "button": "接单"})
	require.Equal(t, obj{"status": 200.0, "toast": obj{"type": "success", "content": "已接单"}}, out)
}

func TestCardOverAConnectionWithoutHandler(t *testing.T) {
	b := newBench(t)
	b.dial(dispatcher.NewEventDispatcher("", ""))
	chat := b.group("张伟")
	id := b.sent(chat, "interactive", cardOf(callbackButton("接单", obj{"do": "claim"})))
	out := b.control("POST", "/users/"+b.user("张伟")+"/actions", obj{"message_id": id, "button": "接单"})
	require.Equal(t, obj{"status": 500.0, "error": clientBadStatus}, out)
	require.Zero(t, b.s.pushes.Len(), "a card callback is not repeated")
}
