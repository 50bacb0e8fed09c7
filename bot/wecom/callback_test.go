package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// seal is the test's own reading of WeCom's cipher (documents 90968, 96238); TestVectors ties it to known results.
func seal(t testing.TB, aesKey, random string, message []byte, receiver string) string {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	require.NoError(t, err)
	plain := append([]byte(random), binary.BigEndian.AppendUint32(nil, uint32(len(message)))...)
	plain = append(append(plain, message...), receiver...)
	n := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(n)}, n)...)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

func sign(parts ...string) string {
	sort.Strings(parts)
	return fmt.Sprintf("%x", sha1.Sum([]byte(strings.Join(parts, ""))))
}

func signed(token, encrypted string, at time.Time) string {
	ts := strconv.FormatInt(at.Unix(), 10)
	return url.Values{"msg_signature": {sign(token, ts, "n1", encrypted)}, "timestamp": {ts}, "nonce": {"n1"}}.Encode()
}

func envelopeOf(encrypted string) []byte {
	return []byte("<xml><ToUserName><![CDATA[" + testCorp + "]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>")
}

var (
	callbackTime = time.Unix(1_700_000_000, 0)
	bellXML      = "<xml><ToUserName><![CDATA[" + testCorp + "]]></ToUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[event]]></MsgType>" +
		"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR]]></Token><OpenKfId><![CDATA[wkxxxxxxx]]></OpenKfId></xml>"
)

const testRandom = "0123456789abcdef"

func post(query string, body []byte) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/callbacks/wecom?"+query, bytes.NewReader(body))
}

// deliver passes an inner message, rightly sealed, to Decode.
func deliver(t testing.TB, c *Client, inner string, sent, now time.Time) (bot.Callback, error) {
	encrypted := seal(t, testAESKey, testRandom, []byte(inner), testCorp)
	body := envelopeOf(encrypted)
	return c.Decode(post(signed(testToken, encrypted, sent), body), body, now)
}

func receiver(t testing.TB, cfg Config) *Client {
	c, err := New(cfg, newCache(), nil, nil)
	require.NoError(t, err)
	return c
}

func refusalStatus(t testing.TB, err error) int {
	var e *bot.CallbackError
	require.ErrorAs(t, err, &e)
	return e.Status
}

