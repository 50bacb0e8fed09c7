package feishu

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	testKey   = "ekey"
	testToken = "vtok"
	testApp   = "cli_test"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func hookClient(t testing.TB) *Client {
	t.Helper()
	c, err := New(Config{AppID: testApp, AppSecret: "s", Mode: ModeWebhook, VerificationToken: testToken, EncryptKey: testKey}, nil, nil, nil)
	require.NoError(t, err)
	return c
}

// seal encrypts as the platform does.
func seal(plain []byte) []byte {
	iv := []byte("0123456789abcdef")
	key := sha256.Sum256([]byte(testKey))
	block, _ := aes.NewCipher(key[:])
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	return []byte(`{"encrypt":"` + base64.StdEncoding.EncodeToString(append(iv, plain...)) + `"}`)
}

// signed is a request as the platform sends it.
func signed(body []byte, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/callbacks/feishu", bytes.NewReader(body))
	ts := strconv.FormatInt(at.Unix(), 10)
	sum := sha256.Sum256([]byte(ts + "nonce" + testKey + string(body)))
	r.Header.Set("X-Lark-Request-Timestamp", ts)
	r.Header.Set("X-Lark-Request-Nonce", "nonce")
	r.Header.Set("X-Lark-Signature", hex.EncodeToString(sum[:]))
	return r
}

func eventJSON(kind, event string) []byte {
	return fmt.Appendf(nil, `{"schema":"2.0","header":{"event_id":"ev1","event_type":%q,"create_time":"1700000000123","token":%q,`+
		`"app_id":%q,"tenant_key":"t"},"event":%s}`, kind, testToken, testApp, event)
}

const someMessage = `{"sender":{"sender_id":{"open_id":"ou_a"},"sender_type":"user"},"message":{"message_id":"om_1","root_id":"om_r",` +
	`"chat_id":"oc_1","chat_type":"group","message_type":"text","content":"{\"text\":\"hi\"}"}}`

