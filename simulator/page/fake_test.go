package page

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// object is a JSON object as the control interface speaks it.
type object = map[string]any

// fakeControl is a control interface with a world of its own, so that the page can be tried without the simulator. It keeps what the
// page posts and answers as a test tells it to.
type fakeControl struct {
	*httptest.Server

	mu        sync.Mutex
	seq       int
	now       time.Time
	virtual   bool
	contacts  []object
	users     []object
	chats     []object
	lists     map[string][]object // "w:contact", "c:chat", "d:user"
	urgents   []object
	faults    []object
	callbacks []object
	posts     []posted
	answer    object // of the next card actions
	listeners map[chan string]bool
	noEvents  bool   // GET /control/events answers 404
	refuse    string // every POST answers 400 with these words
}

// posted is one call with which the page changed something.
type posted struct {
	path string
	body object
}

const (
	ligong   = "wmLigong"
	zhangwei = "ou_zhangwei"
	lina     = "ou_lina"
	desk     = "ou_bot"
	group    = "oc_desk"
)

func newFake(t *testing.T) *fakeControl {
	t.Helper()
	f := &fakeControl{
		now:     time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("CST", 8*3600)),
		virtual: true,
		contacts: []object{{"id": ligong, "name": "李工", "customer": "恒力电缆"}, {"id": "wmZhouzong", "name": "周总", "customer": "恒力电缆"},
			{"id": "wmQian", "name": "钱主管", "customer": "华东汽配"}, {"id": "wmWu", "name": "吴会计", "customer": "小微机械"}},
		users: []object{{"open_id": zhangwei, "name": "张伟"}, {"open_id": lina, "name": "李娜"}, {"open_id": "ou_wangfang", "name": "王芳"},
			{"open_id": "ou_sunlei", "name": "孙磊"}},
		chats:     []object{{"chat_id": group, "name": "服务台工单", "mode": "group", "members": []string{zhangwei, lina, "ou_wangfang", "ou_sunlei"}}},
		lists:     map[string][]object{},
		answer:    object{"status": 200, "toast": object{"type": "success", "content": "已接单"}},
		listeners: map[chan string]bool{},
	}
	f.Server = httptest.NewServer(f.routes())
	t.Cleanup(func() {
		f.CloseClientConnections() // event streams never end by themselves
		f.Close()
	})
	return f
}

func (f *fakeControl) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", Handler())
	mux.HandleFunc("GET /control/state", f.get(func(*http.Request) any {
		return object{"contacts": f.contacts, "users": f.users, "chats": f.chats, "now": f.now, "desk_url": "http://desk.example"}
	}))
	mux.HandleFunc("GET /control/clock", f.get(func(*http.Request) any { return object{"now": f.now, "virtual": f.virtual} }))
	mux.HandleFunc("GET /control/wecom/contacts/{id}/messages", f.get(f.listed("w:")))
	mux.HandleFunc("GET /control/feishu/chats/{id}/messages", f.get(f.listed("c:")))
	mux.HandleFunc("GET /control/feishu/users/{id}/messages", f.get(f.listed("d:")))
	mux.HandleFunc("GET /control/feishu/urgents", f.get(func(*http.Request) any { return object{"urgents": f.urgents} }))
	mux.HandleFunc("GET /control/faults", f.get(func(*http.Request) any { return object{"faults": f.faults} }))
	mux.HandleFunc("GET /control/callbacks", f.get(func(*http.Request) any { return object{"callbacks": f.callbacks} }))
	mux.HandleFunc("GET /control/wecom/media/{id}", picture)
	mux.HandleFunc("GET /control/feishu/resources/{id}", picture)
	mux.HandleFunc("GET /control/events", f.events)
	mux.HandleFunc("POST /control/", f.post)
	mux.HandleFunc("DELETE /control/", f.clear)
	return mux
}

func (f *fakeControl) get(answer func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		_ = json.NewEncoder(w).Encode(answer(r))
	}
}

func (f *fakeControl) listed(kind string) func(*http.Request) any {
	return func(r *http.Request) any {
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		found := []object{}
		for _, m := range f.lists[kind+r.PathValue("id")] {
			if m["seq"].(int) > after || m["changed"].(int) > after {
				found = append(found, m)
			}
		}
		return object{"messages": found}
	}
}

// picture answers a pixel.
func picture(w http.ResponseWriter, _ *http.Request) {
	pixel, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(pixel)
}

func (f *fakeControl) events(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	refuse := f.noEvents
	heard := make(chan string, 100)
	f.listeners[heard] = true
	f.mu.Unlock()
	if refuse {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case line := <-heard:
			fmt.Fprintf(w, "data: %s\n\n", line)
			_ = flush.Flush()
		}
	}
}

