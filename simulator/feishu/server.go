// Package feishu simulates Feishu: its open API, its events over long connections and webhook, the people who write and
// press buttons, and the limits and error codes that the platform documents. Clock time rules lives, windows and
// redelivery; machine time rules rates and time limits.
package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"sync"
	"time"

	"servicedesk/simulator/kernel"
)

const (
	// prefix is where the simulator's listener carries this platform.
	prefix  = "/feishu"
	botName = "服务台"
)

// Server is the simulated platform. Safe for concurrent use.
type Server struct {
	w       *kernel.World
	app     app
	machine func() time.Time // machine time, for rates
	rates   *rates
	conns   *connections
	ackWait time.Duration
	post    *http.Client    // to the desk's webhook
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	api     http.Handler
	control http.Handler

	users      *kernel.Table[user]
	chats      *kernel.Table[chat]
	messages   *kernel.Table[message]
	reactions  *kernel.Table[reaction]
	receipts   *kernel.Table[receipt]
	urgents    *kernel.Table[urgent]
	resources  *kernel.Table[resource]
	tokens     *kernel.Table[token]
	uuids      *kernel.Table[sentOnce]
	scopes     *kernel.Table[grant]
	calendar   *kernel.Table[busy]
	cardTokens *kernel.Table[cardToken]
	feedPins   *kernel.Table[feedPin]
	pushes     *kernel.Table[push]

	mu       sync.Mutex          // guards what reads a row and writes it back, and the fields below
	byChat   map[string][]string // message ids of a chat in order of sending
	byThread map[string][]string // message ids of a topic, its root first
	byEmoji  map[string][]string // reaction ids of a message
	directs  map[string]string   // direct chats by the user's open_id
	inFlight map[string]bool     // uuids and chats with a call under way
	closed   bool
}

