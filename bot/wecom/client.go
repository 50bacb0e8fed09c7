// Package wecom connects the desk with WeCom customer service (微信客服, kf). It is the only user of the silenceper/wechat SDK, from which it
// takes the keeping of access tokens and the callback cipher; the calls themselves are made here, because the SDK's drop error codes,
// take no context and put access tokens into their errors.
package wecom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"servicedesk/bot"
	"servicedesk/tickets"

	"github.com/silenceper/wechat/v2/credential"
)

// PublicBase is where WeCom's API lives unless Config.APIBase says otherwise.
const PublicBase = "https://qyapi.weixin.qq.com"

// Limits that the package holds itself to.
const (
	callTimeout  = 10 * time.Second // one JSON call, its renewal of the token included
	mediaTimeout = 60 * time.Second // an upload or a download of up to 20 MB
	// sendRate stays below the 10 000 calls a minute that a corp has for each API (document 90454).
	sendRate  = 150
	sendBurst = 50
)

// CallbackKey is one pair of token and EncodingAESKey (43 characters) with which WeCom signs and encrypts callbacks.
type CallbackKey struct {
	Token  string
	AESKey string
}

// Config is what a Client needs to know.
type Config struct {
	CorpID   string
	KFSecret string
	// APIBase replaces PublicBase: an egress proxy or the simulator. A path is kept and put in front of /cgi-bin.
	APIBase string
	// OpenKFIDs are the kf accounts to serve; empty = every account that the app manages.
	OpenKFIDs []string
	// Callbacks are tried one after the other: kf events may come through one app, other events through another.
	Callbacks []CallbackKey
	// CallbackAge is how far a callback's timestamp may lie from now, either way; 0 = 10 min.
	CallbackAge time.Duration
	// DuplicateCode is the errcode with which send_msg refuses a msgid it has seen; 0 = DefaultDuplicateCode.
	DuplicateCode int
}

// Client speaks with WeCom. It is safe for concurrent use.
type Client struct {
	base        *url.URL
	corpID      string
	accounts    []string
	callbacks   []callbackKey
	callbackAge time.Duration
	duplicate   int

	http    *http.Client
	tokens  *tokenStore
	issuer  credential.AccessTokenContextHandle
	fetches singleflight.Group
	renewal sync.Mutex
	refused refusal

	files bot.Files
	sends *rate.Limiter
	now   func() time.Time // machine time
	log   *slog.Logger
}

var (
	_ bot.Platform  = (*Client)(nil)
	_ bot.Receiver  = (*Client)(nil)
	_ bot.Converter = (*Client)(nil)
	_ bot.Puller    = (*Client)(nil)
	_ bot.Fetcher   = (*Client)(nil)
	_ bot.Profiler  = (*Client)(nil)
)

// New makes a client; it calls nobody. Errors name the configuration that is missing or malformed, never its value.
// cache is shared by all replicas; files gives what is uploaded. A nil log discards.
func New(cfg Config, cache TokenCache, files bot.Files, log *slog.Logger) (*Client, error) {
	if cfg.CorpID == "" || cfg.KFSecret == "" {
		return nil, errors.New("wecom: corp_id and kf.secret are both needed")
	}
	base, err := parseBase(cfg.APIBase)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(cfg.Callbacks)
	if err != nil {
		return nil, err
	}
	if cfg.CallbackAge <= 0 {
		cfg.CallbackAge = 10 * time.Minute
	}
	if cfg.DuplicateCode == 0 {
		cfg.DuplicateCode = DefaultDuplicateCode
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	c := &Client{
		base:        base,
		corpID:      cfg.CorpID,
		accounts:    cfg.OpenKFIDs,
		callbacks:   keys,
		callbackAge: cfg.CallbackAge,
		duplicate:   cfg.DuplicateCode,
		http: &http.Client{
			Transport: transport,
			Timeout:   mediaTimeout, // every call has a shorter deadline of its own; this one bounds reading a download
			// A redirect would carry the access token to a stranger.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		files: files,
		sends: rate.NewLimiter(sendRate, sendBurst),
		now:   time.Now,
		log:   log,
	}
	c.tokens = &tokenStore{shared: cache, log: log, now: time.Now, local: map[string]localToken{}}
	c.issuer = newIssuer(cfg.CorpID, cfg.KFSecret, c.tokens)
	return c, nil
}

// Name is tickets.WeCom.
func (c *Client) Name() tickets.Platform { return tickets.WeCom }

// Close gives up idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Check asks WeCom for a token and for the kf accounts that the app manages. Every error is a *bot.SendError; one of class Misconfigured
// with code 0 says that a configured account is not among them.
func (c *Client) Check(ctx context.Context) error {
	managed, err := c.managedAccounts(ctx)
	if err != nil {
		return err
	}
	have := make(map[string]bool, len(managed))
	for _, id := range managed {
		have[id] = true
	}
	for _, id := range c.accounts {
		if !have[id] {
			return failure(tickets.Misconfigured, "a configured kf account is not managed by this app")
		}
	}
	if len(managed) == 0 {
		return failure(tickets.Misconfigured, "the app manages no kf account")
	}
	return nil
}

func parseBase(raw string) (*url.URL, error) {
	if raw == "" {
		raw = PublicBase
	}
	base, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || base.RawQuery != "" {
		return nil, fmt.Errorf("wecom: api_base must look like %s", PublicBase)
	}
	return base, nil
}