func statusOf(err error) int {
	var refused *bot.CallbackError
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

func TestVectorA(t *testing.T) {
	plain, ok := decrypt("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=", "test key")
	require.True(t, ok)
	require.Equal(t, "hello world", string(plain))
}

func TestVectorB(t *testing.T) {
	body := []byte(`{"encrypt":"MDEyMzQ1Njc4OWFiY2RlZgolaQp92/FptOxMO6SeZqmqppgjBeYi9GvybUtnRQz+DUSFX2rQH1Qn5h7O40bVo7TZUv7XwlGf06z26K6f42I="}`)
	require.Equal(t, seal([]byte(`{"challenge":"abc123","token":"vtok","type":"url_verification"}`)), body)
	c := hookClient(t)

	r := httptest.NewRequest(http.MethodPost, "/", nil)
	cb, err := c.Decode(r, body, noon)
	require.NoError(t, err)
	require.JSONEq(t, `{"challenge":"abc123"}`, string(cb.Echo))

	r.Header.Set("X-Lark-Request-Timestamp", "1700000000")
	r.Header.Set("X-Lark-Request-Nonce", "nonce1")
	r.Header.Set("X-Lark-Signature", "bd74699a69f19a3ba0b7d4e9d684ac4460636e6864a8c4a6c78ef60c20f2f32a")
	cb, err = c.Decode(r, body, time.Unix(1700000000, 0))
	require.NoError(t, err)
	require.JSONEq(t, `{"challenge":"abc123"}`, string(cb.Echo))
	_, err = c.Decode(r, body, time.Unix(1700000000, 0).Add(9*time.Hour))
	require.Equal(t, http.StatusForbidden, statusOf(err), "the check of the address ages as well")
	r.Header.Set("X-Lark-Request-Nonce", "nonce2")
	_, err = c.Decode(r, body, time.Unix(1700000000, 0))
	require.Equal(t, http.StatusUnauthorized, statusOf(err))
}

func TestVectorC(t *testing.T) {
	c := hookClient(t)
	c.cfg.EncryptKey = "1212121212"
	h := http.Header{}
	h.Set("X-Lark-Request-Timestamp", "timestamp")
	h.Set("X-Lark-Request-Nonce", "nonce")
	h.Set("X-Lark-Signature", "b5ca32b1a9b4daba2d22b977fd4ee3dc1852b6b163d3c640b1b43e3b7e5fbfca")
	// The signature is right, so that the next check refuses: this timestamp is none.
	require.Equal(t, http.StatusBadRequest, statusOf(c.verify(h, nil, noon)))
	h.Set("X-Lark-Request-Nonce", "other")
	require.Equal(t, http.StatusUnauthorized, statusOf(c.verify(h, nil, noon)))
}

func TestVectorD(t *testing.T) {
	const sealed = "bZ3L7yh6m3Fkuffl4g+3uGjIHnhOm5fVZbKVuyT8t7tcd5ABMYm8l28/X900ZL3knZ7n+sCREu/H2WnIzft0amC7+xWqNH8o25IU63N4BnZWfHh+4hyG76QPd19vkw2b" +
		"PJCx9aqxK8Nz+xqFNbk0RdgyWhmgd30jSxHtcQXAllkI7FMpGpOCteJad3bLXPDBQIV/xkCtKICCS7Z63gakpxZCLaRZ3qCXP1fapHh+LBIupxenrU6ysc7I3nHmjmKie41IiWwS5puG4zQ" +
		"HhVbq6KWLcgWm/3NBZOPQy53ucMu75SXA55I7jarVLZXWUcqBGrcgE3vouWbtwgZuzmoTQl0GSh5VYSVvpW992BuGxUWj0XjPYdICJm6Cr7xouNXwMcdb7N8caVdkdSZeEnswG19qSyDoQh" +
		"lkwzNGW0yiaayulBqJNjfge/G5V3401c2XaIuAeEIo+QQ4RSNpRGfnHkbu/j55FGQAGWjpuBNaIwZbaUoVP3NkGP+vM5rpEDe3sL2GN+Xsd+g9yBs7FqdMV8mXTGgLjCqjrPrke5/km76Q3" +
		"Pe6KPs2YexMRG4MkSx3xUTzZnNn7zIzShPcjeSwBd2pxk6ht5N+fzueZdxl6Oo="
	plain, ok := decrypt(sealed, "1212121212")
	require.True(t, ok)
	// The vector has a damaged block, so that it is no JSON; around it everything is there.
	for _, part := range []string{`"event_id":"f7984f25108f8137722bb63cee927e66"`, `"event_type":"contact.user.created_v3"`, `"token":"v"`,
		`"challenge":"1212"`} {
		require.Contains(t, string(plain), part)
	}
	require.True(t, strings.HasSuffix(string(plain), "}"), "the padding is gone")
}

func TestDecodeKeepsTheMessage(t *testing.T) {
	plain := eventJSON("im.message.receive_v1", someMessage)
	body := seal(plain)
	cb, err := hookClient(t).Decode(signed(body, noon.Add(-7*time.Hour)), body, noon)
	require.NoError(t, err)
	require.Equal(t, []bot.Event{{
		Platform: tickets.Feishu, Key: "ev1", MessageKey: "om_1", Lane: "feishu:oc_1:om_r", Raw: plain,
	}}, cb.Events)
}

func TestDecodeOtherEvents(t *testing.T) {
	for kind, lane := range map[string]string{
		"im.message.recalled_v1": "feishu:oc_9", "im.chat.member.bot.added_v1": "feishu:oc_9", "im.chat.member.bot.deleted_v1": "feishu:oc_9",
		"im.chat.disbanded_v1": "feishu:oc_9", "im.message.message_read_v1": "", "brand.new_v7": "",
	} {
		body := seal(eventJSON(kind, `{"chat_id":"oc_9","message_id":"om_9"}`))
		cb, err := hookClient(t).Decode(signed(body, noon), body, noon)
		require.NoError(t, err, kind)
		if lane == "" {
			require.Equal(t, bot.Callback{}, cb, "%s is taken and left alone", kind)
			continue
		}
		require.Len(t, cb.Events, 1, kind)
		require.Equal(t, lane, cb.Events[0].Lane)
		require.Empty(t, cb.Events[0].MessageKey, "a recall is not its message")
	}
}

func TestDecodeRefuses(t *testing.T) {
	message := eventJSON("im.message.receive_v1", someMessage)
	good := seal(message)
	with := func(old, new string) []byte { return seal(bytes.Replace(message, []byte(old), []byte(new), 1)) }
	flipped := bytes.Clone(good)
	flipped[40] ^= 1
	deep := seal([]byte(strings.Repeat(`{"event":`, 20000)))
	tests := map[string]struct {
		body   []byte
		change func(*http.Request)
		now    time.Time
		status int
	}{
		"GET":                {good, func(r *http.Request) { r.Method = http.MethodGet }, noon, 405},
		"too large":          {bytes.Repeat([]byte("x"), maxCallback+1), nil, noon, 413},
		"no signature":       {good, func(r *http.Request) { r.Header.Del("X-Lark-Signature") }, noon, 401},
		"wrong signature":    {good, func(r *http.Request) { r.Header.Set("X-Lark-Signature", strings.Repeat("0", 64)) }, noon, 401},
		"too old":            {good, nil, noon.Add(8*time.Hour + time.Second), 403},
		"from the future":    {good, nil, noon.Add(-8*time.Hour - time.Second), 403},
		"another token":      {with(testToken, "other"), nil, noon, 401},
		"another app":        {with(testApp, "cli_other"), nil, noon, 403},
		"no event id":        {with(`"ev1"`, `""`), nil, noon, 400},
		"old schema":         {with(`"2.0"`, `"1.0"`), nil, noon, 400},
		"event is a string":  {with(someMessage, `"x"`), nil, noon, 400},
		"plain":              {message, nil, noon, 400},
		"empty":              {nil, nil, noon, 400},
		"not encrypted":      {[]byte(`{"encrypt":"aGVsbG8="}`), nil, noon, 400},
		"other key":          {[]byte(`{"encrypt":"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="}`), nil, noon, 400},
		"truncated JSON":     {seal(message[:len(message)/2]), nil, noon, 400},
		"nested deep":        {deep, nil, noon, 400},
		"braces wrong round": {seal([]byte("} hello {")), nil, noon, 400},
	}
	for name, tt := range tests {
		r := signed(tt.body, noon)
		if tt.change != nil {
			tt.change(r)
		}
		cb, err := hookClient(t).Decode(r, tt.body, tt.now)
		require.Equal(t, tt.status, statusOf(err), "%s: %v", name, err)
		require.Equal(t, bot.Callback{}, cb, name)
	}
	_, err := hookClient(t).Decode(signed(good, noon), flipped, noon)
	require.Equal(t, 401, statusOf(err), "a changed body")
}

// Without a signature nothing but the check of the address gets through, and every refusal looks the same.
func TestUnsigned(t *testing.T) {
	for name, body := range map[string][]byte{
		"event":                  seal(eventJSON("im.message.receive_v1", someMessage)),
		"check with wrong token": seal([]byte(`{"type":"url_verification","token":"no","challenge":"x"}`)),
		"braces wrong round":     seal([]byte("} hello {")),
		"nothing":                nil,
		"bad padding":            []byte(`{"encrypt":"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="}`),
	} {
		_, err := hookClient(t).Decode(httptest.NewRequest(http.MethodPost, "/", nil), body, noon)
		require.Equal(t, 401, statusOf(err), name)
	}
}

func TestAClientInWebsocketModeTakesNoCallbacks(t *testing.T) {
	c, err := New(Config{AppID: testApp, AppSecret: "s"}, nil, nil, nil)
	require.NoError(t, err)
	body := seal([]byte(`{"type":"url_verification","token":"","challenge":"x"}`))
	_, err = c.Decode(httptest.NewRequest(http.MethodPost, "/", nil), body, noon)
	require.Equal(t, 401, statusOf(err))
}

func TestAcknowledge(t *testing.T) {
	c := hookClient(t)
	for want, f := range map[string]func(w http.ResponseWriter){
		`{"challenge":"a\"b"}`: func(w http.ResponseWriter) {
			cb, err := c.challenge(incoming{Token: testToken, Challenge: `a"b`})
			require.NoError(t, err)
			c.Acknowledge(w, cb, nil)
		},
		`{}`: func(w http.ResponseWriter) { c.Acknowledge(w, bot.Callback{}, nil) },
		`{"toast":{"type":"success","content":"好"}}`: func(w http.ResponseWriter) {
			c.Acknowledge(w, bot.Callback{Action: &tickets.Action{}}, &tickets.Answer{Level: "success", Text: "好"})
		},
		`{"toast":{"type":"info","content":"x"}}`: func(w http.ResponseWriter) {
			c.Acknowledge(w, bot.Callback{Action: &tickets.Action{}}, &tickets.Answer{Level: "odd", Text: "x"})
		},
	} {
		w := httptest.NewRecorder()
		f(w)
		require.Equal(t, 200, w.Code)
		require.Contains(t, w.Header().Get("Content-Type"), "application/json")
		require.JSONEq(t, want, w.Body.String())
	}
}

func FuzzDecode(f *testing.F) {
	c := hookClient(f)
	f.Add(eventJSON("im.message.receive_v1", someMessage))
	f.Add(eventJSON("card.action.trigger", `{"operator":{"open_id":"ou"},"action":{"value":{"verb":"claim","ticket":"1"}}}`))
	f.Add([]byte(`{"type":"url_verification","token":"vtok","challenge":"x"}`))
	f.Add([]byte(`}{`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		// As the body itself, and as what the body hides.
		for _, body := range [][]byte{plain, seal(plain)} {
			cb, err := c.Decode(signed(body, noon), body, noon)
			if err != nil && (statusOf(err) < 400 || statusOf(err) > 499) {
				t.Fatalf("refused with %d: %v", statusOf(err), err)
			}
			for _, e := range cb.Events {
				if e.Key == "" || e.Lane == "" {
					t.Fatalf("an event without key or lane: %+v", e)
				}
				_, _, _ = c.Convert(e.Raw) // must not panic
			}
			if _, err := c.Decode(httptest.NewRequest(http.MethodPost, "/", nil), body, noon); err != nil && statusOf(err) != 401 &&
				statusOf(err) != 413 {
				t.Fatalf("unsigned: %v", err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	c := hookClient(b)
	message := strings.Replace(someMessage, "hi", strings.Repeat("字", 150), 1)
	body := seal(eventJSON("im.message.receive_v1", message))
	r := signed(body, noon)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Decode(r, body, noon); err != nil {
			b.Fatal(err)
		}
	}
}
