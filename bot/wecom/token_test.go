package wecom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

var noAccounts = map[string]any{"errcode": 0, "account_list": []any{}}

func accountsOf(ids ...string) map[string]any {
	list := []any{}
	for _, id := range ids {
		list = append(list, map[string]any{"open_kfid": id, "name": "服务台", "manage_privilege": true})
	}
	return map[string]any{"errcode": 0, "account_list": list}
}

func TestTokenIsFetchedOnceAndKept(t *testing.T) {
	f := newFake(t)
	f.answer("kf/account/list", noAccounts)
	c, cache := newClient(t, f, nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := c.Accounts(t.Context())
			require.NoError(t, err)
		})
	}
	all.Wait()
	require.Equal(t, 1, f.count("gettoken"))
	require.Equal(t, 7200*time.Second-tokenMargin, cache.ttl[c.tokenKey()])

	replica, err := New(testConfig(f.URL+"/egress"), cache, nil, nil)
	require.NoError(t, err)
	_, err = replica.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, f.count("gettoken"), "replicas share the token")
}

// Clients of several corps with bases of their own live in one process.
func TestClientsWithDifferentBases(t *testing.T) {
	const clients = 8
	var all sync.WaitGroup
	for i := range clients {
		f := newFake(t)
		f.corp = fmt.Sprintf("ww%016d", i)
		f.answer("kf/account/list", accountsOf("wk-"+f.corp))
		cfg := testConfig(f.URL + "/egress/")
		cfg.CorpID = f.corp
		c, err := New(cfg, newCache(), nil, nil)
		require.NoError(t, err)
		t.Cleanup(c.Close)
		all.Go(func() {
			for range 5 {
				f.killTokens()
				got, err := c.Accounts(t.Context())
				require.NoError(t, err)
				require.Equal(t, []tickets.RemoteID{tickets.RemoteID("wk-" + f.corp)}, got)
			}
		})
	}
	all.Wait()
}

func TestDeadTokenIsReplaced(t *testing.T) {
	for _, dead := range []int{40014, 42001, 41001} {
		f := newFake(t)
		c, _ := newClient(t, f, nil)
		f.on("kf/account/list", func(r *http.Request, _ []byte) any {
			if r.URL.Query().Get("access_token") == testCorp+"-token-1" {
				return code(dead)
			}
			return noAccounts
		})
		_, err := c.Accounts(t.Context())
		require.NoError(t, err, dead)
		require.Equal(t, 2, f.count("gettoken"), dead)
		require.Equal(t, 2, f.count("kf/account/list"), dead)
	}
}

func TestDeadTokenIsReplacedOnceForAll(t *testing.T) {
	f := newFake(t)
	f.answer("kf/account/list", noAccounts)
	c, _ := newClient(t, f, nil)
	_, err := c.Accounts(t.Context())
	require.NoError(t, err)
	f.killTokens()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := c.Accounts(t.Context())
			require.NoError(t, err)
		})
	}
	all.Wait()
	require.Equal(t, 2, f.count("gettoken"))
}

func TestRenewSparesTheNewToken(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, nil)
	dead, err := c.token(t.Context())
	require.NoError(t, err)
	first, err := c.renew(t.Context(), dead)
	require.NoError(t, err)
	require.NotEqual(t, dead, first)
	second, err := c.renew(t.Context(), dead)
	require.NoError(t, err)
	require.Equal(t, first, second, "who met the dead token late takes the one that is there")
	require.Equal(t, 2, f.count("gettoken"))
}

func TestTokenFetchOutlivesWhoBeganIt(t *testing.T) {
	f := newFake(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	f.on("gettoken", func(r *http.Request, _ []byte) any {
		close(asked)
		<-answer
		return f.issue(r)
	})
	c, _ := newClient(t, f, nil)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() { _, err := c.token(ctx); failed <- err }()
	<-asked
	cancel()
	err := <-failed
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, failureOf(t, err).Certain)
	got := make(chan string)
	go func() { token, _ := c.token(t.Context()); got <- token }()
	close(answer)
	require.NotEmpty(t, <-got)
	require.Equal(t, 1, f.count("gettoken"), "the second caller joined the fetch of the first")
}

func TestTokenThatStaysDead(t *testing.T) {
	f := newFake(t)
	f.answer("kf/account/list", code(42001))
	c, _ := newClient(t, f, nil)
	_, err := c.Accounts(t.Context())
	require.Equal(t, tickets.Failure{Class: tickets.Unauthorized, Certain: true, Code: 42001, Reason: "access token expired"}, failureOf(t, err))
	require.Equal(t, 2, f.count("kf/account/list"), "one repeat, not more")
}

