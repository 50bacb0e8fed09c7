package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// crashLadder kills the desk in the middle of the start of an emergency, and in each minute in which nobody answers. Nobody is called twice on
// one rung, or sees the same card or word twice; and the ladder goes on to its end.
func crashLadder(t *testing.T, binary string, seed uint64) {
	c := &crash{t: t, mode: "websocket", client: &http.Client{Timeout: crashPatience}}
	c.open(binary, "sqlite:"+filepath.Join(t.TempDir(), "desk.db"), "embedded")
	c.awaken()
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test's dice
	for _, words := range []string{"产线停了", "紧急", "确认紧急"} {
		body := map[string]any{"msgtype": "text", "text": map[string]string{"content": words}}
		c.call(http.MethodPost, "/control/wecom/contacts/"+c.contact+"/messages", body, nil)
		if words != "确认紧急" {
			c.advance(time.Second)
			continue
		}
		time.Sleep(time.Duration(r.IntN(200)) * time.Millisecond)
	}
	for range 9 {
		c.desk.kill()
		c.desk.start()
		c.awaken()
		c.advance(time.Minute)
	}
	c.checkLadder()
}

func (c *crash) checkLadder() {
	var state struct {
		Users []struct {
			OpenID string `json:"open_id"`
			Name   string
		}
		Chats []struct{ Name string }
	}
	c.call(http.MethodGet, "/control/state", nil, &state)
	var list struct {
		Urgents []struct {
			MessageID string `json:"message_id"`
			OpenID    string `json:"open_id"`
			Kind      string
		}
	}
	c.call(http.MethodGet, "/control/feishu/urgents", nil, &list)
	rungs := map[string]int{}
	for _, u := range list.Urgents {
		rungs[fmt.Sprint(u.OpenID, u.Kind, u.MessageID)]++
	}
	for rung, n := range rungs {
		assert.Equal(c.t, 1, n, "the rung %s", rung)
	}
	// Owner, liaison, twice three, leader and administrator, less what the deaths cost.
	assert.GreaterOrEqual(c.t, len(rungs), 6, "most of the calls arrive: a death costs a call at most")
	wars := 0
	for _, chat := range state.Chats {
		if strings.HasPrefix(chat.Name, "紧急") {
			wars++
		}
	}
	assert.Equal(c.t, 1, wars, "one emergency has one war room")
	for _, u := range state.Users {
		var direct struct{ Messages []crashPost }
		c.call(http.MethodGet, "/control/feishu/users/"+u.OpenID+"/messages", nil, &direct)
		seen := map[string]int{}
		for _, m := range direct.Messages {
			seen[m.MsgType+" "+m.Text]++
		}
		for text, n := range seen {
			assert.Equal(c.t, 1, n, "%s sees %q", u.Name, text)
		}
	}
	var said struct{ Messages []struct{ From, Text string } }
	c.call(http.MethodGet, "/control/wecom/contacts/"+c.contact+"/messages", nil, &said)
	heard := map[string]int{}
	for _, m := range said.Messages {
		heard[m.From+" "+m.Text]++
	}
	for text, n := range heard {
		require.Equal(c.t, 1, n, "the contact sees %q", text)
	}
}
