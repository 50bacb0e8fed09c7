package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"servicedesk/simulator/kernel"
)

const (
	bootstrapPath = "/callback/ws/endpoint"
	socketPath    = "/ws/v2"
	// maxConnections is how many long connections one app may hold.
	maxConnections = 50
	// ackWait is how long the platform waits for an answer, in machine time: the same three seconds as over HTTP.
	ackWait = 3 * time.Second
	// fragmentPause spaces the parts of one message: clients put them together without much care.
	fragmentPause = 20 * time.Millisecond
	// ticketLife is how long a bootstrap answer can be used, in machine time.
	ticketLife = time.Minute
)

// Codes of the bootstrap and of refused upgrades.
const (
	wsForbidden = 403
	wsAuth      = 514
	wsTooMany   = 1000040350
)

// clientConfig is told to clients at the bootstrap and in pongs, always whole: a missing field means 0 to them.
type clientConfig struct {
	ReconnectCount    int
	ReconnectInterval int
	ReconnectNonce    int
	PingInterval      int
}

func (s *Server) clientConfig() clientConfig {
	sw := s.w.Switches
	return clientConfig{-1, sw.Int(swReconnectInterval), sw.Int(swReconnectNonce), max(sw.Int(swPing), 1)}
}

// connections are the long connections open now. Safe for concurrent use.
type connections struct {
	s *Server

	mu      sync.Mutex
	open    []*connection
	tickets map[string]time.Time // machine time at which they end
	longWay bool                 // the app's events came over a long connection last
}

func newConnections(s *Server) *connections {
	return &connections{s: s, tickets: map[string]time.Time{}}
}

// pick gives one of the open connections by chance, nil when there is none.
func (cs *connections) pick() *connection {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if len(cs.open) == 0 {
		return nil
	}
	return cs.open[cs.s.w.Rand.IntN(len(cs.open))]
}

// count is how many connections are open.
func (cs *connections) count() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.open)
}

// offline tells whether the app takes its events over long connections and has none now.
func (cs *connections) offline() bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.longWay && len(cs.open) == 0
}

// webhookWorked notes that the app takes its events over HTTP.
func (cs *connections) webhookWorked() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.longWay = false
}

// closeAll drops every connection and returns how many there were.
func (cs *connections) closeAll() int {
	cs.mu.Lock()
	open := append([]*connection{}, cs.open...)
	cs.mu.Unlock()
	for _, c := range open {
		_ = c.socket.CloseNow() // it is gone either way
	}
	return len(open)
}

func (cs *connections) ticket() string {
	now := cs.s.machine()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for t, ends := range cs.tickets {
		if now.After(ends) {
			delete(cs.tickets, t)
		}
	}
	t := cs.s.w.NewID("")
	cs.tickets[t] = now.Add(ticketLife)
	return t
}

// useTicket takes a ticket, once.
func (cs *connections) useTicket(t string) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	ends, ok := cs.tickets[t]
	delete(cs.tickets, t)
	return ok && !cs.s.machine().After(ends)
}

func (cs *connections) add(c *connection) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if len(cs.open) >= maxConnections {
		return false
	}
	cs.open, cs.longWay = append(cs.open, c), true
	return true
}

func (cs *connections) remove(c *connection) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for i, x := range cs.open {
		if x == c {
			cs.open = append(cs.open[:i:i], cs.open[i+1:]...)
			return
		}
	}
}

// bootstrap serves POST /callback/ws/endpoint: where to connect, and how to behave.
func (s *Server) bootstrap(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Tt-Logid", newLogID(s.now()))
	var in struct{ AppID, AppSecret string }
	refuse := func(code int, msg string) {
		kernel.WriteJSON(w, http.StatusOK, map[string]any{"code": code, "msg": msg, "data": nil})
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil:
		refuse(1, "the body is no JSON")
	case in.AppID != s.app.ID || in.AppSecret != s.app.Secret:
		refuse(wsAuth, "app_id or app_secret is invalid")
	case !s.w.Switches.Bool(swApp):
		refuse(wsForbidden, "the app is not in use")
	case s.conns.count() >= maxConnections:
		refuse(wsTooMany, "the number of connections exceeded the limit")
	default:
		q := url.Values{"device_id": {s.w.NewID("")[:19]}, "service_id": {strconv.Itoa(serviceID)}, "ticket": {s.conns.ticket()}}
		scheme := "ws"
		if r.TLS != nil {
			scheme = "wss"
		}
		address := fmt.Sprintf("%s://%s%s%s?%s", scheme, r.Host, prefix, socketPath, q.Encode())
		kernel.WriteJSON(w, http.StatusOK, map[string]any{"code": 0, "msg": "",
			"data": map[string]any{"URL": address, "ClientConfig": s.clientConfig()}})
	}
}

// serviceID names the service in addresses and frames.
const serviceID = 33554678

