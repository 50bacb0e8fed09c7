package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sort"
	"strings"
	"time"

	"servicedesk/bot/feishu"
	"servicedesk/bot/wecom"
	"servicedesk/store"
)

// finding is one line of the doctor: what was looked at, and what is wrong with its mend.
type finding struct {
	what, wrong, mend string
}

// doctor looks at one part after the other; a part that cannot be looked at because an earlier one is broken is left out.
type doctor struct {
	cfg      config
	findings []finding
}

func (d *doctor) good(what string) { d.findings = append(d.findings, finding{what: what}) }

func (d *doctor) bad(what, wrong, mend string) {
	d.findings = append(d.findings, finding{what, wrong, mend})
}

// check notes an error with its mend, or that all is well.
func (d *doctor) check(what string, err error, mend string) bool {
	if err != nil {
		d.bad(what, oneLine(err), mend)
		return false
	}
	d.good(what)
	return true
}

func runDoctor(ctx context.Context, in *invocation) error {
	fs := in.flags("doctor")
	path := fs.String("config", "", "configuration file")
	if err := in.parse(fs); err != nil {
		return err
	}
	d := &doctor{}
	cfg, err := in.configFrom(*path)
	if d.check("configuration", err, "correct the named key; docs/operators/install.md has the table of all keys") {
		d.cfg = cfg
		d.look(ctx)
	}
	broken := 0
	for _, f := range d.findings {
		if f.wrong == "" {
			in.println("ok   ", f.what)
			continue
		}
		broken++
		in.println(fmt.Sprintf("FAIL  %s: %s – %s", f.what, f.wrong, f.mend))
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d checks failed", broken, len(d.findings))
	}
	return nil
}

func (d *doctor) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	d.lookAtDatabase(ctx)
	q, err := openQueue(d.cfg["redis.url"])
	if err == nil {
		defer q.Close()
		err = q.Ping(ctx)
	}
	if !d.check("queue", err, "check redis.url and that Redis 6.2 or newer runs there") {
		return
	}
	d.lookAtWeCom(ctx, tokenCache{q.client})
	d.lookAtFeishu(ctx, tokenCache{q.client})
	d.lookAtPublicURL(ctx)
}

func (d *doctor) lookAtDatabase(ctx context.Context) {
	db, err := store.Open(ctx, d.cfg["database.url"], store.Options{})
	if !d.check("database", err, "check database.url; for PostgreSQL that the server runs and the user may log in") {
		return
	}
	defer func() { _ = db.Close() }() // only read
	if !d.check("schema", db.CheckSchema(ctx), "run: servicedesk migrate up") {
		return
	}
	staff, err := (&app{db: db}).staff(ctx)
	if err == nil && len(staff) == 0 {
		err = errors.New("nobody is in the directory")
	}
	d.check("directory", err, "run: servicedesk import FILE")
}

func (d *doctor) lookAtWeCom(ctx context.Context, cache tokenCache) {
	if d.cfg["wecom.corp_id"] == "" {
		d.bad("wecom", "not configured", "set wecom.corp_id, wecom.kf.secret and wecom.callback.*; docs/operators/connect-wecom.md walks you through")
		return
	}
	client, err := wecom.New(wecom.Config{CorpID: d.cfg["wecom.corp_id"], KFSecret: d.cfg["wecom.kf.secret"], APIBase: d.cfg["wecom.api_base"],
		OpenKFIDs: d.cfg.list("wecom.kf.open_kfids"), Callbacks: callbackKeys(d.cfg)}, cache, nil, slog.New(slog.DiscardHandler))
	if !d.check("wecom configuration", err, "set wecom.corp_id, wecom.kf.secret, wecom.callback.token and wecom.callback.aes_key from the console") {
		return
	}
	if !d.check(
		"wecom credentials and kf right",
		client.Check(ctx),
		"check the secret, add this server's address to the app's trusted IPs, and let the app call the kf API",
	) {
		return
	}
	accounts, err := client.Accounts(ctx)
	if err == nil && len(accounts) == 0 {
		err = errors.New("no kf account is assigned to API management")
	}
	d.check("wecom kf accounts", err, "assign a kf account to the app: 微信客服 → 可调用接口的应用")
}

