package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"github.com/stretchr/testify/require"
)

// knocker speaks to the desk's callback addresses as the platforms would, or as somebody who is no platform.
type knocker struct {
	t *testing.T
	s *story
}

func (k knocker) now() time.Time {
	var clock struct{ Now time.Time }
	k.s.get(k.s.desk+"/debug/clock", &clock)
	return clock.Now
}

func (k knocker) knocks(method, path string, header map[string]string, body []byte) int {
	k.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, k.s.desk+path, bytes.NewReader(body))
	require.NoError(k.t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := k.s.http.Do(req)
	if err != nil { // the desk does not read on beyond a megabyte
		return http.StatusRequestEntityTooLarge
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// wecomQuery signs as WeCom does.
func (k knocker) wecomQuery(encrypted string, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	q := url.Values{"timestamp": {stamp}, "nonce": {"1234567890"},
		"msg_signature": {util.Signature(k.s.cfg["wecom.callback.token"], stamp, "1234567890", encrypted)}}
	return "/callbacks/wecom?" + q.Encode()
}

func (k knocker) wecomSeal(receiver, plain string) string {
	k.t.Helper()
	sealed, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(plain), receiver, k.s.cfg["wecom.callback.aes_key"])
	require.NoError(k.t, err)
	return string(sealed)
}

func envelope(encrypted string) []byte {
	return []byte("<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>")
}

func TestStoryFalseWeComCallbacks(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		k := knocker{t, s}
		li := s.WeCom("李工")
		li.Says("先有一张工单")
		s.Card("先有一张工单")
		s.Settle()
		before := len(s.Group().posts()) + len(li.messages())

		corp, now := s.cfg["wecom.corp_id"], k.now()
		bell := "<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token>ENCfalse</Token></xml>"
		good := k.wecomSeal(corp, bell)
		other := k.wecomSeal("ww0000000000000000", bell)
		deep := k.wecomSeal(corp, strings.Repeat("<a>", 5000)+strings.Repeat("</a>", 5000))
		for name, tc := range map[string]struct {
			query string
			body  []byte
		}{
			"bad signature":     {"/callbacks/wecom?msg_signature=0&timestamp=" + fmt.Sprint(now.Unix()) + "&nonce=2", envelope(good)},
			"no signature":      {"/callbacks/wecom", envelope(good)},
			"wrong receiver":    {k.wecomQuery(other, now), envelope(other)},
			"stale":             {k.wecomQuery(good, now.Add(-11*time.Minute)), envelope(good)},
			"from the future":   {k.wecomQuery(good, now.Add(11*time.Minute)), envelope(good)},
			"oversized":         {k.wecomQuery(good, now), append(envelope(good), bytes.Repeat([]byte(" "), 1<<20)...)},
			"truncated":         {k.wecomQuery(good, now), envelope(good)[:60]},
			"ciphertext cut":    {k.wecomQuery(good[:40], now), envelope(good[:40])},
			"not XML":           {k.wecomQuery(good, now), []byte(`{"encrypt":"x"}`)},
			"empty":             {k.wecomQuery("", now), nil},
			"garbage":           {k.wecomQuery("%%%%", now), envelope("%%%%")},
			"deep nesting":      {k.wecomQuery(deep, now), envelope(deep)},
			"another signature": {k.wecomQuery(other, now), envelope(good)},
		} {
			status := k.knocks(http.MethodPost, tc.query, nil, tc.body)
			require.True(t, status >= 400 && status < 500, "%s: %d", name, status)
		}
		require.Equal(t, http.StatusOK, k.knocks(http.MethodPost, k.wecomQuery(good, now), nil, envelope(good)))
		require.Equal(t, http.StatusOK, k.knocks(http.MethodPost, k.wecomQuery(good, now), nil, envelope(good)), "a repeat is taken")
		unknown := k.wecomSeal(corp, "<xml><MsgType>event</MsgType><Event>something_new</Event></xml>")
		require.Equal(t, http.StatusOK, k.knocks(http.MethodPost, k.wecomQuery(unknown, now), nil, envelope(unknown)))
		var check struct {
			OK    bool
			Error string
		}
		s.post("/control/wecom/callback_check", map[string]string{}, &check)
		require.True(t, check.OK, check.Error)
		s.Settle()
		require.Equal(t, before, len(s.Group().posts())+len(li.messages()), "nothing changed")
	})
}

