package main

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// config holds every setting by its key; the table below says which there are.
type config map[string]string

// setting is one key of the configuration: its default, how a value is checked, and whether it is a secret that may stand in a file.
type setting struct {
	fallback string
	check    func(string) error
	secret   bool
	list     bool
}

// settings is the one table of keys; docs/operators/install.md explains each.
var settings = map[string]setting{
	"database.url": {fallback: "sqlite:servicedesk.db", check: prefixed("sqlite:", "postgres://", "postgresql://"), secret: true},
	"redis.url": {
		fallback: "embedded",
		check:    prefixed("embedded", "redis://", "rediss://", "redis-sentinel://", "redis-cluster://"),
		secret:   true,
	},
	"listen":                     {fallback: "127.0.0.1:8080"},
	"public_url":                 {check: optional(prefixed("http://", "https://"))},
	"timezone":                   {fallback: "Asia/Shanghai", check: isZone},
	"locale":                     {fallback: "zh-CN", check: oneOf("zh-CN", "en")},
	"wecom.corp_id":              {},
	"wecom.api_base":             {fallback: "https://qyapi.weixin.qq.com", check: prefixed("http://", "https://")},
	"wecom.kf.secret":            {secret: true},
	"wecom.kf.open_kfids":        {list: true},
	"wecom.kf.menu_click_renews": {fallback: "false", check: oneOf("true", "false")},
	"wecom.kf.duplicate_code":    {fallback: "95004", check: isNumber},
	"wecom.app.agent_id":         {},
	"wecom.app.secret":           {secret: true},
	"wecom.callback.token":       {secret: true},
	"wecom.callback.aes_key":     {secret: true, check: optional(isAESKey)},
	"wecom.callback.max_age":     {fallback: "10m", check: isDuration},
	"wecom.app.callback.token":   {secret: true},
	"wecom.app.callback.aes_key": {secret: true, check: optional(isAESKey)},
	"feishu.app_id":              {},
	"feishu.app_secret":          {secret: true},
	"feishu.api_base":            {fallback: "https://open.feishu.cn", check: prefixed("http://", "https://")},
	"feishu.mode":                {fallback: "websocket", check: oneOf("websocket", "webhook")},
	"feishu.verification_token":  {secret: true},
	"feishu.encrypt_key":         {secret: true},
	"feishu.callback.max_age":    {fallback: "8h", check: isDuration},
	"feishu.desk_chat_id":        {},
	"feishu.ops_chat_id":         {},
	"feishu.echo.sent":           {fallback: "CheckMark"},
	"feishu.echo.failed":         {fallback: "CrossMark"},
	"admins":                     {list: true},
	"media.dir":                  {fallback: "media"},
	"web.verification_dir":       {},
	"log.level":                  {fallback: "info", check: oneOf("debug", "info", "warn", "error")},
}

const envPrefix = "SERVICEDESK_"

// loadConfig reads defaults, the file (its absence is fine unless it was named), and the environment, in rising order.
func loadConfig(path string, named bool, environ []string) (config, error) {
	c := config{}
	for key, s := range settings {
		c[key] = s.fallback
	}
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := c.addFile(path, data); err != nil {
			return nil, err
		}
	case named || !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if err := c.addEnvironment(environ); err != nil {
		return nil, err
	}
	return c, c.validate()
}

func (c config) addFile(path string, data []byte) error {
	var tree map[string]any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return fmt.Errorf("%s: %s", path, strings.SplitN(yaml.FormatError(err, false, false), "\n", 2)[0])
	}
	flat := map[string]any{}
	flatten("", tree, flat)
	for key, value := range flat {
		if _, known := settings[key]; !known {
			return fmt.Errorf("%s: unknown key %q%s", path, key, suggestion(key))
		}
		c[key] = scalar(value)
	}
	return nil
}

func flatten(prefix string, tree map[string]any, into map[string]any) {
	for k, v := range tree {
		if sub, ok := v.(map[string]any); ok {
			flatten(prefix+k+".", sub, into)
			continue
		}
		into[prefix+k] = v
	}
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = fmt.Sprint(p)
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func (c config) addEnvironment(environ []string) error {
	names := map[string]string{}
	for key := range settings {
		names[envName(key)] = key
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envPrefix+"TEST_") {
			continue
		}
		if key, ok := names[name]; ok {
			c[key] = value
			continue
		}
		key, ok := names[strings.TrimSuffix(name, "_FILE")]
		if !ok || !settings[key].secret {
			return fmt.Errorf("unknown variable %s: see the table of settings in the operator's guide", name)
		}
		secret, err := os.ReadFile(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c[key] = strings.TrimSpace(string(secret))
	}
	return nil
}

func (c config) validate() error {
	keys := make([]string, 0, len(settings))
	for key := range settings {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if check := settings[key].check; check != nil {
			if err := check(c[key]); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	if c["feishu.mode"] == "webhook" && (c["feishu.encrypt_key"] == "" || c["feishu.verification_token"] == "") {
		return errors.New(
			"feishu.encrypt_key: webhook mode needs encrypt_key and verification_token; copy both from the Feishu console, or use feishu.mode: websocket",
		)
	}
	return nil
}

// list gives the values of a list setting.
func (c config) list(key string) []string {
	var out []string
	for _, v := range strings.Split(c[key], ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// duration of a validated setting.
func (c config) duration(key string) time.Duration {
	d, _ := time.ParseDuration(c[key])
	return d
}

func suggestion(key string) string {
	for known := range settings {
		if strings.HasSuffix(known, "."+key) || strings.EqualFold(known, key) {
			return fmt.Sprintf("; did you mean %q?", known)
		}
	}
	return ""
}

func prefixed(prefixes ...string) func(string) error {
	return func(v string) error {
		for _, p := range prefixes {
			if strings.HasPrefix(v, p) {
				return nil
			}
		}
		return fmt.Errorf("must begin with %s", strings.Join(prefixes, " or "))
	}
}

func optional(check func(string) error) func(string) error {
	return func(v string) error {
		if v == "" {
			return nil
		}
		return check(v)
	}
}

func oneOf(values ...string) func(string) error {
	return func(v string) error {
		for _, known := range values {
			if v == known {
				return nil
			}
		}
		return fmt.Errorf("must be %s", strings.Join(values, " or "))
	}
}

func isZone(v string) error {
	if _, err := time.LoadLocation(v); err != nil || v == "" {
		return errors.New("must be an IANA time zone such as Asia/Shanghai")
	}
	return nil
}

func isDuration(v string) error {
	if d, err := time.ParseDuration(v); err != nil || d <= 0 {
		return errors.New("must be a duration such as 10m or 8h")
	}
	return nil
}

func isNumber(v string) error {
	for _, r := range v {
		if r < '0' || r > '9' {
			return errors.New("must be a number")
		}
	}
	return nil
}

func isAESKey(v string) error {
	if len(v) != 43 {
		return errors.New("must be the 43 characters of EncodingAESKey in the WeCom console")
	}
	return nil
}
