package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

// sent is a call that the fake platform received.
type sent struct {
	Path  string // method and path with query
	Token string
	Body  map[string]any
	Raw   []byte
	Kind  string
}

// reply is what the fake platform answers; an empty one is a success.
type reply struct {
	status int
	code   int
	msg    string
	header map[string]string
	html   bool
}

// fake is a platform that gives out tokens and answers as it is told, in order; after that with success.
type fake struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	tokens  int // given out
	calls   []sent
	replies map[string][]reply // by prefix of method and path
	bodies  map[string]string  // successful answers by prefix
}

func newFake(t *testing.T) (*fake, *Client) {
	t.Helper()
	f := &fake{t: t, replies: map[string][]reply{}, bodies: map[string]string{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	c, err := New(Config{AppID: testApp, AppSecret: "secret", APIBase: f.URL + "/feishu/", Pace: Pace{Off: true}}, nil, store{"k1": "hello", "empty": ""}, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return f, c
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.RequestURI(), "/feishu/open-apis")
	call := sent{Path: r.Method + " " + path, Token: r.Header.Get("Authorization"), Raw: raw, Kind: r.Header.Get("Content-Type")}
	_ = json.Unmarshal(raw, &call.Body) // uploads are no JSON
	name := call.Path
	if strings.Contains(path, "tenant_access_token") {
		name = "token"
	} else {
		f.calls = append(f.calls, call)
	}
	var answer reply
	for prefix, list := range f.replies {
		if strings.HasPrefix(name, prefix) && len(list) > 0 {
			answer, f.replies[prefix] = list[0], list[1:]
			break
		}
	}
	for k, v := range answer.header {
		w.Header().Set(k, v)
	}
	status := max(answer.status, 200)
	switch {
	case answer.html:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprint(w, "<html>bad gateway</html>")
		return
	case answer.code != 0 || status != 200:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%d,"msg":%q}`, answer.code, answer.msg)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if name == "token" {
		f.tokens++
		fmt.Fprintf(w, `{"code":0,"msg":"ok","tenant_access_token":"t-%d","expire":7200}`, f.tokens)
		return
	}
	for prefix, body := range f.bodies {
		if strings.HasPrefix(name, prefix) {
			fmt.Fprint(w, body)
			return
		}
	}
	fmt.Fprintf(w, `{"code":0,"msg":"success","data":{"message_id":"om_%d","reaction_id":"r_%d","image_key":"img_up","file_key":"file_up","chat_id":"oc_new"}}`,
		len(f.calls), len(f.calls))
}

// next says how calls that begin with prefix are answered, one after the other.
func (f *fake) next(prefix string, replies ...reply) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replies[prefix] = append(f.replies[prefix], replies...)
}

func (f *fake) received() []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]sent{}, f.calls...)
}

func (f *fake) paths() []string {
	var paths []string
	for _, c := range f.received() {
		paths = append(paths, c.Path)
	}
	return paths
}

// store is the desk's files.
type store map[string]string

func (s store) Open(_ context.Context, key string) (io.ReadCloser, int64, error) {
	content, ok := s[key]
	if !ok {
		return nil, 0, fmt.Errorf("open %s: %w", key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(content)), int64(len(content)), nil
}

func topicWords(text string) tickets.Outgoing {
	return tickets.Outgoing{
		Key: "key1", Use: tickets.UseTopic, To: tickets.Address{Platform: tickets.Feishu, Channel: "oc_1", Topic: "om_root"},
		Urgency: tickets.UrgencyInteractive, Body: tickets.Body{Text: text},
	}
}
