package feishu

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/simulator"
	"servicedesk/tickets"
)

// world is a simulated Feishu with a client that speaks with it.
type world struct {
	*Client
	t     *testing.T
	base  string
	cfg   Config
	users map[string]tickets.RemoteID // by name
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	return worldWithDesk(t, "", change...)
}

func worldWithDesk(t *testing.T, deskURL string, change ...func(*Config)) *world {
	t.Helper()
	s, err := simulator.New(simulator.Options{Listen: "127.0.0.1:0", DeskURL: deskURL})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	w := &world{t: t, base: "http://" + s.Addr(), users: map[string]tickets.RemoteID{}}
	env := s.DeskConfig()
	w.cfg = Config{
		AppID: env["SERVICEDESK_FEISHU_APP_ID"], AppSecret: env["SERVICEDESK_FEISHU_APP_SECRET"], APIBase: env["SERVICEDESK_FEISHU_API_BASE"],
		VerificationToken: env["SERVICEDESK_FEISHU_VERIFICATION_TOKEN"], EncryptKey: env["SERVICEDESK_FEISHU_ENCRYPT_KEY"],
	}
	for _, f := range change {
		f(&w.cfg)
	}
	w.Client, err = New(w.cfg, nil, store{"png": pixel, "k1": "hello"}, nil)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	var state struct {
		Users []struct {
			OpenID tickets.RemoteID `json:"open_id"`
			Name   string           `json:"name"`
		} `json:"users"`
	}
	w.control("GET", "/control/state", nil, &state)
	for _, u := range state.Users {
		w.users[u.Name] = u.OpenID
	}
	return w
}

// pixel is a PNG of one pixel.
var pixel = func() string {
	raw, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	return string(raw)
}()

func (w *world) control(method, path string, in, out any) {
	w.t.Helper()
	raw, err := json.Marshal(in)
	require.NoError(w.t, err)
	req, err := http.NewRequest(method, w.base+path, bytes.NewReader(raw))
	require.NoError(w.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, 200, resp.StatusCode, "%s %s: %s", method, path, answer)
	if out != nil {
		require.NoError(w.t, json.Unmarshal(answer, out))
	}
}

// seen is a message as people see it.
type seen struct {
	MessageID tickets.RemoteID `json:"message_id"`
	RootID    tickets.RemoteID `json:"root_id"`
	ThreadID  string           `json:"thread_id"`
	MsgType   string           `json:"msg_type"`
	Text      string           `json:"text"`
	Buttons   []string         `json:"buttons"`
	Mentions  []string         `json:"mentions"`
	Reactions []string         `json:"reactions"`
	Updated   bool             `json:"updated"`
}

func (w *world) messages(of string) []seen {
	w.t.Helper()
	var answer struct {
		Messages []seen `json:"messages"`
	}
	w.control("GET", "/control/feishu/"+of+"/messages", nil, &answer)
	return answer.Messages
}

func (w *world) group() tickets.RemoteID {
	w.t.Helper()
	chat, err := w.CreateGroup(w.t.Context(), "服务台工单", []tickets.RemoteID{w.users["张伟"], w.users["李娜"]}, "group-key")
	require.NoError(w.t, err)
	return chat
}

func (w *world) send(out tickets.Outgoing) tickets.RemoteID {
	w.t.Helper()
	receipt, err := w.Send(w.t.Context(), out)
	require.NoError(w.t, err)
	return receipt.RemoteID
}

func (w *world) says(name string, body map[string]any) tickets.RemoteID {
	w.t.Helper()
	var answer struct {
		MessageID tickets.RemoteID `json:"message_id"`
	}
	w.control("POST", "/control/feishu/users/"+string(w.users[name])+"/messages", body, &answer)
	return answer.MessageID
}

func (w *world) fault(fault map[string]any) {
	w.t.Helper()
	fault["platform"] = "feishu"
	w.control("POST", "/control/faults", fault, nil)
}

func cardTo(chat tickets.RemoteID, card tickets.Card, key string) tickets.Outgoing {
	return tickets.Outgoing{Key: key, Use: tickets.UseTicketCard, To: tickets.Address{Channel: chat}, Body: tickets.Body{Card: &card}}
}
