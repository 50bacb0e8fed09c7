package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	testCorp   = "ww6a112864f8022910"
	testSecret = "sEcReTsEcReTsEcReT"
	testToken  = "kz7Yx62CH8SaLN"
	testAESKey = "cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP"
)

// fake is a small WeCom: it gives tokens, refuses dead ones, and answers the paths that a test sets.
type fake struct {
	*httptest.Server
	mu        sync.Mutex
	corp      string
	expiresIn int
	issued    int             // tokens given out
	living    map[string]bool // tokens that are accepted
	answers   map[string]func(r *http.Request, body []byte) any
	calls     map[string]int
	bodies    map[string][][]byte
}

func newFake(t *testing.T) *fake {
	f := &fake{corp: testCorp, expiresIn: 7200, living: map[string]bool{},
		answers: map[string]func(*http.Request, []byte) any{}, calls: map[string]int{}, bodies: map[string][][]byte{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// raw answers with bytes instead of JSON.
type raw struct {
	status int
	header map[string]string
	body   []byte
}

func code(n int) map[string]any {
	return map[string]any{"errcode": n, "errmsg": "hint: [1], from ip: 1.2.3.4, secret " + testSecret}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/egress/cgi-bin/")
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.calls[path]++
	f.bodies[path] = append(f.bodies[path], body)
	answer := f.answers[path]
	alive := f.living[r.URL.Query().Get("access_token")]
	f.mu.Unlock()
	var out any
	switch {
	case path == "gettoken" && answer == nil:
		out = f.issue(r)
	case path != "gettoken" && !alive:
		out = code(40014)
	case answer == nil:
		http.NotFound(w, r)
		return
	default:
		out = answer(r, body)
	}
	if b, ok := out.(raw); ok {
		for k, v := range b.header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(b.status)
		_, _ = w.Write(b.body)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fake) issue(r *http.Request) any {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case r.URL.Query().Get("corpid") != f.corp:
		return code(40013)
	case r.URL.Query().Get("corpsecret") != testSecret:
		return code(40001)
	}
	f.issued++
	token := fmt.Sprintf("%s-token-%d", f.corp, f.issued)
	f.living[token] = true
	return map[string]any{"errcode": 0, "access_token": token, "expires_in": f.expiresIn}
}

func (f *fake) killTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.living)
}

func (f *fake) on(path string, answer func(r *http.Request, body []byte) any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = answer
}

func (f *fake) answer(path string, out any) {
	f.on(path, func(*http.Request, []byte) any { return out })
}

func (f *fake) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[path]
}

// sent is the n-th body that a path got, decoded.
func (f *fake) sent(t *testing.T, path string, n int) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	require.Greater(t, len(f.bodies[path]), n)
	var out map[string]any
	require.NoError(t, json.Unmarshal(f.bodies[path][n], &out))
	return out
}

// memoryCache is a TokenCache; down makes it fail.
type memoryCache struct {
	mu   sync.Mutex
	kept map[string]string
	ttl  map[string]time.Duration
	down bool
}

var errDown = errors.New("cache is down")

func newCache() *memoryCache {
	return &memoryCache{kept: map[string]string{}, ttl: map[string]time.Duration{}}
}

func (m *memoryCache) Get(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return "", errDown
	}
	return m.kept[key], nil
}

func (m *memoryCache) Set(_ context.Context, key, value string, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	m.kept[key], m.ttl[key] = value, ttl
	return nil
}

func (m *memoryCache) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	delete(m.kept, key)
	return nil
}

// shelf is a bot.Files.
type shelf map[string][]byte

func (s shelf) Open(_ context.Context, key string) (io.ReadCloser, int64, error) {
	b, ok := s[key]
	if !ok {
		return nil, 0, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(b)), int64(len(b)), nil
}

func testConfig(base string) Config {
	return Config{CorpID: testCorp, KFSecret: testSecret, APIBase: base, Callbacks: []CallbackKey{{Token: testToken, AESKey: testAESKey}}}
}

func newClient(t *testing.T, f *fake, files shelf) (*Client, *memoryCache) {
	cache := newCache()
	c, err := New(testConfig(f.URL+"/egress"), cache, files, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, cache
}

func failureOf(t *testing.T, err error) tickets.Failure {
	var s *bot.SendError
	require.ErrorAs(t, err, &s)
	return s.Failure
}
