// Package feishu connects the desk with Feishu. It is the only user of the larksuite SDK, from which it takes the making of requests, the
// long connection and the callback cipher. Access tokens are kept here, because the SDK's manager of tokens is shared by the whole
// process and sends a dead token twice; uploads and downloads are streamed here, because the SDK holds them in memory whole.
package feishu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	lark "github.com/larksuite/oapi-sdk-go/v3"

	"servicedesk/bot"
	"servicedesk/bot/pace"
	"servicedesk/tickets"
)

// PublicBase is where Feishu's API lives unless Config.APIBase says otherwise.
const PublicBase = "https://open.feishu.cn"

// Modes of receiving events.
const (
	ModeWebsocket = "websocket"
	ModeWebhook   = "webhook"
)

// Time limits of calls. The context of a call may be shorter.
const (
	callTimeout  = 10 * time.Second
	mediaTimeout = 2 * time.Minute // an upload or a download
)

// Config is what a Client needs to know.
type Config struct {
	AppID, AppSecret string
	// APIBase replaces PublicBase: Lark's host, an egress proxy or the simulator. A path is kept and put in front of /open-apis.
	APIBase string
	// Mode is ModeWebsocket (also when empty) or ModeWebhook; the latter needs VerificationToken and EncryptKey.
	Mode                          string
	VerificationToken, EncryptKey string
	// CallbackAge is how far a callback's timestamp may lie from now, either way; 0 = 8 h, because Feishu redelivers for some seven.
	CallbackAge time.Duration
	Pace        Pace
}

// Pace is how fast the client calls; 0 = as fast as Feishu permits an app: 50 a second and 1,000 a minute for each API, 5 a second into
// each chat and onto each message. Replicas and other bots share these figures.
type Pace struct {
	Off                           bool // no pacing at all; a pause that Feishu asks for is still kept
	PerSecond, PerMinute, PerChat int
}

// Client speaks with Feishu. It is safe for concurrent use.
type Client struct {
	cfg  Config
	sdk  *lark.Client
	http *http.Client // uploads and downloads; bounded by their contexts
	log  *slog.Logger

	tokens  tokenStore
	fetches singleflight.Group
	files   bot.Files

	pacer   *pace.Pacer
	perAPI  []pace.Window
	perChat []pace.Window

	self      atomic.Pointer[identity]
	connected atomic.Bool
	openings  atomic.Int64
}

var (
	_ bot.Platform  = (*Client)(nil)
	_ bot.Receiver  = (*Client)(nil)
	_ bot.Converter = (*Client)(nil)
	_ bot.Listener  = (*Client)(nil)
	_ bot.Fetcher   = (*Client)(nil)
)

// New makes a client; it calls nobody. Errors name the configuration that is missing or malformed, never its value. cache is shared by all
// replicas; nil keeps tokens in the process. files gives what is uploaded. A nil log discards.
func New(cfg Config, cache TokenCache, files bot.Files, log *slog.Logger) (*Client, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	// A redirect would carry words and keys to a stranger.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{
		cfg: cfg,
		sdk: lark.NewClient(cfg.AppID, cfg.AppSecret,
			lark.WithOpenBaseUrl(cfg.APIBase),
			lark.WithEnableTokenCache(false),
			lark.WithReqTimeout(callTimeout),
			lark.WithHttpClient(&http.Client{Transport: transport, Timeout: callTimeout, CheckRedirect: stay}),
			lark.WithLogger(quiet{}),
		),
		http:   &http.Client{Transport: transport, CheckRedirect: stay},
		log:    log,
		tokens: tokenStore{shared: cache, log: log, key: tokenKey(cfg)},
		files:  files,
		pacer:  pace.New(),
	}
	if !cfg.Pace.Off {
		c.perAPI = []pace.Window{{N: cfg.Pace.PerSecond, Per: time.Second}, {N: cfg.Pace.PerMinute, Per: time.Minute}}
		c.perChat = []pace.Window{{N: cfg.Pace.PerChat, Per: time.Second}}
	}
	return c, nil
}

// complete checks the configuration and fills in what is left out.
func (cfg *Config) complete() error {
	if cfg.AppID == "" || cfg.AppSecret == "" {
		return errors.New("feishu: app_id and app_secret are both needed")
	}
	if cfg.APIBase == "" {
		cfg.APIBase = PublicBase
	}
	cfg.APIBase = strings.TrimRight(cfg.APIBase, "/")
	base, err := url.Parse(cfg.APIBase)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || base.RawQuery != "" {
		return fmt.Errorf("feishu: api_base must look like %s", PublicBase)
	}
	switch cfg.Mode {
	case "":
		cfg.Mode = ModeWebsocket
	case ModeWebsocket:
	case ModeWebhook:
		// Without an encrypt key Feishu signs nothing, and anybody could speak in its name.
		if cfg.VerificationToken == "" || cfg.EncryptKey == "" {
			return errors.New("feishu: mode webhook needs verification_token and encrypt_key")
		}
	default:
		return errors.New("feishu: mode must be websocket or webhook")
	}
	setDefault(&cfg.CallbackAge, 8*time.Hour)
	setDefault(&cfg.Pace.PerSecond, 50)
	setDefault(&cfg.Pace.PerMinute, 1000)
	setDefault(&cfg.Pace.PerChat, 5)
	return nil
}

func setDefault[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Name is tickets.Feishu.
func (c *Client) Name() tickets.Platform { return tickets.Feishu }

// Close gives up idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// quiet is the SDK's logger for calls: whatever it has to say comes back as an error, and its texts hold addresses and answers.
type quiet struct{}

func (quiet) Debug(context.Context, ...any) {}
func (quiet) Info(context.Context, ...any)  {}
func (quiet) Warn(context.Context, ...any)  {}
func (quiet) Error(context.Context, ...any) {}