func TestShortLivedTokenIsKept(t *testing.T) {
	for life, want := range map[int]time.Duration{7200: 5700 * time.Second, 1500: 750 * time.Second, 60: 30 * time.Second, 0: 0} {
		f := newFake(t)
		f.expiresIn = life
		f.answer("kf/account/list", noAccounts)
		c, cache := newClient(t, f, nil)
		_, err := c.Accounts(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, cache.ttl[c.tokenKey()], life)
	}
}

func TestCacheDown(t *testing.T) {
	f := newFake(t)
	f.answer("kf/account/list", noAccounts)
	c, cache := newClient(t, f, nil)
	cache.down = true
	for range 3 {
		_, err := c.Accounts(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, 1, f.count("gettoken"), "the process keeps the token itself")
	f.killTokens()
	_, err := c.Accounts(t.Context())
	require.NoError(t, err, "and heals it")

	c.tokens.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	before := f.count("gettoken")
	_, err = c.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, before+1, f.count("gettoken"), "but not beyond its life")
}

func TestStoreIgnoresWhatIsNoToken(t *testing.T) {
	s := &tokenStore{shared: newCache(), now: time.Now, log: slog.New(slog.DiscardHandler), local: map[string]localToken{}}
	require.NoError(t, s.Set("k", 42, time.Hour))
	require.NoError(t, s.Set("k", "", time.Hour))
	require.Nil(t, s.Get("k"))
	require.False(t, s.IsExist("k"))
}

func TestRefusedCredentialsRest(t *testing.T) {
	f := newFake(t)
	cfg := testConfig(f.URL + "/egress")
	cfg.KFSecret = "wrong"
	c, err := New(cfg, newCache(), nil, nil)
	require.NoError(t, err)
	now := time.Now()
	c.now = func() time.Time { return now }
	want := tickets.Failure{Class: tickets.Misconfigured, Certain: true, Code: 40001, Reason: "secret not accepted"}
	for range 5 {
		require.Equal(t, want, failureOf(t, c.Check(t.Context())))
	}
	require.Equal(t, 1, f.count("gettoken"), "a wrong secret repeated bans the address")
	now = now.Add(refusalRest)
	require.Equal(t, want, failureOf(t, c.Check(t.Context())))
	require.Equal(t, 2, f.count("gettoken"))
}

func TestTokenFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		answer any
		want   tickets.Failure
	}{
		"throttled":   {code(45009), tickets.Failure{Class: tickets.Throttled, Certain: true, After: 10 * time.Second, Code: 45009, Reason: "called too often"}},
		"busy":        {code(-1), tickets.Failure{Class: tickets.Transient, Certain: true, Code: -1, Reason: "WeCom is busy"}},
		"address":     {code(60020), tickets.Failure{Class: tickets.Misconfigured, Certain: true, Code: 60020, Reason: verdicts[60020].reason}},
		"bad gateway": {raw{status: 502}, tickets.Failure{Class: tickets.Transient, Certain: true, Reason: "HTTP 502"}},
		"no JSON":     {raw{status: 200, body: []byte("<html>")}, tickets.Failure{Class: tickets.Transient, Certain: true, Reason: "unreadable answer"}},
		"no token":    {map[string]any{"errcode": 0}, tickets.Failure{Class: tickets.Transient, Certain: true, Reason: "unreadable answer"}},
	} {
		f := newFake(t)
		f.answer("gettoken", tc.answer)
		c, _ := newClient(t, f, nil)
		_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", Body: tickets.Body{Text: "你好"}})
		require.Equal(t, tc.want, failureOf(t, err), name)
		require.Zero(t, f.count("kf/send_msg"), name)
	}
}

