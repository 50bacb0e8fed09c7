package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator"
)

// open starts both sides with the sample people.
func (c *crash) open(binary, database, queue string) {
	t := c.t
	c.desk = newCrashDesk(t, binary)
	t.Cleanup(c.desk.front.Close)
	var err error
	c.sim, err = simulator.New(simulator.Options{DeskURL: c.desk.front.URL, Virtual: true})
	require.NoError(t, err)
	c.server = httptest.NewServer(c.desk.moment.around(c.sim.Handler()))
	t.Cleanup(func() {
		c.desk.kill()
		assert.NoError(t, c.sim.Close())
		c.client.CloseIdleConnections()
		c.server.Close()
	})
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, envPrefix) {
			c.desk.env = append(c.desk.env, pair)
		}
	}
	var settings map[string]string
	c.call(http.MethodGet, "/control/desk_config", nil, &settings)
	settings["SERVICEDESK_DATABASE_URL"], settings["SERVICEDESK_REDIS_URL"] = database, queue
	settings["SERVICEDESK_PUBLIC_URL"], settings["SERVICEDESK_LISTEN"] = c.desk.front.URL, "127.0.0.1:0"
	settings["SERVICEDESK_FEISHU_MODE"] = c.mode
	for name, value := range settings {
		c.desk.env = append(c.desk.env, name+"="+value)
	}
	out, err := c.desk.command("import", "--sample").CombinedOutput()
	require.NoError(t, err, string(out))
	if queue != "embedded" {
		options, err := redis.ParseURL(queue)
		require.NoError(t, err)
		c.queue = redis.NewClient(options)
		t.Cleanup(func() { assert.NoError(t, c.queue.Close()) })
	}
	c.desk.start()
	c.meet()
}

// meet finds the people, once the desk has made its group.
func (c *crash) meet() {
	c.until("the desk makes its group", func() bool {
		var state struct {
			Contacts []struct{ ID, Name string }
			Users    []struct {
				OpenID string `json:"open_id"`
				Name   string
			}
			Chats []struct {
				ChatID string `json:"chat_id"`
				Name   string
			}
		}
		c.call(http.MethodGet, "/control/state", nil, &state)
		for _, x := range state.Contacts {
			if x.Name == "李工" {
				c.contact = x.ID
			}
		}
		for _, x := range state.Users {
			if x.Name == "张伟" {
				c.engineer = x.OpenID
			}
		}
		for _, x := range state.Chats {
			if x.Name == deskGroupName {
				c.group = x.ChatID
			}
		}
		return c.contact != "" && c.engineer != "" && c.group != ""
	})
}

type crashPost struct {
	MessageID  string `json:"message_id"`
	RootID     string `json:"root_id"`
	SenderType string `json:"sender_type"`
	MsgType    string `json:"msg_type"`
	Text       string
	Reactions  []string
}

func (c *crash) heard() []crashPost {
	var list struct{ Messages []crashPost }
	c.call(http.MethodGet, "/control/feishu/chats/"+c.group+"/messages", nil, &list)
	return list.Messages
}

// call speaks to the simulator, which does not die. It may be used from any goroutine.
func (c *crash) call(method, path string, in, out any) {
	if err := c.exchange(method, c.server.URL+path, in, out); err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
	}
}

// ask reads from the desk; false: it is not there.
func (c *crash) ask(path string, out any) bool {
	return c.exchange(http.MethodGet, c.desk.front.URL+path, nil, out) == nil
}

func (c *crash) exchange(method, address string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		return err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %.300s", resp.Status, raw)
	case out == nil:
		return nil
	}
	return json.Unmarshal(raw, out)
}

func (c *crash) until(what string, f func() bool) bool {
	c.t.Helper()
	for end := time.Now().Add(crashPatience); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Errorf("waited in vain: %s\n%s", what, c.desk.tail(40))
			return false
		}
	}
	return true
}

// crashService gives the address of a server for tests. Without one the test is skipped, unless nothing may be skipped.
func crashService(t *testing.T, variable string) *url.URL {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" && os.Getenv("SERVICEDESK_TEST_STRICT") == "1" {
		t.Fatalf("%s is not set: run the tests with make test", variable)
	}
	if address == "" {
		t.Skipf("%s is not set: make test crashes the desk on PostgreSQL and Redis, too", variable)
	}
	u, err := url.Parse(address)
	require.NoError(t, err, variable)
	return u
}

// crashDatabase makes a database that is dropped after the test.
func crashDatabase(t *testing.T, n int) string {
	t.Helper()
	u := crashService(t, "SERVICEDESK_TEST_POSTGRES")
	admin, err := sql.Open("pgx", u.String())
	require.NoError(t, err)
	name := fmt.Sprintf("crash_%d_%d", os.Getpid(), n)
	_, err = admin.Exec("CREATE DATABASE " + name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		assert.NoError(t, err)
		assert.NoError(t, admin.Close())
	})
	u.Path = "/" + name
	return u.String()
}

// crashRedis is one of the server's sixteen databases: what is wiped must not be another test's.
func crashRedis(t *testing.T, n int) string {
	t.Helper()
	u := crashService(t, "SERVICEDESK_TEST_REDIS")
	u.Path = fmt.Sprintf("/%d", 14+n)
	return u.String()
}
