package feishu

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"servicedesk/simulator/kernel"
)

// controlCall is one call of the control interface.
type controlCall struct {
	call
	w http.ResponseWriter
}

// controlError is a refused control call.
type controlError struct {
	status int
	msg    string
}

// Error says what is wrong and how to mend it.
func (e *controlError) Error() string { return e.msg }

func wrong(format string, args ...any) error {
	return &controlError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func missing(format string, args ...any) error {
	return &controlError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// read decodes the body.
func (c *controlCall) read(v any) error {
	if kernel.ReadJSON(c.w, c.r, v) {
		return nil
	}
	return errAnswered
}

// errAnswered says that the answer has been written already.
var errAnswered = errors.New("answered")

// deed carries out a control call while the server's mutex is held.
type deed func(c *controlCall) (any, error)

// controlHandler joins the paths of the control interface.
func (s *Server) controlHandler() http.Handler {
	const base = "/control/feishu"
	mux := http.NewServeMux()
	for pattern, do := range map[string]deed{
		"POST " + base + "/users":                        s.makeUser,
		"POST " + base + "/users/{open_id}":              s.changeUser,
		"POST " + base + "/users/{open_id}/messages":     s.say,
		"GET " + base + "/users/{open_id}/messages":      s.directMessages,
		"POST " + base + "/users/{open_id}/enter":        s.enter,
		"POST " + base + "/users/{open_id}/busy":         s.makeBusy,
		"POST " + base + "/users/{open_id}/reactions":    s.userReacts,
		"POST " + base + "/messages/{message_id}/recall": s.userRecalls,
		"POST " + base + "/messages/{message_id}/read":   s.userReads,
		"GET " + base + "/chats/{chat_id}/messages":      s.chatMessages,
		"POST " + base + "/chats":                        s.userMakesChat,
		"POST " + base + "/chats/{chat_id}":              s.userChangesChat,
		"POST " + base + "/chats/{chat_id}/members":      s.userChangesMembers,
		"POST " + base + "/scopes":                       s.setScopes,
		"GET " + base + "/scopes":                        s.showScopes,
		"GET " + base + "/urgents":                       s.listUrgents,
		"GET " + base + "/feed_pins":                     s.listFeedPins,
	} {
		mux.HandleFunc(pattern, s.serveControl(do))
	}
	mux.HandleFunc("POST "+base+"/users/{open_id}/actions", s.serveAction)
	mux.HandleFunc("POST "+base+"/tokens", s.serveTokens)
	mux.HandleFunc("POST "+base+"/challenge", s.serveChallenge)
	mux.HandleFunc("GET "+base+"/connections", func(w http.ResponseWriter, _ *http.Request) {
		kernel.WriteJSON(w, http.StatusOK, map[string]int{"open": s.conns.count()})
	})
	mux.HandleFunc("DELETE "+base+"/connections", func(w http.ResponseWriter, _ *http.Request) {
		kernel.WriteJSON(w, http.StatusOK, map[string]int{"dropped": s.conns.closeAll()})
	})
	mux.HandleFunc("GET "+base+"/resources/{key}", s.serveResource)
	mux.HandleFunc(base+"/", func(w http.ResponseWriter, r *http.Request) {
		kernel.Fail(w, http.StatusNotFound, "no such path: "+r.Method+" "+r.URL.Path)
	})
	return mux
}

// serveControl wraps a deed; the events that follow from it have had their first delivery attempt when it is answered.
func (s *Server) serveControl(do deed) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &controlCall{call{r: r}, w}
		s.mu.Lock()
		data, err := do(c)
		s.mu.Unlock()
		for _, id := range c.raised {
			s.deliver(id)
		}
		answerControl(w, data, err)
	}
}

func answerControl(w http.ResponseWriter, data any, err error) {
	var refused *controlError
	switch {
	case errors.Is(err, errAnswered):
	case errors.As(err, &refused):
		kernel.Fail(w, refused.status, refused.msg)
	case err != nil:
		kernel.Fail(w, http.StatusInternalServerError, err.Error())
	case data == nil:
		kernel.WriteJSON(w, http.StatusOK, struct{}{})
	default:
		kernel.WriteJSON(w, http.StatusOK, data)
	}
}

// person is the user named by the path or a body.
func (s *Server) person(openID string) (user, error) {
	u, ok := s.users.Get(openID)
	if !ok {
		return u, missing("no user has the open_id %q: GET /control/state lists them", openID)
	}
	return u, nil
}

