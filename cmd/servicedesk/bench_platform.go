package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// platforms fakes both platforms as far as the benchmarks need them: it answers at once, keeps nothing but counts, and tells a listener what it
// was asked. The simulator would do, but it journals and checks, which costs processor time that the desk is measured by.
type platforms struct {
	server *httptest.Server
	desk   *desk
	heard  func(call) refusal // set before the desk starts; may be nil
	ids    atomic.Int64

	mu     sync.Mutex
	feed   []json.RawMessage // items of the one kf account
	counts map[string]int
}

// call is one request of the desk.
type call struct {
	kind string // as counted: "kf/send_msg", "im message", …
	at   time.Time
	to   string // contact, chat, or message
	id   string // that it gets if it is taken
	body []byte
}

// refusal is an answer other than "done"; zero = done.
type refusal struct {
	status int
	code   int
	reset  time.Duration
}

// Kinds of calls that the benchmarks look at.
const (
	callKFSend  = "kf/send_msg"
	callKFSync  = "kf/sync_msg"
	callMessage = "im message"
	callReply   = "im reply"
	callEdit    = "im edit"
	callReact   = "im react"
	benchKF     = "wkBench000000000000001"
)

func newPlatforms(heard func(call) refusal) *platforms {
	f := &platforms{heard: heard, counts: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/wecom/cgi-bin/", f.wecom)
	mux.HandleFunc("/feishu/open-apis/", f.feishu)
	f.server = httptest.NewServer(mux)
	return f
}

func (f *platforms) close() { f.server.Close() }

// deskEnv makes a desk talk to them.
func (f *platforms) deskEnv() []string {
	return []string{
		"SERVICEDESK_WECOM_CORP_ID=" + benchCorp, "SERVICEDESK_WECOM_KF_SECRET=secret", "SERVICEDESK_WECOM_API_BASE=" + f.server.URL + "/wecom",
		"SERVICEDESK_WECOM_CALLBACK_TOKEN=" + benchToken, "SERVICEDESK_WECOM_CALLBACK_AES_KEY=" + benchAESKey,
		"SERVICEDESK_FEISHU_APP_ID=" + benchApp, "SERVICEDESK_FEISHU_APP_SECRET=secret", "SERVICEDESK_FEISHU_API_BASE=" + f.server.URL + "/feishu",
		"SERVICEDESK_FEISHU_MODE=webhook", "SERVICEDESK_FEISHU_VERIFICATION_TOKEN=" + benchVerifyToken,
		"SERVICEDESK_FEISHU_ENCRYPT_KEY=" + benchEncryptKey,
	}
}

// counted is how many calls of each kind there were.
func (f *platforms) counted() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := map[string]int{}
	for kind, n := range f.counts {
		counts[kind] = n
	}
	return counts
}

func (f *platforms) note(c call) refusal {
	f.mu.Lock()
	f.counts[c.kind]++
	f.mu.Unlock()
	if f.heard == nil {
		return refusal{}
	}
	return f.heard(c)
}

// writes puts a contact's words into the kf account; the desk hears of it by a bell.
func (f *platforms) writes(contact, id, text string) {
	item, _ := json.Marshal(map[string]any{ // strings and numbers
		"msgid": id, "open_kfid": benchKF, "external_userid": contact, "send_time": time.Now().Unix(), "origin": 3,
		"msgtype": "text", "text": map[string]string{"content": text},
	})
	f.mu.Lock()
	f.feed = append(f.feed, item)
	f.mu.Unlock()
}

