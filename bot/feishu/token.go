package feishu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// tokenMargin is how long before its end a token is no longer used.
	tokenMargin = 3 * time.Minute
	// cacheTimeout bounds one exchange with the shared cache.
	cacheTimeout = 2 * time.Second
)

// TokenCache keeps short strings for all replicas of the desk. Get answers "" for what is not there. A ttl is machine time.
type TokenCache interface {
	Get(ctx context.Context, key string) (string, error)
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	Delete(ctx context.Context, key string) error
}

// tokenStore keeps the one token of the app. What the shared cache cannot take is kept in the process, so that a cache that is down costs a
// token of one's own, not the channel.
type tokenStore struct {
	shared TokenCache
	log    *slog.Logger
	key    string

	mu    sync.Mutex
	local string
	until time.Time
}

// tokenKey differs for every app, secret and host: tokens of one are worth nothing for another.
func tokenKey(cfg Config) string {
	sum := sha256.Sum256([]byte(cfg.APIBase + "\n" + cfg.AppSecret))
	return "feishu:token:" + cfg.AppID + ":" + hex.EncodeToString(sum[:8])
}

func (s *tokenStore) get(ctx context.Context) string {
	if s.shared != nil {
		ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
		defer cancel()
		if v, err := s.shared.Get(ctx, s.key); err == nil {
			return v
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return s.local
	}
	return ""
}

func (s *tokenStore) set(ctx context.Context, value string, ttl time.Duration) {
	if ttl <= 0 {
		return // some stores take that for "for ever"
	}
	s.mu.Lock()
	s.local, s.until = value, time.Now().Add(ttl)
	s.mu.Unlock()
	if s.shared == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	if err := s.shared.Set(ctx, s.key, value, ttl); err != nil {
		s.log.Warn("feishu token kept in this process only", slog.Any("error", err))
	}
}

// drop forgets a dead token, unless a living one has taken its place.
func (s *tokenStore) drop(ctx context.Context, dead string) {
	if s.get(ctx) != dead {
		return
	}
	s.mu.Lock()
	s.local, s.until = "", time.Time{}
	s.mu.Unlock()
	if s.shared == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	if err := s.shared.Delete(ctx, s.key); err != nil {
		s.log.Warn("dead feishu token not removed from the shared cache", slog.Any("error", err))
	}
}

// token gives a tenant_access_token, fetching one when there is none. Callers who need one at the same time share one fetch.
// Errors are *bot.SendError and certain: whatever the token was wanted for did not happen.
func (c *Client) token(ctx context.Context) (string, error) {
	if t := c.tokens.get(ctx); t != "" {
		return t, nil
	}
	// The fetch serves all who wait, so it must not end with the first of them.
	fetch := c.fetches.DoChan("", func() (any, error) {
		ctx := context.WithoutCancel(ctx)
		if t := c.tokens.get(ctx); t != "" {
			return t, nil // another fetch ended a moment ago
		}
		return c.fetchToken(ctx)
	})
	select {
	case <-ctx.Done():
		return "", certain(transportError("token", ctx.Err()))
	case r := <-fetch:
		if r.Err != nil {
			return "", certain(r.Err)
		}
		return r.Val.(string), nil
	}
}

// renew gives another token than the dead one. Who comes later, with the same dead token, gets what the first one fetched.
func (c *Client) renew(ctx context.Context, dead string) (string, error) {
	c.tokens.drop(ctx, dead)
	return c.token(ctx)
}

func (c *Client) fetchToken(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := c.sdk.Do(ctx, &larkcore.ApiReq{
		HttpMethod:                http.MethodPost,
		ApiPath:                   larkcore.TenantAccessTokenInternalUrlPath,
		Body:                      larkcore.SelfBuiltTenantAccessTokenReq{AppID: c.cfg.AppID, AppSecret: c.cfg.AppSecret},
		SupportedAccessTokenTypes: []larkcore.AccessTokenType{larkcore.AccessTokenTypeNone},
	})
	if err != nil {
		return "", transportError("token", err)
	}
	if err := failureOf("token", resp); err != nil {
		return "", err
	}
	var answer larkcore.TenantAccessTokenResp
	if err := json.Unmarshal(resp.RawBody, &answer); err != nil || answer.TenantAccessToken == "" {
		return "", unreadable("token")
	}
	c.tokens.set(ctx, answer.TenantAccessToken, time.Duration(answer.Expire)*time.Second-tokenMargin)
	return answer.TenantAccessToken, nil
}

// dead reports whether the failure is about the token, which a new one may heal.
func dead(err error) bool { return err != nil && bot.FailureOf(err).Class == tickets.Unauthorized }