// publish tells the page that something happened; the caller holds mu.
func (f *fakeControl) publish(kind, id string) {
	line, _ := json.Marshal(object{"kind": kind, "id": id})
	for heard := range f.listeners {
		select {
		case heard <- string(line):
		default:
		}
	}
}

func (f *fakeControl) publishList(key string) {
	kind := map[byte]string{'w': "wecom", 'c': "feishu", 'd': "feishu"}[key[0]]
	f.publish(kind, key[2:])
}

// put adds a message to a list and returns its id.
func (f *fakeControl) put(key string, m object) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.add(key, m)
}

func (f *fakeControl) add(key string, m object) string {
	f.seq++
	id := fmt.Sprintf("m%d", f.seq)
	name := map[bool]string{true: "msgid", false: "message_id"}[key[0] == 'w']
	if m[name] != nil {
		id = m[name].(string)
	}
	full := object{"seq": f.seq, "changed": f.seq, name: id, "time": f.now, "reactions": []string{}, "updated": false, "recalled": false}
	for k, v := range m {
		full[k] = v
	}
	f.lists[key] = append(f.lists[key], full)
	f.publishList(key)
	return id
}

// change alters a message of a list.
func (f *fakeControl) change(key, id string, fields object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seq++
	for i, m := range f.lists[key] {
		if m["msgid"] != id && m["message_id"] != id {
			continue
		}
		next := object{}
		for k, v := range m {
			next[k] = v
		}
		for k, v := range fields {
			next[k] = v
		}
		next["changed"] = f.seq
		f.lists[key][i] = next
	}
	f.publishList(key)
}

// set changes the fake itself.
func (f *fakeControl) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeControl) post(w http.ResponseWriter, r *http.Request) {
	body := object{}
	if json.NewDecoder(r.Body).Decode(&body) != nil && r.ContentLength > 0 {
		http.Error(w, `{"error":"not JSON"}`, http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts = append(f.posts, posted{r.URL.Path, body})
	if f.refuse != "" {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(object{"error": f.refuse})
		return
	}
	_ = json.NewEncoder(w).Encode(f.effect(r.URL.Path, body))
}

// effect does what a post asks for, as far as the page shows it.
func (f *fakeControl) effect(path string, body object) any {
	part := strings.Split(strings.TrimPrefix(path, "/control/"), "/")
	last := part[len(part)-1]
	switch {
	case path == "/control/faults":
		f.faults = append(f.faults, body)
	case path == "/control/callbacks":
		f.callbacks = append(f.callbacks, body)
	case path == "/control/clock":
		d, _ := time.ParseDuration(body["advance"].(string))
		f.now = f.now.Add(d)
		return object{"now": f.now}
	case part[0] == "wecom" && last == "messages":
		m := object{"from": "contact", "msgtype": body["msgtype"]}
		if words, ok := body["text"].(object); ok {
			m["text"] = words["content"]
		}
		return object{"msgid": f.add("w:"+part[2], m)}
	case part[0] == "wecom" && last == "contacts":
		f.contacts = append(f.contacts, object{"id": "wmNew", "name": body["name"]})
		return object{"id": "wmNew"}
	case part[0] == "feishu" && last == "actions":
		return f.answer
	case part[0] == "feishu" && last == "messages":
		return object{"message_id": f.staffSays(part[2], body)}
	}
	return object{}
}

func (f *fakeControl) staffSays(user string, body object) string {
	m := object{"sender": user, "msg_type": "text", "text": body["text"]}
	if body["mention_bot"] == true {
		m["text"] = fmt.Sprintf("@服务台 %s", body["text"])
	}
	if root := body["root_id"]; root != nil {
		m["root_id"], m["thread_id"] = root, "omt_1"
	}
	key := "d:" + user
	if chat, ok := body["chat_id"].(string); ok {
		key = "c:" + chat
	}
	return f.add(key, m)
}

func (f *fakeControl) clear(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts = append(f.posts, posted{"DELETE " + r.URL.Path, nil})
	if strings.HasSuffix(r.URL.Path, "faults") {
		f.faults = nil
	} else {
		f.callbacks = nil
	}
	_, _ = w.Write([]byte("{}"))
}

// postsTo lists the bodies posted to a path.
func (f *fakeControl) postsTo(path string) []object {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []object{}
	for _, p := range f.posts {
		if p.path == path {
			found = append(found, p.body)
		}
	}
	return found
}