// makeUser serves POST /control/feishu/users. A known open_id gets the new name and number.
func (s *Server) makeUser(c *controlCall) (any, error) {
	var in struct {
		Name   string `json:"name"`
		Mobile string `json:"mobile"`
		OpenID string `json:"open_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, wrong("a user needs a name")
	}
	if u, ok := s.users.Get(in.OpenID); ok {
		u.Name = in.Name
		if in.Mobile != "" {
			u.Mobile = in.Mobile
		}
		s.users.Put(u.OpenID, u)
		return map[string]string{"open_id": u.OpenID}, nil
	}
	u := s.addUser(in.Name, in.Mobile, in.OpenID)
	s.w.Hub.Publish("feishu", u.OpenID)
	return map[string]string{"open_id": u.OpenID}, nil
}

// changeUser serves POST /control/feishu/users/{open_id} {away}: whether and why the bot cannot reach him.
func (s *Server) changeUser(c *controlCall) (any, error) {
	var in struct {
		Away string `json:"away"`
	}
	u, err := s.person(c.param("open_id"))
	if err != nil {
		return nil, err
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	switch in.Away {
	case "", awayOutside, awayResigned, awayStopped:
	default:
		return nil, wrong(`away is %q: write "", "outside", "resigned" or "stopped"`, in.Away)
	}
	u.Away = in.Away
	s.users.Put(u.OpenID, u)
	return nil, nil
}

// enter serves POST /control/feishu/users/{open_id}/enter: he opens the direct chat with the bot.
func (s *Server) enter(c *controlCall) (any, error) {
	u, err := s.person(c.param("open_id"))
	if err != nil {
		return nil, err
	}
	to := s.direct(u.OpenID)
	body := map[string]any{"chat_id": to.ID, "operator_id": s.ids(u.OpenID)}
	if ids := s.byChat[to.ID]; len(ids) > 0 {
		last, _ := s.messages.Get(ids[len(ids)-1])
		body["last_message_id"], body["last_message_create_time"] = last.ID, millis(last.Created)
	}
	c.then(s.raise("im.chat.access_event.bot_p2p_chat_entered_v1", scopeP2P, body))
	return map[string]string{"chat_id": to.ID}, nil
}

// makeBusy serves POST /control/feishu/users/{open_id}/busy.
func (s *Server) makeBusy(c *controlCall) (any, error) {
	var in struct{ From, To time.Time }
	u, err := s.person(c.param("open_id"))
	if err != nil {
		return nil, err
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if !in.From.Before(in.To) {
		return nil, wrong("from must be before to, both RFC 3339")
	}
	s.calendar.Put(s.w.NewID(""), busy{u.OpenID, in.From, in.To})
	return nil, nil
}

// setScopes serves POST /control/feishu/scopes {"name": granted}.
func (s *Server) setScopes(c *controlCall) (any, error) {
	var in map[string]bool
	if err := c.read(&in); err != nil {
		return nil, err
	}
	for name, granted := range in {
		s.scopes.Put(name, grant{name, granted})
	}
	return s.showScopes(c)
}

// showScopes serves GET /control/feishu/scopes.
func (s *Server) showScopes(*controlCall) (any, error) {
	all := map[string]bool{}
	for _, name := range allScopes {
		all[name] = s.granted(name)
	}
	for _, g := range s.scopes.All() {
		all[g.Scope] = g.Granted
	}
	return map[string]any{"scopes": all}, nil
}

// listUrgents serves GET /control/feishu/urgents, oldest first.
func (s *Server) listUrgents(*controlCall) (any, error) {
	return map[string]any{"urgents": append([]urgent{}, s.urgents.All()...)}, nil
}

// listFeedPins serves GET /control/feishu/feed_pins: who has which chats pinned at the top.
func (s *Server) listFeedPins(*controlCall) (any, error) {
	return map[string]any{"feed_pins": append([]feedPin{}, s.feedPins.All()...)}, nil
}

// serveTokens serves POST /control/feishu/tokens {"action":"kill"}.
func (s *Server) serveTokens(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Action string `json:"action"`
	}
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	if in.Action != "kill" {
		kernel.Fail(w, http.StatusBadRequest, `action must be "kill"`)
		return
	}
	s.killTokens()
	kernel.WriteJSON(w, http.StatusOK, struct{}{})
}

// serveChallenge serves POST /control/feishu/challenge: {"ok", "error"?}.
func (s *Server) serveChallenge(w http.ResponseWriter, _ *http.Request) {
	problem := s.challenge()
	out := map[string]any{"ok": problem == ""}
	if problem != "" {
		out["error"] = problem
	}
	kernel.WriteJSON(w, http.StatusOK, out)
}

// serveResource serves GET /control/feishu/resources/{key}: the bytes.
func (s *Server) serveResource(w http.ResponseWriter, r *http.Request) {
	res, ok := s.resources.Get(r.PathValue("key"))
	data, err := s.w.Journal.Blob(res.Key)
	if !ok || err != nil {
		kernel.Fail(w, http.StatusNotFound, "no image or file has this key: messages carry theirs as image_key or file_key")
		return
	}
	w.Header().Set("Content-Type", res.Mime)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // the client is gone: nobody to tell
}