// Neither errors nor logs may tell secrets, tokens or addresses, however the exchange breaks.
func TestNothingSecretInErrors(t *testing.T) {
	f := newFake(t)
	var logged bytes.Buffer
	c, err := New(testConfig(f.URL+"/egress"), newCache(), nil, slog.New(slog.NewTextHandler(&logged, nil)))
	require.NoError(t, err)
	token := testCorp + "-token-1"
	abort := func(*http.Request, []byte) any { panic(http.ErrAbortHandler) }
	f.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	check := func(what string, err error) {
		require.Error(t, err, what)
		for ; err != nil; err = errors.Unwrap(err) {
			for _, secret := range []string{testSecret, token, "access_token=", "corpsecret", "http://", "127.0.0.1", "1.2.3.4", "hint"} {
				require.NotContains(t, err.Error(), secret, what)
			}
		}
	}
	f.on("gettoken", abort)
	check("token aborted", c.Check(t.Context()))
	f.answer("gettoken", raw{status: 500})
	check("token 500", c.Check(t.Context()))
	f.answer("gettoken", code(60020))
	check("token refused", c.Check(t.Context()))
	f.answer("gettoken", nil)
	f.on("gettoken", nil)
	f.on("kf/account/list", abort)
	check("call aborted", c.Check(t.Context()))
	f.answer("kf/account/list", code(48002))
	check("call refused", c.Check(t.Context()))
	elsewhere := newFake(t)
	f.answer("kf/account/list", raw{status: 302, header: map[string]string{"Location": elsewhere.URL + "/egress/cgi-bin/trap"}})
	check("call redirected", c.Check(t.Context()))
	require.Zero(t, elsewhere.count("trap"), "a redirect would carry the token away")
	f.Close()
	check("server gone", c.Check(t.Context()))
	require.NotContains(t, logged.String(), testSecret)
	require.NotContains(t, logged.String(), token)
}

func TestTransportFailures(t *testing.T) {
	send := func(ctx context.Context, c *Client) error {
		_, err := c.Send(ctx, tickets.Outgoing{Key: "k", Body: tickets.Body{Text: "x"}})
		return err
	}
	t.Run("refused connection is certain", func(t *testing.T) {
		f := newFake(t)
		c, _ := newClient(t, f, nil)
		_, err := c.token(t.Context())
		require.NoError(t, err)
		f.Close()
		c.Close() // on a connection kept alive the loss would only show after writing
		require.Equal(t, tickets.Failure{Class: tickets.Transient, Certain: true, Reason: "no connection"}, failureOf(t, send(t.Context(), c)))
	})
	t.Run("a lost answer is uncertain", func(t *testing.T) {
		f := newFake(t)
		f.on("kf/send_msg", func(*http.Request, []byte) any { panic(http.ErrAbortHandler) })
		c, _ := newClient(t, f, nil)
		got := failureOf(t, send(t.Context(), c))
		require.Equal(t, tickets.Transient, got.Class)
		require.False(t, got.Certain)
	})
	t.Run("a time-out is uncertain", func(t *testing.T) {
		f := newFake(t)
		ctx, cancel := context.WithCancel(t.Context())
		f.on("kf/send_msg", func(r *http.Request, _ []byte) any { cancel(); <-r.Context().Done(); return nil })
		c, _ := newClient(t, f, nil)
		err := send(ctx, c)
		require.Equal(t, tickets.Failure{Class: tickets.Transient, Reason: "cancelled"}, failureOf(t, err))
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("an untrusted certificate is for the administrator", func(t *testing.T) {
		tls := httptest.NewUnstartedServer(http.NotFoundHandler())
		tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		tls.StartTLS()
		defer tls.Close()
		c, err := New(testConfig(tls.URL), newCache(), nil, nil)
		require.NoError(t, err)
		require.Equal(t, tickets.Failure{Class: tickets.Misconfigured, Certain: true, Reason: "certificate not trusted"}, failureOf(t, c.Check(t.Context())))
	})
}

func TestCheck(t *testing.T) {
	f := newFake(t)
	f.answer("kf/account/list", accountsOf("wk1"))
	cfg := testConfig(f.URL + "/egress")
	for name, tc := range map[string]struct {
		ids  []string
		good bool
	}{
		"all":     {nil, true},
		"managed": {[]string{"wk1"}, true},
		"foreign": {[]string{"wk1", "wk2"}, false},
	} {
		cfg.OpenKFIDs = tc.ids
		c, err := New(cfg, newCache(), nil, nil)
		require.NoError(t, err)
		err = c.Check(t.Context())
		require.Equal(t, tc.good, err == nil, name)
		if err != nil {
			require.Equal(t, tickets.Misconfigured, bot.FailureOf(err).Class, name)
		}
	}
	f.answer("kf/account/list", noAccounts)
	c, _ := newClient(t, f, nil)
	require.Equal(t, tickets.Misconfigured, failureOf(t, c.Check(t.Context())).Class, "nothing to serve")
}