// neededScopes are the Feishu permissions this version uses, with the feature each serves.
var neededScopes = map[string]string{
	"im:message": "sending, editing and reading messages", "im:resource": "images and files both ways", "im:chat": "creating the desk group",
	"im:message.group_at_msg:readonly": "replies and commands in groups", "im:message.p2p_msg:readonly": "commands in the direct chat",
	"contact:user.id:readonly": "finding colleagues by mobile number", "im:message.reactions:write_only": "the sent and failed signs",
	"im:message.urgent": "calling people in an emergency", "im:message.urgent:sms": "calling by SMS", "im:message.urgent:phone": "calling by phone",
	"im:message.group_msg": "internal notes in topics (without it only mentions arrive)",
}

func (d *doctor) lookAtFeishu(ctx context.Context, cache tokenCache) {
	if d.cfg["feishu.app_id"] == "" {
		d.bad("feishu", "not configured", "set feishu.app_id and feishu.app_secret; docs/operators/connect-feishu.md walks you through")
		return
	}
	client, err := feishu.New(feishu.Config{AppID: d.cfg["feishu.app_id"], AppSecret: d.cfg["feishu.app_secret"], APIBase: d.cfg["feishu.api_base"],
		Mode: d.cfg["feishu.mode"], VerificationToken: d.cfg["feishu.verification_token"], EncryptKey: d.cfg["feishu.encrypt_key"]}, cache, nil, nil)
	if !d.check("feishu configuration", err, "set feishu.app_id and feishu.app_secret from the console") {
		return
	}
	if !d.check("feishu credentials and bot", client.Check(ctx), "check app_id and app_secret, switch the bot ability on and publish a version") {
		return
	}
	granted, err := client.Scopes(ctx)
	if !d.check("feishu permissions readable", err, "try again; the list of permissions needs no permission itself") {
		return
	}
	names := make([]string, 0, len(neededScopes))
	for scope := range neededScopes {
		names = append(names, scope)
	}
	sort.Strings(names)
	for _, scope := range names {
		if granted[scope] {
			d.good("feishu " + scope)
			continue
		}
		d.bad("feishu "+scope, "not granted", "it serves "+neededScopes[scope]+"; grant it in the console and publish a version")
	}
}

// lookAtPublicURL tries whether the platforms could reach the desk; a desk on the long connection without WeCom needs none.
func (d *doctor) lookAtPublicURL(ctx context.Context) {
	url := d.cfg["public_url"]
	if url == "" {
		d.bad("public address", "public_url is not set", "set it to the HTTPS address under which WeCom reaches this desk")
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/healthz", nil)
	if err == nil {
		var resp *http.Response
		if resp, err = (&http.Client{Timeout: 5 * time.Second}).Do(req); err == nil {
			_ = resp.Body.Close() // only the answer's arrival counts
			if resp.StatusCode != http.StatusOK {
				err = fmt.Errorf("answered %s", resp.Status)
			} else if at, parseErr := http.ParseTime(resp.Header.Get("Date")); parseErr == nil {
				d.clockSkew(time.Since(at))
			}
		}
	}
	d.check("public address reachable", err, "start the desk, and let the reverse proxy pass /callbacks/ and /healthz to it")
}

// maxSkew is how far the machine's clock may be off before callbacks are at risk (they are refused ten minutes off).
const maxSkew = 2 * time.Minute

func (d *doctor) clockSkew(off time.Duration) {
	if off.Abs() > maxSkew {
		d.bad(
			"clock",
			fmt.Sprintf("differs by %s from the address that answered", off.Round(time.Second)),
			"switch time synchronisation on (timedatectl set-ntp true)",
		)
		return
	}
	d.good("clock")
}