// New opens the platform on the world's journal. A new journal gets an app with random credentials and the sample
// people; a kept one goes on where it was, pending redeliveries included.
func New(w *kernel.World) *Server {
	s := &Server{
		w: w, machine: time.Now, rates: newRates(), post: newPoster(), ackWait: ackWait,
		users:      kernel.NewTable[user](w.Journal, "feishu.users"),
		chats:      kernel.NewTable[chat](w.Journal, "feishu.chats"),
		messages:   kernel.NewTable[message](w.Journal, "feishu.messages"),
		reactions:  kernel.NewTable[reaction](w.Journal, "feishu.reactions"),
		receipts:   kernel.NewTable[receipt](w.Journal, "feishu.receipts"),
		urgents:    kernel.NewTable[urgent](w.Journal, "feishu.urgents"),
		resources:  kernel.NewTable[resource](w.Journal, "feishu.resources"),
		tokens:     kernel.NewTable[token](w.Journal, "feishu.tokens"),
		uuids:      kernel.NewTable[sentOnce](w.Journal, "feishu.uuids"),
		scopes:     kernel.NewTable[grant](w.Journal, "feishu.scopes"),
		calendar:   kernel.NewTable[busy](w.Journal, "feishu.calendar"),
		cardTokens: kernel.NewTable[cardToken](w.Journal, "feishu.card_tokens"),
		feedPins:   kernel.NewTable[feedPin](w.Journal, "feishu.feed_pins"),
		pushes:     kernel.NewTable[push](w.Journal, "feishu.pushes"),
		byChat:     map[string][]string{}, byThread: map[string][]string{}, byEmoji: map[string][]string{},
		directs: map[string]string{}, inFlight: map[string]bool{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.conns = newConnections(s)
	s.defineSwitches()
	s.openApp()
	s.prune()
	s.index()
	s.api = s.apiHandler()
	s.control = s.controlHandler()
	s.resumePushes()
	return s
}

// API serves everything the desk calls: the open API, the bootstrap of long connections and the connections themselves.
// Its paths begin with /feishu.
func (s *Server) API() http.Handler { return s.api }

// Control serves the paths /control/feishu/….
func (s *Server) Control() http.Handler { return s.control }

// Config is what a desk needs to know of the app.
type Config struct {
	AppID, AppSecret, VerificationToken, EncryptKey string
}

// Config gives the app's credentials.
func (s *Server) Config() Config {
	return Config{s.app.ID, s.app.Secret, s.app.VerificationToken, s.app.EncryptKey}
}

// State lists the people and the chats that are not dissolved.
type State struct {
	Users []UserState `json:"users"`
	Chats []ChatState `json:"chats"`
}

// UserState is one colleague.
type UserState struct {
	OpenID string `json:"open_id"`
	Name   string `json:"name"`
}

// ChatState is one chat; Mode is group, topic or p2p, Members are the open_ids of its people. A direct chat has the
// person's name.
type ChatState struct {
	ChatID  string   `json:"chat_id"`
	Name    string   `json:"name"`
	Mode    string   `json:"mode"`
	Members []string `json:"members"`
}

// State tells who and what there is, oldest first.
func (s *Server) State() State {
	st := State{Users: []UserState{}, Chats: []ChatState{}}
	for _, u := range s.users.All() {
		st.Users = append(st.Users, UserState{u.OpenID, u.Name})
	}
	for _, c := range s.chats.All() {
		if c.Disbanded {
			continue
		}
		name := c.Name
		if c.Mode == modeP2P {
			name = s.nameOf(c.Members[0])
		}
		st.Chats = append(st.Chats, ChatState{c.ID, name, c.publicMode(), append([]string{}, c.Members...)})
	}
	return st
}

// publicMode is the chat_mode that the platform tells.
func (c chat) publicMode() string {
	if c.threaded() {
		return "topic"
	}
	return c.Mode
}

// Close drops the long connections and ends redelivery; what is pending stays in the journal.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.conns.closeAll()
	s.post.CloseIdleConnections()
}

func (s *Server) defineSwitches() {
	d := s.w.Switches.Define
	d(swOffline, true, "Feishu: events raised while no long connection is open follow the redelivery schedule; false: they are lost")
	d(swEntities, false, "Feishu: &lt; and its like in texts and card markdown are shown as the characters they stand for")
	d(swDLP, false, "Feishu: the tenant's data protection refuses texts with phone numbers or e-mail addresses (230028)")
	d(swFragment, 64<<10, "Feishu: payloads of a long connection above this many bytes are sent in fragments")
	d(swReconnectInterval, 120, "Feishu: ReconnectInterval told to long connections, in seconds")
	d(swReconnectNonce, 30, "Feishu: ReconnectNonce told to long connections, in seconds")
	d(swApp, true, "Feishu: the app is enabled; false: 10014 for tokens, 99991673 for calls")
	d(swBot, true, "Feishu: the app's bot ability is on; false: 230006 for messages")
	d(swPing, 120, "Feishu: PingInterval told to long connections, in seconds")
}

// Names of the switches.
const (
	swOffline           = "feishu.ws_offline_redelivery"
	swEntities          = "feishu.decode_entities"
	swDLP               = "feishu.dlp"
	swFragment          = "feishu.ws_fragment_bytes"
	swReconnectInterval = "feishu.ws_reconnect_interval"
	swReconnectNonce    = "feishu.ws_reconnect_nonce"
	swApp               = "feishu.app_enabled"
	swBot               = "feishu.bot_enabled"
	swPing              = "feishu.ws_ping_interval"
)

// sample are the colleagues of a new tenant with their mobile numbers.
var sample = []string{"张伟", "李娜", "徐明", "陈强", "唐静", "王芳", "刘洋", "赵总", "孙磊", "何静", "郑宇"}

// openApp loads the app, or makes it and the sample people in a new journal.
func (s *Server) openApp() {
	apps := kernel.NewTable[app](s.w.Journal, "feishu.app")
	if kept, ok := apps.Get("app"); ok {
		s.app = kept
		return
	}
	s.app = app{
		ID:                s.w.NewID("cli_a")[:20],
		Secret:            s.w.NewID(""),
		VerificationToken: s.w.NewID(""),
		EncryptKey:        s.w.NewID(""),
		TenantKey:         s.w.NewID("")[:16],
		BotOpenID:         s.w.NewID("ou_"),
		BotName:           botName,
	}
	apps.Put("app", s.app)
	for i, name := range sample {
		s.addUser(name, fmt.Sprintf("138000000%02d", i+1), "")
	}
}

// addUser makes a colleague; an empty openID gets a new one.
func (s *Server) addUser(name, mobile, openID string) user {
	if openID == "" {
		openID = s.w.NewID("ou_")
	}
	id := s.w.NewID("")[:8]
	u := user{OpenID: openID, UnionID: s.w.NewID("on_"), UserID: id, Name: name, Mobile: mobile, Email: id + "@tenant.example"}
	s.users.Put(openID, u)
	return u
}

// prune drops what has outlived its use, so that a journal used for long does not grow by it.
func (s *Server) prune() {
	now := s.now()
	for _, u := range s.uuids.All() {
		if now.Sub(u.At) >= chatUUIDLife {
			s.uuids.Delete(u.Key)
		}
	}
	for _, t := range s.cardTokens.All() {
		if now.Sub(t.At) >= chatUUIDLife {
			s.cardTokens.Delete(t.Token)
		}
	}
}

// index rebuilds what the journal does not keep.
func (s *Server) index() {
	all := s.messages.All()
	sort.Slice(all, func(i, j int) bool { return all[i].Seq < all[j].Seq })
	for _, m := range all {
		s.indexMessage(m)
	}
	for _, c := range s.chats.All() {
		if c.Mode == modeP2P {
			s.directs[c.Members[0]] = c.ID
		}
	}
	for _, r := range s.reactions.All() {
		s.byEmoji[r.Message] = append(s.byEmoji[r.Message], r.ID)
	}
}

func (s *Server) indexMessage(m message) {
	s.byChat[m.ChatID] = append(s.byChat[m.ChatID], m.ID)
	if m.ThreadID != "" {
		s.byThread[m.ThreadID] = append(s.byThread[m.ThreadID], m.ID)
	}
}

// nameOf is the name of a person or the bot, "" when nobody has that id.
func (s *Server) nameOf(openID string) string {
	if openID == s.app.BotOpenID {
		return s.app.BotName
	}
	u, _ := s.users.Get(openID)
	return u.Name
}

// now is the clock's time.
func (s *Server) now() time.Time { return s.w.Clock.Now() }

// millis writes a time as the platform does.
func millis(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }

// encode writes JSON; what is given to it always encodes.
func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(raw)
}