func (f *platforms) wecom(w http.ResponseWriter, r *http.Request) {
	c := call{at: time.Now(), kind: strings.TrimPrefix(r.URL.Path, "/wecom/cgi-bin/")}
	c.body, _ = io.ReadAll(r.Body) // a broken request is answered like an empty one
	var in struct {
		ToUser string   `json:"touser"`
		MsgID  string   `json:"msgid"`
		Cursor string   `json:"cursor"`
		Limit  int      `json:"limit"`
		Users  []string `json:"external_userid_list"`
	}
	_ = json.Unmarshal(c.body, &in)
	c.to, c.id = in.ToUser, in.MsgID
	if no := f.note(c); no != (refusal{}) {
		w.Header().Set("Retry-After", strconv.Itoa(int(no.reset.Seconds())))
		answer(w, no.status, map[string]any{"errcode": no.code, "errmsg": "no"})
		return
	}
	out := map[string]any{"errcode": 0, "errmsg": "ok"}
	switch c.kind {
	case "gettoken":
		out["access_token"], out["expires_in"] = "token", 7200
	case "kf/account/list":
		out["account_list"] = []any{map[string]any{"open_kfid": benchKF, "name": "desk", "manage_privilege": true}}
	case "kf/customer/batchget":
		list := []any{}
		for _, id := range in.Users {
			list = append(list, map[string]string{"external_userid": id, "nickname": "N" + id})
		}
		out["customer_list"] = list
	case callKFSync:
		out["next_cursor"], out["has_more"], out["msg_list"] = f.page(in.Cursor, in.Limit)
	case callKFSend:
		out["msgid"] = in.MsgID
	}
	answer(w, http.StatusOK, out)
}

// page is what stands behind a cursor.
func (f *platforms) page(cursor string, limit int) (next string, more int, items []json.RawMessage) {
	from, _ := strconv.Atoi(cursor) // none is the beginning
	f.mu.Lock()
	defer f.mu.Unlock()
	to := min(len(f.feed), from+limit)
	if to < len(f.feed) {
		more = 1
	}
	return strconv.Itoa(to), more, append([]json.RawMessage{}, f.feed[from:to]...)
}

func (f *platforms) feishu(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/feishu/open-apis/")
	c := call{at: time.Now(), kind: path, id: fmt.Sprintf("om_b%d", f.ids.Add(1))}
	c.body, _ = io.ReadAll(r.Body)
	var in struct {
		ReceiveID string   `json:"receive_id"`
		Mobiles   []string `json:"mobiles"`
	}
	_ = json.Unmarshal(c.body, &in)
	if id, what, found := strings.Cut(strings.TrimPrefix(path, "im/v1/messages/"), "/"); strings.HasPrefix(path, "im/v1/messages/") {
		c.to = id
		switch {
		case !found:
			c.kind = callEdit
		case what == "reply":
			c.kind = callReply
		case what == "reactions":
			c.kind = callReact
		}
	} else if path == "im/v1/messages" {
		c.kind, c.to = callMessage, in.ReceiveID
	}
	if no := f.note(c); no != (refusal{}) {
		if no.reset > 0 {
			w.Header().Set("x-ogw-ratelimit-reset", strconv.Itoa(int((no.reset+time.Second-1)/time.Second)))
		}
		answer(w, no.status, map[string]any{"code": no.code, "msg": "no"})
		return
	}
	answer(w, http.StatusOK, f.feishuAnswer(c, r, in.Mobiles))
}

func (f *platforms) feishuAnswer(c call, r *http.Request, mobiles []string) map[string]any {
	data := map[string]any{}
	out := map[string]any{"code": 0, "msg": "success", "data": data}
	switch c.kind {
	case "auth/v3/tenant_access_token/internal":
		out["tenant_access_token"], out["expire"] = "token", 7200
	case "bot/v3/info":
		out["bot"] = map[string]string{"open_id": benchBot, "app_name": "desk"}
	case "contact/v3/users/batch_get_id":
		list := []any{}
		for _, m := range mobiles {
			list = append(list, map[string]string{"mobile": m, "user_id": "ou_" + m})
		}
		data["user_list"] = list
	case "im/v1/chats":
		data["chat_id"] = "oc_" + r.URL.Query().Get("uuid")
	case callMessage, callReply:
		data["message_id"] = c.id
	case callReact:
		data["reaction_id"] = c.id
	}
	return out
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(cmp.Or(status, http.StatusOK))
	_ = json.NewEncoder(w).Encode(body) // the desk went away
}

// sampler collects durations from several goroutines.
type sampler struct {
	mu     sync.Mutex
	values []time.Duration
}

func (s *sampler) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = append(s.values, d)
}

// sorted are the values so far, in order.
func (s *sampler) sorted() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.values))
}
