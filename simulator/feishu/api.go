package feishu

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"servicedesk/simulator/kernel"
)

// call is one authorised call of the open API.
type call struct {
	r      *http.Request
	body   []byte
	raised []string // ids of the pushes it brings about, sent once it has been answered for
}

// operation carries out a call while the server's mutex is held. Its data stand under "data" of the answer, unless they
// are topLevel or a download.
type operation func(c *call) (data any, err error)

// topLevel are fields that stand beside code and msg.
type topLevel map[string]any

// download is an answer of bytes.
type download struct {
	res  resource
	data []byte
}

// param is a wildcard of the path.
func (c *call) param(name string) string { return c.r.PathValue(name) }

// query is a parameter of the address, def when it is missing.
func (c *call) query(name, def string) string {
	if v := c.r.URL.Query().Get(name); v != "" {
		return v
	}
	return def
}

// then lets an event follow the call; "" is none.
func (c *call) then(event string) {
	if event != "" {
		c.raised = append(c.raised, event)
	}
}

// decode reads the JSON body.
func (c *call) decode(v any) error {
	if err := json.Unmarshal(c.body, v); err != nil {
		return fail(99992402, "the body is not the JSON expected here: %v", err)
	}
	return nil
}

// page reads page_size and page_token; a token is the place to go on from.
func (c *call) page(def, most int) (from, size int, err error) {
	size, err = strconv.Atoi(c.query("page_size", strconv.Itoa(def)))
	if err != nil || size < 1 || size > most {
		return 0, 0, fail(99992402, "page_size must be 1 to %d", most)
	}
	if t := c.query("page_token", ""); t != "" {
		from, err = strconv.Atoi(strings.TrimPrefix(t, "p-"))
		if err != nil || from < 0 {
			return 0, 0, fail(99992402, "invalid page_token")
		}
	}
	return from, size, nil
}

// paged answers with one page of items.
func paged[T any](items []T, from, size int) map[string]any {
	from = min(from, len(items))
	to := min(from+size, len(items))
	data := map[string]any{"items": append([]T{}, items[from:to]...), "has_more": to < len(items)}
	if to < len(items) {
		data["page_token"] = fmt.Sprintf("p-%d", to)
	}
	return data
}

// apiHandler joins what passes the world's gate (log of calls, faults) with the long connections, which live too long
// for it.
func (s *Server) apiHandler() http.Handler {
	open := http.NewServeMux()
	open.HandleFunc("POST /open-apis/auth/v3/tenant_access_token/internal", s.issueToken)
	open.HandleFunc("POST "+bootstrapPath, s.bootstrap)
	for _, r := range s.routes() {
		open.HandleFunc(r.pattern, s.serve(r))
	}
	open.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Tt-Logid", newLogID(s.now()))
		kernel.WriteJSON(w, http.StatusNotFound, map[string]any{"code": http.StatusNotFound, "msg": "404 page not found"})
	})
	all := http.NewServeMux()
	all.HandleFunc("GET "+prefix+socketPath, s.acceptConnection)
	all.Handle("/", s.w.API(kernel.Feishu, prefix, writeFault, open))
	return all
}

// route is one API: its pattern, the scopes of which it needs one (none: any token will do), and what it does.
type route struct {
	pattern string
	scopes  []string
	do      operation
}

// serve wraps an operation: token, scope, rate, body, mutex, answer, and the events that follow from it.
func (s *Server) serve(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		logID := newLogID(s.now())
		w.Header().Set("X-Tt-Logid", logID)
		c := &call{r: req}
		data, err := s.perform(r, c)
		if err != nil {
			asAPIError(err).write(w, logID)
		} else {
			answer(w, data)
		}
		for _, id := range c.raised {
			s.w.Clock.Go(func() { s.deliver(id) })
		}
	}
}

func (s *Server) perform(r route, c *call) (any, error) {
	if err := s.authorise(c.r, r.scopes); err != nil {
		return nil, err
	}
	if err := s.limitCall(r.pattern); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil, fail(99992402, "the body cannot be read")
	}
	c.body = body
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.do(c)
}

// answer writes a good answer.
func answer(w http.ResponseWriter, data any) {
	switch d := data.(type) {
	case download:
		w.Header().Set("Content-Type", d.res.Mime)
		w.Header().Set("Content-Disposition", contentDisposition(d.res.Filename))
		w.Header().Set("Content-Length", strconv.Itoa(len(d.data)))
		_, _ = w.Write(d.data) // the client is gone: nobody to tell
	case topLevel:
		d["code"], d["msg"] = 0, "ok"
		kernel.WriteJSON(w, http.StatusOK, d)
	default:
		if data == nil {
			data = struct{}{}
		}
		kernel.WriteJSON(w, http.StatusOK, map[string]any{"code": 0, "msg": "success", "data": data})
	}
}

// authorise checks the bearer token and that one of the scopes is granted.
func (s *Server) authorise(r *http.Request, scopes []string) error {
	header := r.Header.Get("Authorization")
	value, bearer := strings.CutPrefix(header, "Bearer ")
	switch {
	case strings.TrimSpace(strings.TrimPrefix(header, "Bearer")) == "":
		return fail(99991661, "")
	case !bearer || !strings.HasPrefix(value, "t-"):
		return fail(99991671, "")
	}
	if !s.w.Switches.Bool(swApp) {
		return fail(99991673, "")
	}
	t, ok := s.tokens.Get(value)
	if !ok || t.Killed || !s.now().Before(t.Expires) {
		return fail(99991663, "")
	}
	if len(scopes) > 0 && !s.grantedOne(scopes) {
		e := fail(99991672, "%v", scopes)
		e.scopes = scopes
		return e
	}
	return nil
}

// newLogID looks like the platform's: a time and something random.
func newLogID(now time.Time) string {
	return now.Format("20060102150405") + fmt.Sprintf("%016X", rand.Uint64())
}

// userID reads a person's id of the type named by the query, open_id by default. Errors: 99992402 for an unknown type,
// 99992351 for what is no id, 99992361 for an open_id that this app does not know.
func (s *Server) userID(id, idType string) (user, error) {
	switch idType {
	case "open_id":
		if u, ok := s.users.Get(id); ok {
			return u, nil
		}
		if !strings.HasPrefix(id, "ou_") || len(id) < len("ou_")+8 {
			return user{}, fail(99992351, "")
		}
		return user{}, fail(99992361, "")
	case "union_id", "user_id", "email":
		all := s.users.All()
		i := slices.IndexFunc(all, func(u user) bool { return u.id(idType) == id })
		if i < 0 || id == "" {
			return user{}, fail(99992351, "no user with this %s", idType)
		}
		return all[i], nil
	}
	return user{}, fail(99992402, "unknown type of id %q", idType)
}

// id is the person's id of a type.
func (u user) id(idType string) string {
	switch idType {
	case "union_id":
		return u.UnionID
	case "user_id":
		return u.UserID
	case "email":
		return u.Email
	}
	return u.OpenID
}
