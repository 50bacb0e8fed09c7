package wecom

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/credential"
)

const (
	// agentName keeps this secret's tokens apart from those of the corp's other secrets: without one the SDK's cache key is the corp alone.
	agentName = "kf"
	// tokenMargin is what the SDK takes off expires_in before it caches a token; at 1 500 s and less it would cache nothing.
	tokenMargin = 1500 * time.Second
	// shortestLife is the least for which the SDK's own reckoning is taken over.
	shortestLife = time.Minute
	// cacheTimeout bounds one exchange with the shared cache: the SDK passes no context to it.
	cacheTimeout = 2 * time.Second
	// refusalRest is how long refused credentials are not shown again: WeCom bans addresses that repeat wrong secrets for an hour.
	refusalRest = 10 * time.Second
)

// TokenCache keeps short strings for all replicas of the desk. Get answers "" for what is not there.
type TokenCache interface {
	Get(ctx context.Context, key string) (string, error)
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	Delete(ctx context.Context, key string) error
}

// tokenStore makes a TokenCache fit the SDK. What the shared cache cannot take is kept in the process, so that a cache that is down costs a
// token of one's own, not the channel.
type tokenStore struct {
	shared TokenCache
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	local map[string]localToken
}

type localToken struct {
	value string
	until time.Time
}

var _ cache.Cache = (*tokenStore)(nil)

// Get is the token or nil: the SDK panics on anything that is no string.
func (s *tokenStore) Get(key string) any {
	ctx, cancel := context.WithTimeout(context.Background(), cacheTimeout)
	defer cancel()
	if v := s.lookup(ctx, key); v != "" {
		return v
	}
	return nil
}

func (s *tokenStore) lookup(ctx context.Context, key string) string {
	v, err := s.shared.Get(ctx, key)
	if err == nil {
		return v
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.local[key]; ok && s.now().Before(t.until) {
		return t.value
	}
	return ""
}

// Set keeps a token. It never fails: the SDK would throw the fetched token away.
func (s *tokenStore) Set(key string, val any, ttl time.Duration) error {
	value, ok := val.(string)
	if !ok || value == "" {
		return nil
	}
	if ttl < shortestLife {
		ttl = (ttl + tokenMargin) / 2
	}
	if ttl <= 0 {
		return nil
	}
	s.mu.Lock()
	s.local[key] = localToken{value: value, until: s.now().Add(ttl)}
	s.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), cacheTimeout)
	defer cancel()
	if err := s.shared.Set(ctx, key, value, ttl); err != nil {
		s.log.Warn("wecom token kept in this process only", slog.Any("error", err))
	}
	return nil
}

// IsExist reports whether there is a token.
func (s *tokenStore) IsExist(key string) bool { return s.Get(key) != nil }

// Delete forgets a token.
func (s *tokenStore) Delete(key string) error {
	s.mu.Lock()
	delete(s.local, key)
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), cacheTimeout)
	defer cancel()
	return s.shared.Delete(ctx, key)
}

func newIssuer(corpID, secret string, tokens cache.Cache) credential.AccessTokenContextHandle {
	routeSDK()
	return credential.NewWorkAccessToken(corpID, secret, agentName, credential.CacheKeyWorkPrefix, tokens)
}

// tokenKey is under which the SDK keeps the token.
func (c *Client) tokenKey() string {
	return credential.CacheKeyWorkPrefix + "_access_token_" + c.corpID + "_" + agentName
}

// token gives the access token, fetching it when there is none. Callers who need one at the same time share one fetch.
func (c *Client) token(ctx context.Context) (string, error) {
	if t := c.tokens.lookup(ctx, c.tokenKey()); t != "" {
		return t, nil
	}
	// The fetch serves all who wait, so it must not end with the first of them.
	fetch := c.fetches.DoChan("", func() (any, error) { return c.fetchToken(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return "", certain(transportError(ctx.Err()))
	case r := <-fetch:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	}
}

func (c *Client) fetchToken(ctx context.Context) (string, error) {
	if err := c.refused.standing(c.now()); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r := &route{client: c}
	token, err := c.issuer.GetAccessTokenContext(withRoute(ctx, r))
	if err != nil || token == "" {
		// The SDK's error may hold the address with the secret: what happened is taken from the exchange instead.
		err = certain(r.outcome())
		c.refused.note(err, c.now())
		return "", err
	}
	return token, nil
}

// renew replaces a token that WeCom no longer takes. Only the first of those who met the dead token throws it away.
func (c *Client) renew(ctx context.Context, dead string) (string, error) {
	c.renewal.Lock()
	if c.tokens.lookup(ctx, c.tokenKey()) == dead {
		if err := c.tokens.Delete(c.tokenKey()); err != nil {
			c.log.Warn("dead wecom token not removed from the shared cache", slog.Any("error", err))
		}
	}
	c.renewal.Unlock()
	return c.token(ctx)
}

// refusal remembers for a while that the credentials were refused.
type refusal struct {
	mu    sync.Mutex
	err   error
	until time.Time
}

func (r *refusal) standing(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Before(r.until) {
		return r.err
	}
	return nil
}

func (r *refusal) note(err error, now time.Time) {
	if code := codeOf(err); code != codeBadSecret && code != codeBadCorp {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.until = err, now.Add(refusalRest)
}
