package simulator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

const ligong = "wmSampleLigong000000000001"

// running is a simulator served on its own listener.
type running struct {
	*Simulator
	t    *testing.T
	stop func()
}

func run(t *testing.T, o Options) *running {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	s, err := New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	r := &running{Simulator: s, t: t, stop: func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-ended)
		}
	}}
	t.Cleanup(r.stop)
	return r
}

// call speaks to the simulator and gives status and decoded answer.
func (r *running) call(method, path string, in any) (int, map[string]any) {
	r.t.Helper()
	raw, err := json.Marshal(in)
	require.NoError(r.t, err)
	req, err := http.NewRequest(method, "http://"+r.Addr()+path, bytes.NewReader(raw))
	require.NoError(r.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	out := map[string]any{}
	_ = json.NewDecoder(resp.Body).Decode(&out) // pages have no fields
	return resp.StatusCode, out
}

func (r *running) good(method, path string, in any) map[string]any {
	r.t.Helper()
	status, out := r.call(method, path, in)
	require.Equal(r.t, http.StatusOK, status, "%s %s: %v", method, path, out["error"])
	return out
}

func (r *running) says(words string) {
	r.t.Helper()
	r.good("POST", "/control/wecom/contacts/"+ligong+"/messages", map[string]any{"msgtype": "text", "text": map[string]string{"content": words}})
}

func TestStateAndDeskConfig(t *testing.T) {
	s := run(t, Options{Virtual: true})
	state := s.good("GET", "/control/state", nil)
	require.Len(t, state["contacts"], 4)
	require.Len(t, state["users"], 11)
	require.Empty(t, state["chats"])
	require.NotNil(t, state["chats"], "an empty list is a list")
	now, err := time.Parse(time.RFC3339, state["now"].(string))
	require.NoError(t, err)
	require.True(t, now.Equal(time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)), "a Monday, 09:30 in China")

	config := s.good("GET", "/control/desk_config", nil)
	require.Equal(t, "http://"+s.Addr()+"/wecom", config["SERVICEDESK_WECOM_API_BASE"])
	require.Equal(t, "http://"+s.Addr()+"/feishu", config["SERVICEDESK_FEISHU_API_BASE"])
	require.Equal(t, "13800000011", config["SERVICEDESK_ADMINS"])
	require.Len(t, config, 12)
	for name, value := range s.DeskConfig() {
		require.NotEmpty(t, value, name)
		require.Equal(t, value, config[name], name)
	}
	resp, err := http.Get("http://" + s.Addr() + "/wecom/cgi-bin/gettoken?corpid=" + config["SERVICEDESK_WECOM_CORP_ID"].(string) + "&corpsecret=" + config["SERVICEDESK_WECOM_KF_SECRET"].(string))
	require.NoError(t, err)
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&token))
	require.NotEmpty(t, token.AccessToken, "the configuration is good")

	other := run(t, Options{})
	require.NotEqual(t, config["SERVICEDESK_WECOM_CORP_ID"], other.DeskConfig()["SERVICEDESK_WECOM_CORP_ID"], "random, because SDK caches are global")
}

func TestPageIsThere(t *testing.T) {
	s := run(t, Options{})
	resp, err := http.Get("http://" + s.Addr() + "/")
	require.NoError(t, err)
	defer resp.Body.Close()
	var page bytes.Buffer
	_, err = page.ReadFrom(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, strings.ToLower(page.String()), "<html")
}

func TestClockCalls(t *testing.T) {
	s := run(t, Options{Virtual: true, Start: time.Date(2026, 2, 24, 10, 0, 0, 0, time.UTC)})
	out := s.good("POST", "/control/clock", map[string]string{"advance": "4h"})
	require.Equal(t, "2026-02-24T14:00:00Z", out["now"])
	out = s.good("POST", "/control/clock", map[string]string{"set": "2026-02-25T00:00:00+08:00"})
	require.Equal(t, "2026-02-25T00:00:00+08:00", out["now"])
	for _, bad := range []any{
		map[string]string{"set": "2026-02-24T00:00:00+08:00"}, map[string]string{"advance": "-1h"}, map[string]string{"advance": "soon"},
		map[string]string{}, map[string]string{"advance": "1h", "set": "2027-01-01T00:00:00Z"},
	} {
		status, out := s.call("POST", "/control/clock", bad)
		require.Equal(t, http.StatusBadRequest, status, "%v", bad)
		require.NotEmpty(t, out["error"])
	}
	out = s.good("GET", "/control/clock", nil)
	require.Equal(t, map[string]any{"now": "2026-02-25T00:00:00+08:00", "virtual": true}, out)

	real := run(t, Options{})
	status, _ := real.call("POST", "/control/clock", map[string]string{"advance": "4h"})
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, false, real.good("GET", "/control/clock", nil)["virtual"])
}

