package feishu

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
)

// sharedCache is a cache for several clients; broken makes every exchange fail.
type sharedCache struct {
	mu     sync.Mutex
	values map[string]string
	ttl    time.Duration
	broken error
}

func (s *sharedCache) Get(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key], s.broken
}

func (s *sharedCache) Set(_ context.Context, key, value string, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.values[key], s.ttl = value, ttl
	}
	return s.broken
}

func (s *sharedCache) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, key)
	return s.broken
}

func replica(t *testing.T, f *fake, cache TokenCache) *Client {
	t.Helper()
	c, err := New(Config{AppID: testApp, AppSecret: "secret", APIBase: f.URL + "/feishu", Pace: Pace{Off: true}}, cache, nil, nil)
	require.NoError(t, err)
	return c
}

func TestReplicasShareTheToken(t *testing.T) {
	f, _ := newFake(t)
	cache := &sharedCache{values: map[string]string{}}
	a, b := replica(t, f, cache), replica(t, f, cache)
	_, err := a.Send(t.Context(), topicWords("x"))
	require.NoError(t, err)
	_, err = b.Send(t.Context(), topicWords("x"))
	require.NoError(t, err)
	require.Equal(t, 1, f.tokens)
	require.Equal(t, 2*time.Hour-tokenMargin, cache.ttl)

	// The token dies; a replaces it, and b, who still has the dead one in hand, takes the new one instead of throwing it away.
	dead := "t-1"
	next, err := a.renew(t.Context(), dead)
	require.NoError(t, err)
	require.Equal(t, "t-2", next)
	next, err = b.renew(t.Context(), dead)
	require.NoError(t, err)
	require.Equal(t, "t-2", next)
	require.Equal(t, 2, f.tokens)
}

func TestManyNeedOneToken(t *testing.T) {
	f, c := newFake(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.Send(t.Context(), topicWords("x")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, f.tokens)
}

func TestABrokenCacheCostsATokenOnly(t *testing.T) {
	f, _ := newFake(t)
	c := replica(t, f, &sharedCache{values: map[string]string{}, broken: errors.New("down")})
	for range 3 {
		_, err := c.Send(t.Context(), topicWords("x"))
		require.NoError(t, err)
	}
	require.Equal(t, 1, f.tokens)
	f.next("POST /im", reply{status: 400, code: 99991663})
	_, err := c.Send(t.Context(), topicWords("x"))
	require.NoError(t, err)
	require.Equal(t, 2, f.tokens)
}

func TestAShortTokenIsNotKept(t *testing.T) {
	cache := &sharedCache{values: map[string]string{}}
	s := tokenStore{shared: cache, key: "k"}
	s.set(t.Context(), "t", -80*time.Second)
	require.Empty(t, cache.values)
	require.Empty(t, s.get(t.Context()))
}

// Who waits for a token waits no longer than his own context, and does not take the others' fetch with him.
func TestWaitingForATokenEndsWithTheContext(t *testing.T) {
	_, c := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.token(ctx)
	if err != nil { // the fetch may have been faster
		require.True(t, bot.FailureOf(err).Certain)
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err = c.token(t.Context())
	require.NoError(t, err)
}

func TestTokenKeysDiffer(t *testing.T) {
	base := Config{AppID: "a", AppSecret: "s", APIBase: "https://x"}
	keys := map[string]bool{}
	for _, change := range []func(*Config){func(*Config) {}, func(c *Config) { c.AppID = "b" }, func(c *Config) { c.AppSecret = "t" },
		func(c *Config) { c.APIBase = "https://y" }} {
		cfg := base
		change(&cfg)
		keys[tokenKey(cfg)] = true
		require.NotContains(t, tokenKey(cfg), cfg.AppSecret+cfg.APIBase)
	}
	require.Len(t, keys, 4)
}