// The vectors of the platform's own sample and of an independent SDK's tests.
func TestVectors(t *testing.T) {
	t.Run("A: envelope of a text message", func(t *testing.T) {
		const encrypted = "EUCt7xMcNiyASzZj0Hjc5yDjFQrCum6AfQ3ntHiUzjGQ51xieKmbvtrZ40/EcB2W/W8yH0n4Lqx48gJl/T9HD/R309I0P/r5pIZucK3lyEn48FYMr4YdE0QdL2jIJ3xkcXUr6uzefzCxG6lMvwpAJaOyVCzN7sRRw47njfxy5EIqU6R9ZBhlTzfdnhhOhK/nTwzrZX3SoGlXFA9OBeZ6ru1NWpXFk76x9DUMe0lcxPPiUqK8ctnQcYXSGUHVqC6DfG7E7mab0OmruNN8cBZY5d3dYOBA4OgaH55Q0AJmUpdT8vNiXpXx+6TxT3TIjySXpDrHVyrsb772aYywgg/Nu4kUmGkALwFZlzhjNegR7wDwb9lr4ERXsSSS8JZ8lbBmaQ3F2Tq584xoPj5rIhXAF734ynm4no1g+SdHiNqR328="
		query := "msg_signature=f265ae551b1932727204c3d707628d01376a6940&timestamp=1583995625&nonce=1584392382"
		c := receiver(t, testConfig(""))
		body := envelopeOf(encrypted)
		got, err := c.Decode(post(query, body), body, time.Unix(1583995625, 0))
		require.NoError(t, err)
		require.Equal(t, bot.Callback{}, got, "a message to the app is nothing for the desk")

		message, err := c.decrypt(encrypted, c.callbacks[0].aes)
		require.NoError(t, err)
		var inner struct{ Content, FromUserName, MsgId, AgentID string }
		require.NoError(t, xml.Unmarshal(message, &inner))
		require.Equal(t, "x123 foobar 2018405441 1000002", strings.Join([]string{inner.Content, inner.FromUserName, inner.MsgId, inner.AgentID}, " "))
	})
	t.Run("B: address check", func(t *testing.T) {
		c := receiver(t, Config{CorpID: "wx5823bf96d3bd56c7", KFSecret: "x",
			Callbacks: []CallbackKey{{Token: "QDG6eK", AESKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"}}})
		const echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
		const rest = "?msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780&echostr="
		for name, form := range map[string]string{"escaped": url.QueryEscape(echo), "plus left as it is": echo} {
			r := httptest.NewRequest(http.MethodGet, "/callbacks/wecom"+rest+form, nil)
			got, err := c.Decode(r, nil, time.Unix(1409659589, 0))
			require.NoError(t, err, name)
			w := httptest.NewRecorder()
			c.Acknowledge(w, got, nil)
			require.Equal(t, "1616140317555161061", w.Body.String(), name)
			require.Equal(t, http.StatusOK, w.Code)
		}
	})
	t.Run("C: padding", func(t *testing.T) {
		// Everything before the padding is 20 bytes and the receiver of 18: the message fills up to the length that the vector pads.
		for length, pad := range map[int]int{0: 32, 1: 31, 31: 1, 32: 32} {
			message := bytes.Repeat([]byte("m"), (length+64-38)%32+32)
			key, _ := base64.StdEncoding.DecodeString(testAESKey + "=")
			sealed, _ := base64.StdEncoding.DecodeString(seal(t, testAESKey, testRandom, message, testCorp))
			plain := make([]byte, len(sealed))
			block, _ := aes.NewCipher(key)
			cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(plain, sealed)
			require.Equal(t, bytes.Repeat([]byte{byte(pad)}, pad), plain[len(plain)-pad:])
			got, receiver, err := unpack(sealed, key)
			require.NoError(t, err)
			require.Equal(t, string(message), string(got))
			require.Equal(t, testCorp, string(receiver))
		}
	})
	t.Run("D: the test's own cipher", func(t *testing.T) {
		got := seal(t, "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", testRandom, []byte(`{"a":1}`), "")
		require.Equal(t, "sKqRbbiSUnDhFHOvPjtUMcinhN3yWU1yAhjw+7dix1E=", got)
	})
	t.Run("E: signature", func(t *testing.T) {
		require.Equal(t, "a9993e364706816aba3e25717850c26c9cd0d89d", util.Signature("a", "b", "c"))
		require.Equal(t, "a9993e364706816aba3e25717850c26c9cd0d89d", sign("c", "a", "b"))
	})
}

func TestDecodeBell(t *testing.T) {
	c := receiver(t, testConfig(""))
	got, err := deliver(t, c, bellXML, callbackTime, callbackTime)
	require.NoError(t, err)
	require.Equal(t, bot.Callback{Hint: &bot.Hint{Account: "wkxxxxxxx", Token: "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR"}}, got)
	w := httptest.NewRecorder()
	c.Acknowledge(w, got, nil)
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())

	got, err = deliver(t, c, "<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event></xml>", callbackTime, callbackTime)
	require.NoError(t, err)
	require.Equal(t, &bot.Hint{}, got.Hint, "without account and token all accounts are looked at")
}

func TestDecodeForeignAccount(t *testing.T) {
	cfg := testConfig("")
	cfg.OpenKFIDs = []string{"wkOurs"}
	got, err := deliver(t, receiver(t, cfg), bellXML, callbackTime, callbackTime)
	require.NoError(t, err)
	require.Nil(t, got.Hint)
}

func TestDecodeOtherEvents(t *testing.T) {
	c := receiver(t, testConfig(""))
	for _, inner := range []string{
		"<xml><MsgType>event</MsgType><Event>kf_account_auth_change</Event><AuthAddOpenKfId>wk1</AuthAddOpenKfId><AuthAddOpenKfId>wk2</AuthAddOpenKfId></xml>",
		"<xml><MsgType>event</MsgType><Event>of_next_year</Event></xml>",
		"<xml><MsgType>text</MsgType><Content>&lt;Event&gt;kf_msg_or_event</Content></xml>",
		"<xml><MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems><SelectedItem><QuestionKey>k</QuestionKey><OpitonIds><OpitonId>o</OpitonId></OpitonIds></SelectedItem></SelectedItems></xml>",
		"<xml><MsgType>event</MsgType><Nested><Event>kf_msg_or_event</Event></Nested></xml>",
	} {
		got, err := deliver(t, c, inner, callbackTime, callbackTime)
		require.NoError(t, err, inner)
		require.Equal(t, bot.Callback{}, got, inner)
	}
}

func TestDecodeTriesEachKey(t *testing.T) {
	cfg := testConfig("")
	other := strings.Repeat("A", 43)
	// One app with another token, one with the same token but another AES key, then the right one.
	cfg.Callbacks = append([]CallbackKey{{Token: "other", AESKey: other}, {Token: testToken, AESKey: other}}, cfg.Callbacks...)
	got, err := deliver(t, receiver(t, cfg), bellXML, callbackTime, callbackTime)
	require.NoError(t, err)
	require.NotNil(t, got.Hint)
}

func TestDecodeAge(t *testing.T) {
	cfg := testConfig("")
	for name, tc := range map[string]struct {
		bound, off time.Duration
		status     int
	}{
		"on time":              {0, 0, 0},
		"just young enough":    {0, 10 * time.Minute, 0},
		"too old":              {0, 10*time.Minute + time.Second, http.StatusForbidden},
		"a little early":       {0, -10 * time.Minute, 0},
		"from the future":      {0, -10*time.Minute - time.Second, http.StatusForbidden},
		"configured, too old":  {time.Minute, 2 * time.Minute, http.StatusForbidden},
		"configured, in range": {time.Hour, 59 * time.Minute, 0},
	} {
		cfg.CallbackAge = tc.bound
		c := receiver(t, cfg)
		_, err := deliver(t, c, bellXML, callbackTime, callbackTime.Add(tc.off))
		encrypted := seal(t, testAESKey, testRandom, []byte("echo"), testCorp)
		check := httptest.NewRequest(http.MethodGet, "/?"+signed(testToken, encrypted, callbackTime)+"&echostr="+url.QueryEscape(encrypted), nil)
		_, checkErr := c.Decode(check, nil, callbackTime.Add(tc.off))
		if tc.status == 0 {
			require.NoError(t, err, name)
			require.NoError(t, checkErr, name)
			continue
		}
		require.Equal(t, tc.status, refusalStatus(t, err), name)
		require.Equal(t, tc.status, refusalStatus(t, checkErr), name)
	}
}

func TestDecodeRefuses(t *testing.T) {
	c := receiver(t, testConfig(""))
	good := seal(t, testAESKey, testRandom, []byte(bellXML), testCorp)
	foreign := seal(t, testAESKey, testRandom, []byte(bellXML), "wwSomebodyElse0000")
	garbage := seal(t, testAESKey, testRandom, []byte("{}"), testCorp)
	deep := seal(t, testAESKey, testRandom, []byte(strings.Repeat("<a>", 5000)+strings.Repeat("</a>", 5000)), testCorp)
	late := good[:len(good)-4]
	ok := func(encrypted string) string { return signed(testToken, encrypted, callbackTime) }
	for name, tc := range map[string]struct {
		query  string
		body   []byte
		status int
	}{
		"forged signature":        {strings.Replace(ok(good), "msg_signature=", "msg_signature=0", 1), envelopeOf(good), 401},
		"other token":             {signed("guess", good, callbackTime), envelopeOf(good), 401},
		"changed timestamp":       {strings.Replace(ok(good), "timestamp=1700000000", "timestamp=1700000001", 1), envelopeOf(good), 401},
		"changed cipher text":     {ok(good), envelopeOf("A" + good[1:]), 401},
		"wrong receiver":          {ok(foreign), envelopeOf(foreign), 403},
		"timestamp no number":     {url.Values{"msg_signature": {sign(testToken, "soon", "n", good)}, "timestamp": {"soon"}, "nonce": {"n"}}.Encode(), envelopeOf(good), 403},
		"timestamp of overflow":   {url.Values{"msg_signature": {sign(testToken, "9223372036854775807", "n", good)}, "timestamp": {"9223372036854775807"}, "nonce": {"n"}}.Encode(), envelopeOf(good), 403},
		"signed garbage":          {ok("%%%"), envelopeOf("%%%"), 400},
		"truncated cipher":        {ok(late), envelopeOf(late), 400},
		"inner is no XML":         {ok(garbage), envelopeOf(garbage), 400},
		"inner nested deeply":     {ok(deep), envelopeOf(deep), 400},
		"no parameters":           {"", envelopeOf(good), 400},
		"no body":                 {ok(good), nil, 400},
		"empty element":           {ok(good), []byte("<xml/>"), 400},
		"JSON":                    {ok(good), []byte(`{"encrypt":"` + good + `"}`), 400},
		"truncated XML":           {ok(good), envelopeOf(good)[:60], 400},
		"two cipher texts":        {ok(good), []byte("<xml><Encrypt>" + good + "</Encrypt><Encrypt>x</Encrypt></xml>"), 400},
		"deep nesting":            {ok(good), []byte(strings.Repeat("<xml>", 100_000)), 400},
		"cipher text in a cellar": {ok(good), []byte("<xml><a><Encrypt>" + good + "</Encrypt></a></xml>"), 400},
		"entity declared":         {ok(good), []byte("<!DOCTYPE x [<!ENTITY e \"boom\">]><xml><Encrypt>&e;</Encrypt></xml>"), 400},
		"too large":               {ok(good), append(envelopeOf(good), bytes.Repeat([]byte(" "), 1<<20)...), 413},
	} {
		got, err := c.Decode(post(tc.query, tc.body), tc.body, callbackTime)
		require.Error(t, err, name)
		require.Equal(t, tc.status, refusalStatus(t, err), name)
		require.Equal(t, bot.Callback{}, got, name)
	}
	_, err := c.Decode(httptest.NewRequest(http.MethodPut, "/", nil), nil, callbackTime)
	require.Equal(t, 405, refusalStatus(t, err))

	none := testConfig("")
	none.Callbacks = nil
	_, err = deliver(t, receiver(t, none), bellXML, callbackTime, callbackTime)
	require.Equal(t, 401, refusalStatus(t, err), "without keys nothing is accepted")
}

func TestNewRefusesBadConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no corp":       func(c *Config) { c.CorpID = "" },
		"no secret":     func(c *Config) { c.KFSecret = "" },
		"short key":     func(c *Config) { c.Callbacks[0].AESKey = "short" },
		"key no base64": func(c *Config) { c.Callbacks[0].AESKey = strings.Repeat("!", 43) },
		"no token":      func(c *Config) { c.Callbacks[0].Token = "" },
		"base no URL":   func(c *Config) { c.APIBase = "qyapi.weixin.qq.com" },
		"base of files": func(c *Config) { c.APIBase = "file:///etc" },
	} {
		cfg := testConfig("")
		cfg.Callbacks = []CallbackKey{cfg.Callbacks[0]}
		change(&cfg)
		_, err := New(cfg, newCache(), nil, nil)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), testSecret, name)
	}
}