// acceptConnection upgrades to a long connection and serves it until it ends.
func (s *Server) acceptConnection(w http.ResponseWriter, r *http.Request) {
	refuse := func(status, authCode int, msg string) {
		w.Header().Set("Handshake-Status", strconv.Itoa(status))
		w.Header().Set("Handshake-Msg", msg)
		w.Header().Set("Handshake-Autherrcode", strconv.Itoa(authCode))
		w.WriteHeader(http.StatusUnauthorized)
	}
	if !s.conns.useTicket(r.URL.Query().Get("ticket")) {
		refuse(wsAuth, 0, "the ticket is unknown or used up")
		return
	}
	if s.isClosed() || s.conns.count() >= maxConnections {
		refuse(wsAuth, wsTooMany, "the number of connections exceeded the limit")
		return
	}
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	c := &connection{s: s, socket: socket, waiting: map[string]chan reply{}, gone: make(chan struct{})}
	defer func() { _ = socket.CloseNow() }() // the other side may have closed it first
	if !s.conns.add(c) {
		return
	}
	defer s.conns.remove(c)
	defer close(c.gone)
	c.read(r.Context())
}

// connection is one long connection.
type connection struct {
	s      *Server
	socket *websocket.Conn
	gone   chan struct{} // closed when it has ended
	seq    atomic.Uint64

	mu      sync.Mutex
	waiting map[string]chan reply // by message_id
}

// read takes pings and acknowledgements until the connection ends or stays silent for too long.
func (c *connection) read(ctx context.Context) {
	c.socket.SetReadLimit(1 << 20)
	for {
		silence := 3 * time.Duration(c.s.clientConfig().PingInterval) * time.Second
		wait, cancel := context.WithTimeout(ctx, silence)
		kind, raw, err := c.socket.Read(wait)
		cancel()
		if err != nil {
			return
		}
		f, err := parseFrame(raw)
		if kind != websocket.MessageBinary || err != nil {
			continue
		}
		switch {
		case f.Method == methodControl && f.header("type") == "ping":
			c.pong(ctx, f)
		case f.Method == methodData:
			c.acknowledge(f)
		}
	}
}

func (c *connection) pong(ctx context.Context, ping frame) {
	pong := frame{Service: ping.Service, Method: methodControl, Headers: []frameHeader{{"type", "pong"}},
		Payload: []byte(encode(c.s.clientConfig()))}
	_ = c.write(ctx, pong) // a broken connection ends the reading loop
}

func (c *connection) write(ctx context.Context, f frame) error {
	ctx, cancel := context.WithTimeout(ctx, c.s.ackWait)
	defer cancel()
	return c.socket.Write(ctx, websocket.MessageBinary, f.marshal())
}

// acknowledge hands an acknowledgement to the sender who waits for it.
func (c *connection) acknowledge(f frame) {
	var ack struct {
		Code int    `json:"code"`
		Data []byte `json:"data"`
	}
	r := reply{client: clientBadBody}
	if json.Unmarshal(f.Payload, &ack) == nil {
		r = reply{status: ack.Code, body: ack.Data}
		if ack.Code != http.StatusOK {
			r.client = clientBadStatus
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait := c.waiting[f.header("message_id")]; wait != nil {
		delete(c.waiting, f.header("message_id"))
		wait <- r
	}
}

// send carries one event, in fragments when it is long, and waits for the acknowledgement.
func (c *connection) send(payload []byte, corrupt bool) reply {
	if corrupt {
		payload = append([]byte{payload[0] ^ 0x01}, payload[1:]...)
	}
	ctx, cancel := context.WithTimeout(c.s.ctx, c.s.ackWait)
	defer cancel()
	id := c.s.w.NewID("")
	wait := make(chan reply, 1)
	c.mu.Lock()
	c.waiting[id] = wait
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
	}()
	for i, f := range c.fragments(id, payload) {
		if i > 0 {
			pause(ctx, fragmentPause)
		}
		if c.write(ctx, f) != nil {
			return reply{client: clientNoConnection}
		}
	}
	select {
	case r := <-wait:
		return r
	case <-c.gone:
		return reply{client: clientNoConnection}
	case <-ctx.Done():
		return reply{client: clientTimeout}
	}
}

// fragments cuts a payload into frames.
func (c *connection) fragments(id string, payload []byte) []frame {
	size := max(c.s.w.Switches.Int(swFragment), 1)
	sum := max((len(payload)+size-1)/size, 1)
	f := frame{SeqID: c.seq.Add(1), LogID: rand.Uint64(), Service: serviceID, Method: methodData}
	frames := make([]frame, 0, sum)
	for i := range sum {
		f.Headers = []frameHeader{
			{"type", "event"}, {"message_id", id}, {"sum", strconv.Itoa(sum)}, {"seq", strconv.Itoa(i)},
			{"trace_id", id}, {"timestamp", millis(c.s.now())},
		}
		f.Payload = payload[i*size : min((i+1)*size, len(payload))]
		frames = append(frames, f)
	}
	return frames
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