func TestFaultsCallbacksCallsSwitches(t *testing.T) {
	s := run(t, Options{Virtual: true})
	s.good("POST", "/control/faults", map[string]any{"platform": "wecom", "path": "/cgi-bin/", "times": 1, "http_status": 503, "headers": map[string]string{"X-A": "1"}, "delay": "1ms"})
	s.good("POST", "/control/faults", map[string]any{"platform": "feishu", "path": "/open-apis/", "times": 0, "errcode": 99991400})
	status, _ := s.call("GET", "/wecom/cgi-bin/gettoken", nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	_, out := s.call("GET", "/wecom/cgi-bin/gettoken", nil)
	require.EqualValues(t, 40013, out["errcode"])
	_, out = s.call("POST", "/feishu/open-apis/im/v1/messages", nil)
	require.EqualValues(t, 99991400, out["code"])
	require.Len(t, s.good("GET", "/control/faults", nil)["faults"], 1)
	require.Empty(t, s.good("DELETE", "/control/faults", nil)["faults"])
	_, out = s.call("POST", "/feishu/open-apis/im/v1/messages", nil)
	require.NotEqualValues(t, 99991400, out["code"])

	calls := s.good("GET", "/control/calls", nil)["calls"].([]any)
	require.Len(t, calls, 4)
	first := calls[0].(map[string]any)
	require.Equal(t, []any{"wecom", "GET", "/cgi-bin/gettoken", 503.0, 0.0}, []any{first["platform"], first["method"], first["path"], first["status"], first["errcode"]})
	third := calls[2].(map[string]any)
	require.Equal(t, []any{"feishu", "/open-apis/im/v1/messages", 99991400.0}, []any{third["platform"], third["path"], third["errcode"]})
	seq, _ := json.Marshal(third["seq"])
	require.Len(t, s.good("GET", "/control/calls?after="+string(seq), nil)["calls"], 1)

	s.good("POST", "/control/callbacks", map[string]any{"platform": "wecom", "mode": "delay", "times": 2, "delay": "10m"})
	require.Len(t, s.good("GET", "/control/callbacks", nil)["callbacks"], 1)
	require.Empty(t, s.good("DELETE", "/control/callbacks", nil)["callbacks"])

	for path, bad := range map[string]any{
		"/control/faults":    map[string]any{"platform": "slack", "http_status": 500},
		"/control/callbacks": map[string]any{"platform": "wecom", "mode": "lose"},
		"/control/switches":  map[string]any{"wecom.nonsense": true},
	} {
		status, out := s.call("POST", path, bad)
		require.Equal(t, http.StatusBadRequest, status, path)
		require.NotEmpty(t, out["error"])
	}
	s.good("POST", "/control/switches", map[string]any{"wecom.menu_click_renews_window": true})
	require.True(t, s.world.Switches.Bool("wecom.menu_click_renews_window"))
	for _, x := range s.good("GET", "/control/switches", nil)["switches"].([]any) {
		require.NotEmpty(t, x.(map[string]any)["meaning"])
	}
}

func TestEventsStreamLive(t *testing.T) {
	s := run(t, Options{Virtual: true})
	resp, err := http.Get("http://" + s.Addr() + "/control/events")
	require.NoError(t, err)
	defer resp.Body.Close()
	events := make(chan kernel.Event, 100)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			var e kernel.Event
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &e) == nil {
				events <- e
			}
		}
	}()
	s.says("在吗")
	require.Equal(t, kernel.Event{Kind: "wecom", ID: ligong}, <-events)
	s.good("POST", "/control/clock", map[string]string{"advance": "1m"})
	require.Equal(t, kernel.Event{Kind: "clock"}, <-events)
	s.stop() // ends although the stream is open
	for range events {
	}
}

func TestKeptData(t *testing.T) {
	dir := t.TempDir()
	s := run(t, Options{Virtual: true, DataDir: dir})
	s.says("在吗")
	s.good("POST", "/control/clock", map[string]string{"advance": "1h"})
	config := s.DeskConfig()
	kept := s.world.Clock.Now()
	s.stop()

	s = run(t, Options{Virtual: true, DataDir: dir})
	require.True(t, s.world.Clock.Now().Equal(kept))
	require.Equal(t, config["SERVICEDESK_WECOM_KF_SECRET"], s.DeskConfig()["SERVICEDESK_WECOM_KF_SECRET"])
	require.Equal(t, config["SERVICEDESK_FEISHU_APP_ID"], s.DeskConfig()["SERVICEDESK_FEISHU_APP_ID"])
	require.Len(t, s.good("GET", "/control/wecom/contacts/"+ligong+"/messages", nil)["messages"], 1)
	s.stop()

	_, err := New(Options{Virtual: true, DataDir: dir, Start: kept.Add(-time.Second)})
	require.ErrorContains(t, err, "only goes forward")
	s = run(t, Options{Virtual: true, DataDir: dir, Start: kept.Add(48 * time.Hour)})
	require.True(t, s.world.Clock.Now().Equal(kept.Add(48*time.Hour)), "the machine was off until then")
	s.stop()
	s = run(t, Options{Virtual: true, DataDir: dir})
	require.True(t, s.world.Clock.Now().Equal(kept.Add(48*time.Hour)))
}

func TestListenErrorsAreTold(t *testing.T) {
	s := run(t, Options{})
	_, err := New(Options{Listen: s.Addr()})
	require.ErrorContains(t, err, "listener")
	quiet, err := New(Options{})
	require.NoError(t, err)
	require.Empty(t, quiet.Addr())
	require.Error(t, quiet.Run(t.Context()))
	require.NoError(t, quiet.Close())
}
