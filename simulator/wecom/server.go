// Package wecom is a fake of WeCom's customer service (微信客服, kf): its API with its limits and error codes, its
// encrypted callbacks, and a control interface through which people, servicers and checks act.
package wecom

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"servicedesk/simulator/kernel"
)

const (
	day = 24 * time.Hour
	// windowLife is how long a kf account may answer after the customer's last message, and how long a session lasts.
	windowLife = 48 * time.Hour
	// maxSends is how many messages may follow one message of the customer.
	maxSends = 5
	// historyLife is how long sync_msg keeps messages.
	historyLife = 3 * day
	// mediaLife is how long a media_id is good.
	mediaLife = 3 * day
	// callbackLimit is how long (machine time) the desk may take to acknowledge a callback.
	callbackLimit = 5 * time.Second
	// callbackPause lies between two attempts of a callback (clock time), callbackTries are made in all.
	callbackPause = 5 * time.Second
	callbackTries = 4
)

// Config is what an operator copies from the admin pages into the desk.
type Config struct {
	CorpID         string `json:"corp_id"`
	KFSecret       string `json:"kf_secret"`
	CallbackToken  string `json:"callback_token"`
	CallbackAESKey string `json:"callback_aes_key"` // 43 characters
}

// Server is one simulated corp.
type Server struct {
	world   *kernel.World
	config  Config
	client  *http.Client     // delivers callbacks
	machine func() time.Time // machine time, for rates
	rates   rates

	mu       sync.Mutex // guards what follows; never held while waiting
	tokens   *kernel.Table[token]
	accounts *kernel.Table[Account]
	servers  *kernel.Table[servicer]
	contacts *kernel.Table[Contact]
	sessions *kernel.Table[session]
	codes    *kernel.Table[eventCode]
	items    *kernel.Table[item]
	bells    *kernel.Table[bell]
	pending  *kernel.Table[delivery]
	messages *kernel.Table[Message]
	media    *kernel.Table[media]
	tasks    *kernel.Table[massTask]
	feed     []item              // items by sequence number
	rungs    []bell              // bells by age
	talks    map[string][]string // keys of messages by contact, in order of sending
}

// New returns the corp that the world's journal holds, or a fresh one with the sample people. Callbacks that were not
// accepted before a restart are delivered again.
func New(w *kernel.World) *Server {
	s := &Server{
		world:    w,
		client:   &http.Client{Timeout: callbackLimit, CheckRedirect: noRedirect},
		machine:  time.Now,
		tokens:   kernel.NewTable[token](w.Journal, "wecom.tokens"),
		accounts: kernel.NewTable[Account](w.Journal, "wecom.accounts"),
		servers:  kernel.NewTable[servicer](w.Journal, "wecom.servicers"),
		contacts: kernel.NewTable[Contact](w.Journal, "wecom.contacts"),
		sessions: kernel.NewTable[session](w.Journal, "wecom.sessions"),
		codes:    kernel.NewTable[eventCode](w.Journal, "wecom.codes"),
		items:    kernel.NewTable[item](w.Journal, "wecom.items"),
		bells:    kernel.NewTable[bell](w.Journal, "wecom.bells"),
		pending:  kernel.NewTable[delivery](w.Journal, "wecom.deliveries"),
		messages: kernel.NewTable[Message](w.Journal, "wecom.messages"),
		media:    kernel.NewTable[media](w.Journal, "wecom.media"),
		tasks:    kernel.NewTable[massTask](w.Journal, "wecom.tasks"),
		talks:    map[string][]string{},
	}
	s.rates.init()
	defineSwitches(w.Switches)
	s.settle()
	s.feed, s.rungs = s.items.All(), s.bells.All()
	for _, m := range s.messages.All() {
		s.talks[m.Contact] = append(s.talks[m.Contact], m.key())
	}
	for _, d := range s.pending.All() {
		w.Clock.At(d.Due, func() { s.attempt(d) })
	}
	return s
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Config gives the corp's ids and secrets.
func (s *Server) Config() Config { return s.config }

// call is one endpoint of the API.
type call struct {
	method string // "" = any
	open   bool   // needs no access_token
	serve  func(w http.ResponseWriter, r *http.Request) (any, error)
}

// API serves what the real platform serves under its host; it is mounted at /wecom.
func (s *Server) API() http.Handler {
	calls := map[string]call{
		"/cgi-bin/gettoken":                                 {method: http.MethodGet, open: true, serve: s.getToken},
		"/cgi-bin/kf/sync_msg":                              post(s.syncMsg),
		"/cgi-bin/kf/send_msg":                              post(s.sendMsg),
		"/cgi-bin/kf/send_msg_on_event":                     post(s.sendMsgOnEvent),
		"/cgi-bin/kf/service_state/get":                     post(s.getState),
		"/cgi-bin/kf/service_state/trans":                   post(s.transState),
		"/cgi-bin/kf/account/list":                          {serve: s.listAccounts},
		"/cgi-bin/kf/add_contact_way":                       post(s.addContactWay),
		"/cgi-bin/kf/customer/batchget":                     post(s.batchGetCustomers),
		"/cgi-bin/kf/servicer/list":                         {method: http.MethodGet, serve: s.listServicers},
		"/cgi-bin/media/upload":                             {method: http.MethodPost, serve: s.uploadMedia},
		"/cgi-bin/media/get":                                {method: http.MethodGet, serve: s.getMedia},
		"/cgi-bin/externalcontact/add_msg_template":         post(s.addMassTask),
		"/cgi-bin/externalcontact/get_groupmsg_task":        post(s.getMassTask),
		"/cgi-bin/externalcontact/get_groupmsg_send_result": post(s.getMassResult),
	}
	return s.world.API(kernel.WeCom, "/wecom", writeFault, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, known := calls[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		out, err := s.answer(c, w, r)
		switch {
		case err != nil:
			writeRefusal(w, err)
		case out != nil: // nil: serve has written the answer itself
			kernel.WriteJSON(w, http.StatusOK, out)
		}
	}))
}

func (s *Server) answer(c call, w http.ResponseWriter, r *http.Request) (any, error) {
	switch {
	case c.method == http.MethodGet && r.Method != c.method:
		return nil, refuse(codeNeedGet, "")
	case c.method == http.MethodPost && r.Method != c.method:
		return nil, refuse(codeNeedPost, "")
	}
	if !c.open {
		if err := s.checkToken(r.URL.Query()); err != nil {
			return nil, err
		}
	}
	if limit := s.world.Switches.Int(switchCallsPerMinute); limit > 0 && !s.rates.allow(r.URL.Path, s.machine(), limit) {
		return nil, refuse(codeFrequency, "")
	}
	return c.serve(w, r)
}

// post is an endpoint that takes a JSON body.
func post[T any](serve func(in T) (any, error)) call {
	return call{method: http.MethodPost, serve: func(_ http.ResponseWriter, r *http.Request) (any, error) {
		var in T
		if err := readBody(r, &in); err != nil {
			return nil, err
		}
		return serve(in)
	}}
}

// reply heads every JSON answer.
type reply struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

var ok = reply{ErrMsg: "ok"}

// object is a JSON object whose fields are looked at one by one.
type object map[string]json.RawMessage

// text gives a field's string, "" when it is absent or none.
func (o object) text(field string) string {
	var v string
	_ = json.Unmarshal(o[field], &v) // no string is treated as absent
	return v
}

// set puts a value that always encodes.
func (o object) set(field string, v any) {
	o[field], _ = json.Marshal(v)
}