// feishuSeal encrypts and signs as Feishu does.
func (k knocker) feishuSeal(plain []byte, at time.Time) (map[string]string, []byte) {
	k.t.Helper()
	key := sha256.Sum256([]byte(k.s.cfg["feishu.encrypt_key"]))
	block, err := aes.NewCipher(key[:])
	require.NoError(k.t, err)
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	sealed := make([]byte, aes.BlockSize+len(padded))
	cipher.NewCBCEncrypter(block, sealed[:aes.BlockSize]).CryptBlocks(sealed[aes.BlockSize:], padded)
	body := []byte(`{"encrypt":"` + base64.StdEncoding.EncodeToString(sealed) + `"}`)
	stamp := strconv.FormatInt(at.Unix(), 10)
	sum := sha256.Sum256(append([]byte(stamp+"nonce"+k.s.cfg["feishu.encrypt_key"]), body...))
	return map[string]string{"X-Lark-Request-Timestamp": stamp, "X-Lark-Request-Nonce": "nonce", "X-Lark-Signature": hex.EncodeToString(sum[:])}, body
}

// feishuEvent is a message of a colleague in the direct chat, as it would come.
func (k knocker) feishuEvent(id, from, text, app, token string) []byte {
	k.t.Helper()
	content, err := json.Marshal(map[string]string{"text": text})
	require.NoError(k.t, err)
	raw, err := json.Marshal(map[string]any{
		"schema": "2.0",
		"header": map[string]string{"event_id": id, "event_type": "im.message.receive_v1", "token": token, "app_id": app, "create_time": "1772415000000"},
		"event": map[string]any{
			"sender": map[string]any{"sender_id": map[string]string{"open_id": from}, "sender_type": "user"},
			"message": map[string]any{"message_id": "om_" + id, "chat_id": "oc_x", "chat_type": "p2p", "message_type": "text",
				"create_time": "1772415000000", "content": string(content)},
		},
	})
	require.NoError(k.t, err)
	return raw
}

func TestStoryFalseFeishuCallbacks(t *testing.T) {
	stage{env: []string{"SERVICEDESK_FEISHU_MODE=webhook"}}.stories(t, func(t *testing.T, s *story) {
		k := knocker{t, s}
		now, app, token := k.now(), s.cfg["feishu.app_id"], s.cfg["feishu.verification_token"]
		zhang, direct := s.Feishu("张伟"), s.Direct("张伟")
		event := func(id, app, token string) []byte { return k.feishuEvent(id, zhang.id, "/我的", app, token) }
		send := func(plain []byte, at time.Time, spoil func(map[string]string, *[]byte)) int {
			header, body := k.feishuSeal(plain, at)
			if spoil != nil {
				spoil(header, &body)
			}
			return k.knocks(http.MethodPost, "/callbacks/feishu", header, body)
		}
		for name, status := range map[string]int{
			"bad signature": send(event("e1", app, token), now, func(h map[string]string, _ *[]byte) { h["X-Lark-Signature"] = strings.Repeat("0", 64) }),
			"no signature":  send(event("e2", app, token), now, func(h map[string]string, _ *[]byte) { delete(h, "X-Lark-Signature") }),
			"another app":   send(event("e3", "cli_other", token), now, nil),
			"bad token":     send(event("e4", app, "wrong"), now, nil),
			"stale":         send(event("e5", app, token), now.Add(-9*time.Hour), nil),
			"changed":       send(event("e6", app, token), now, func(_ map[string]string, b *[]byte) { (*b)[40] ^= 1 }),
			"truncated":     send(event("e7", app, token), now, func(_ map[string]string, b *[]byte) { *b = (*b)[:len(*b)/2] }),
			"garbage":       k.knocks(http.MethodPost, "/callbacks/feishu", nil, []byte("\x00\xff{[")),
			"not JSON":      send([]byte("<xml/>"), now, nil),
			"oversized":     send(bytes.Repeat([]byte(" "), 1<<20), now, nil),
			"plain":         k.knocks(http.MethodPost, "/callbacks/feishu", nil, event("e8", app, token)),
			"deep nesting":  send([]byte(strings.Repeat(`{"a":`, 20000)+"1"+strings.Repeat("}", 20000)), now, nil),
		} {
			require.True(t, status >= 400 && status < 500, "%s: %d", name, status)
		}
		s.Settle()
		require.Empty(t, direct.posts(), "nothing was answered")

		require.Equal(t, http.StatusOK, send(event("good", app, token), now, nil))
		require.Equal(t, http.StatusOK, send(event("good", app, token), now, nil), "a repeat is taken")
		require.Equal(t, http.StatusOK, send(k.feishuEvent("unknown", "ou_nobody", "x", app, token), now, nil))
		s.Settle()
		direct.SeesTimes(1, "没有未完结的工单")
		var check struct {
			OK    bool
			Error string
		}
		s.post("/control/feishu/challenge", map[string]string{}, &check)
		require.True(t, check.OK, check.Error)
	})
}
