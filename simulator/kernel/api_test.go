package kernel

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type api struct {
	*World
	url  string
	done atomic.Int32 // calls that had their effect
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{World: NewWorld(NewClock(true, start), open(t, ""), "", nil)}
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.done.Add(1)
		if r.URL.Path == "/cgi-bin/bad" {
			WriteJSON(w, http.StatusOK, map[string]any{"aaa": map[string]int{"errcode": 1}, "errcode": 95001})
			return
		}
		WriteJSON(w, http.StatusOK, map[string]string{"path": r.URL.Path})
	})
	writeError := func(w http.ResponseWriter, f Fault) {
		WriteJSON(w, f.HTTPStatus, map[string]int{"errcode": f.ErrCode})
	}
	srv := httptest.NewServer(a.API(WeCom, "/wecom", writeError, next))
	t.Cleanup(srv.Close)
	a.url = srv.URL + "/wecom"
	return a
}

func (a *api) post(t *testing.T, path string) (int, string, http.Header) {
	t.Helper()
	resp, err := http.Post(a.url+path, "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, strings.TrimSpace(string(body)), resp.Header
}

func TestCallsAreLogged(t *testing.T) {
	a := newAPI(t)
	_, body, _ := a.post(t, "/cgi-bin/good")
	require.Equal(t, `{"path":"/cgi-bin/good"}`, body)
	a.post(t, "/cgi-bin/bad")
	calls := a.Calls.After(0)
	require.Len(t, calls, 2)
	require.Equal(t, Call{Seq: calls[1].Seq, Platform: WeCom, Method: "POST", Path: "/cgi-bin/bad", Status: 200, ErrCode: 95001, Time: start}, calls[1])
	require.Len(t, a.Calls.After(calls[0].Seq), 1)
	require.Empty(t, a.Calls.After(calls[1].Seq))
}

func TestFaultAnswersInsteadOfTheCallAndCounts(t *testing.T) {
	a := newAPI(t)
	require.NoError(t, a.Faults.Add(Fault{Platform: WeCom, Path: "/cgi-bin/kf", Times: 2, HTTPStatus: 429, ErrCode: 45009, Headers: map[string]string{"X-Reset": "3"}}))
	require.NoError(t, a.Faults.Add(Fault{Platform: Feishu, Path: "", HTTPStatus: 500}))
	a.post(t, "/cgi-bin/gettoken")
	require.EqualValues(t, 1, a.done.Load(), "another path is not met")
	for range 2 {
		status, body, head := a.post(t, "/cgi-bin/kf/send_msg")
		require.Equal(t, 429, status)
		require.Equal(t, `{"errcode":45009}`, body)
		require.Equal(t, "3", head.Get("X-Reset"))
	}
	require.EqualValues(t, 1, a.done.Load())
	status, _, _ := a.post(t, "/cgi-bin/kf/send_msg")
	require.Equal(t, 200, status)
	calls := a.Calls.After(0)
	require.Equal(t, []int{0, 45009, 45009, 0}, []int{calls[0].ErrCode, calls[1].ErrCode, calls[2].ErrCode, calls[3].ErrCode})
	require.Len(t, a.Faults.List(), 1)
	a.Faults.Clear()
	require.Empty(t, a.Faults.List())
}

func TestFaultAfterEffect(t *testing.T) {
	a := newAPI(t)
	require.NoError(t, a.Faults.Add(Fault{Platform: WeCom, Path: "/", Times: 1, HTTPStatus: 502, AfterEffect: true}))
	status, _, _ := a.post(t, "/cgi-bin/x")
	require.Equal(t, 502, status)
	require.EqualValues(t, 1, a.done.Load())
}

func TestFaultDelayGoesOnAndHangDoesNot(t *testing.T) {
	a := newAPI(t)
	require.NoError(t, a.Faults.Add(Fault{Platform: WeCom, Path: "/", Times: 1, Delay: Duration(30 * time.Millisecond)}))
	begun := time.Now()
	status, _, _ := a.post(t, "/cgi-bin/x")
	require.Equal(t, 200, status)
	require.GreaterOrEqual(t, time.Since(begun), 30*time.Millisecond)

	require.NoError(t, a.Faults.Add(Fault{Platform: WeCom, Path: "/", Times: 1, Hang: Duration(time.Millisecond)}))
	_, err := http.Post(a.url+"/cgi-bin/x", "application/json", strings.NewReader("{}"))
	require.Error(t, err, "the connection is dropped without an answer")
	require.EqualValues(t, 1, a.done.Load())

	require.NoError(t, a.Faults.Add(Fault{Platform: WeCom, Path: "/", Times: 1, Hang: Duration(time.Hour), AfterEffect: true}))
	client := http.Client{Timeout: 50 * time.Millisecond}
	_, err = client.Post(a.url+"/cgi-bin/x", "application/json", strings.NewReader("{}"))
	require.Error(t, err)
	require.EqualValues(t, 2, a.done.Load(), "it was done although no answer came")
}

func TestBadFaultsAreRefused(t *testing.T) {
	for _, f := range []Fault{
		{Platform: "slack", HTTPStatus: 500},
		{Platform: WeCom},
		{Platform: WeCom, Times: -1, HTTPStatus: 500},
		{Platform: WeCom, HTTPStatus: 42},
	} {
		require.Error(t, (&Faults{}).Add(f), "%+v", f)
	}
}

func TestErrcodeOf(t *testing.T) {
	for body, want := range map[string]int{
		`{"errcode":40014,"errmsg":"x"}`:               40014,
		`{"msg":{"code":7},"list":[{}],"code":230020}`: 230020,
		`{"code":"text"}`:                              0,
		`{"a":[1,2`:                                    0,
		`[]`:                                           0,
		``:                                             0,
		`{"errcode":0,"code":1}`:                       0,
		`{"errcode":5,"cut": "off`:                     5,
	} {
		require.Equal(t, want, errcodeOf([]byte(body)), body)
	}
}

func TestDuration(t *testing.T) {
	var d Duration
	require.NoError(t, d.UnmarshalJSON([]byte(`"1m30s"`)))
	require.Equal(t, 90*time.Second, time.Duration(d))
	for _, bad := range []string{`"soon"`, `30`, `"-1s"`} {
		require.Error(t, d.UnmarshalJSON([]byte(bad)), bad)
	}
	b, err := d.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, `"1m30s"`, string(b))
}

func TestIDsNeverRepeat(t *testing.T) {
	w := NewWorld(NewClock(true, start), open(t, ""), "", nil)
	seen := map[string]bool{}
	for range 1000 {
		id := w.NewID("om_")
		require.Regexp(t, `^om_[0-9a-f]{32}$`, id)
		require.False(t, seen[id], fmt.Sprint(id))
		seen[id] = true
	}
	require.Less(t, w.Rand.IntN(10), 10)
}