// FuzzDecode: whatever comes, signed or not, Decode answers with a callback or a CallbackError.
func FuzzDecode(f *testing.F) {
	c := receiver(f, testConfig(""))
	good := seal(f, testAESKey, testRandom, []byte(bellXML), testCorp)
	f.Add(signed(testToken, good, callbackTime), envelopeOf(good), []byte(bellXML))
	f.Add("msg_signature=0&timestamp=1&nonce=2", []byte("<xml/>"), []byte("<xml><a>&#x4e2d;&amp;<![CDATA[x]]></a></xml>"))
	f.Fuzz(func(t *testing.T, query string, body, inner []byte) {
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{RawQuery: query}}
		check := func(_ bot.Callback, err error) {
			var refused *bot.CallbackError
			if err != nil && (!errors.As(err, &refused) || refused.Status < 400 || refused.Status > 499) {
				t.Fatalf("no refusal: %v", err)
			}
		}
		check(c.Decode(r, body, callbackTime))
		check(deliver(t, c, string(inner), callbackTime, callbackTime))
		check(c.Decode(&http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}}, nil, callbackTime))
	})
}

// FuzzScanXML: what the scanner accepts means the same to encoding/xml.
func FuzzScanXML(f *testing.F) {
	f.Add([]byte(bellXML))
	f.Add([]byte("<?xml version=\"1.0\"?>\n<xml> <a>1&lt;&#65;</a>\n<b><c>2</c></b><d/> </xml>"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		type pair struct{ name, value string }
		var got, want []pair
		if scanXML(doc, messageDepth, func(name, value []byte) { got = append(got, pair{string(name), string(value)}) }) != nil {
			return
		}
		d := xml.NewDecoder(bytes.NewReader(doc))
		depth, plain, text := 0, false, ""
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return // encoding/xml also minds characters and encodings
			}
			switch e := token.(type) {
			case xml.StartElement:
				depth, plain, text = depth+1, true, ""
			case xml.CharData:
				text += string(e)
			case xml.EndElement:
				if depth--; depth == 1 && plain {
					want = append(want, pair{e.Name.Local, text})
				}
				plain, text = false, ""
			}
		}
		if bytes.IndexByte(doc, '\r') < 0 && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("scanned %q, encoding/xml read %q", got, want)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	c := receiver(b, testConfig(""))
	inner := strings.Replace(bellXML, "<CreateTime>", "<Filler><![CDATA["+strings.Repeat("x", 600)+"]]></Filler><CreateTime>", 1)
	encrypted := seal(b, testAESKey, testRandom, []byte(inner), testCorp)
	body := envelopeOf(encrypted)
	r := post(signed(testToken, encrypted, callbackTime), body)
	b.ReportAllocs()
	for b.Loop() {
		got, err := c.Decode(r, body, callbackTime)
		if err != nil || got.Hint.Account != tickets.RemoteID("wkxxxxxxx") {
			b.Fatal(got, err)
		}
	}
}
