package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Secrets of the platforms that the benchmarks simulate.
const (
	benchCorp        = "wwbench0000000001"
	benchToken       = "BenchCallbackToken"
	benchAESKey      = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	benchApp         = "cli_bench"
	benchVerifyToken = "BenchVerificationToken"
	benchEncryptKey  = "BenchEncryptKey"
	benchBot         = "ou_bench_bot"
)

// pad is PKCS #7 for the given block.
func pad(plain []byte, block int) []byte {
	n := block - len(plain)%block
	return append(plain, bytes.Repeat([]byte{byte(n)}, n)...)
}

// feishuCallback is a whole HTTP request with an encrypted and signed event ("事件订阅 / 安全校验").
func feishuCallback(event []byte) []byte {
	key := sha256.Sum256([]byte(benchEncryptKey))
	block, _ := aes.NewCipher(key[:]) // 32 bytes
	iv := make([]byte, aes.BlockSize)
	plain := pad(slices.Clone(event), aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	body := `{"encrypt":"` + base64.StdEncoding.EncodeToString(append(iv, plain...)) + `"}`
	timestamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), "1234567890"
	signature := sha256.Sum256([]byte(timestamp + nonce + benchEncryptKey + body))
	return fmt.Appendf(nil, "POST /callbacks/feishu HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json; charset=utf-8\r\n"+
		"X-Lark-Request-Timestamp: %s\r\nX-Lark-Request-Nonce: %s\r\nX-Lark-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
		timestamp, nonce, hex.EncodeToString(signature[:]), len(body), body)
}

// spoken is a message of somebody in Feishu.
type spoken struct {
	id, chat, root, sender, text string
	toDesk                       bool // mentions the bot; the text then begins with @_user_1
}

// event is the message as im.message.receive_v1.
func (s spoken) event() []byte {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	content, _ := json.Marshal(map[string]string{"text": s.text}) // strings
	message := map[string]any{"message_id": "om_" + s.id, "create_time": now, "update_time": now, "chat_id": s.chat, "chat_type": "group",
		"message_type": "text", "content": string(content)}
	if s.root != "" {
		message["root_id"], message["parent_id"] = s.root, s.root
	}
	if s.toDesk {
		message["mentions"] = []any{map[string]any{"key": "@_user_1", "name": "desk", "id": map[string]string{"open_id": benchBot}}}
	}
	data, _ := json.Marshal(map[string]any{ // nothing in it can fail
		"schema": "2.0",
		"header": map[string]string{"event_id": s.id, "event_type": "im.message.receive_v1", "create_time": now, "token": benchVerifyToken,
			"app_id": benchApp, "tenant_key": "bench"},
		"event": map[string]any{
			"sender":  map[string]any{"sender_type": "user", "tenant_key": "bench", "sender_id": map[string]string{"open_id": s.sender}},
			"message": message,
		},
	})
	return data
}

// kilobyte fills an event's text so that the event has 1 KB.
func kilobyte(s spoken) spoken {
	s.text += " " + strings.Repeat("x", max(0, 1023-len(s.event())))
	return s
}

// kfBell is a whole HTTP request: WeCom's callback that an account has news (documents 90930, 94670).
func kfBell(account, token string) []byte {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	inner := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><CreateTime>%s</CreateTime><MsgType><![CDATA[event]]></MsgType>"+
		"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[%s]]></Token><OpenKfId><![CDATA[%s]]></OpenKfId></xml>",
		benchCorp, now, token, account)
	key, _ := base64.StdEncoding.DecodeString(benchAESKey + "=") // a constant
	plain := binary.BigEndian.AppendUint32([]byte("0123456789abcdef"), uint32(len(inner)))
	plain = pad(append(append(plain, inner...), benchCorp...), 32)
	block, _ := aes.NewCipher(key) // 32 bytes
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	sealed := base64.StdEncoding.EncodeToString(plain)
	parts := []string{benchToken, now, "1234567890", sealed}
	slices.Sort(parts)
	signature := sha1.Sum([]byte(strings.Join(parts, "")))
	query := url.Values{"msg_signature": {hex.EncodeToString(signature[:])}, "timestamp": {now}, "nonce": {"1234567890"}}
	body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>",
		benchCorp, sealed)
	return fmt.Appendf(nil, "POST /callbacks/wecom?%s HTTP/1.1\r\nHost: desk\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
		query.Encode(), len(body), body)
}
