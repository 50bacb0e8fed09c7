package feishu

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// maxCallback bounds the body of a callback, in bytes.
const maxCallback = 1 << 20

// incoming is what a decrypted callback may be: an envelope, or the check of the address.
type incoming struct {
	envelope
	Type      string `json:"type"`
	Token     string `json:"token"`
	Challenge string `json:"challenge"`
}

// Decode verifies and decrypts a callback ("事件订阅 / 安全校验"). Only the check of the address comes without a signature. Errors are
// *bot.CallbackError: 401 wrong signature or token, 403 wrong app or age, 400 malformed, 405 other methods, 413 too large.
func (c *Client) Decode(r *http.Request, body []byte, now time.Time) (bot.Callback, error) {
	switch {
	case r.Method != http.MethodPost:
		return bot.Callback{}, denied(http.StatusMethodNotAllowed, "a callback is a POST")
	case len(body) > maxCallback:
		return bot.Callback{}, denied(http.StatusRequestEntityTooLarge, "body too large")
	case c.cfg.EncryptKey == "" || c.cfg.VerificationToken == "":
		return bot.Callback{}, denied(http.StatusUnauthorized, "callbacks need encrypt_key and verification_token")
	}
	signed := r.Header.Get(larkevent.EventSignature) != ""
	if signed {
		if err := c.verify(r.Header, body, now); err != nil {
			return bot.Callback{}, err
		}
	}
	in, plain, err := c.read(body)
	if err != nil && !signed {
		// Without a signature there is one answer, whatever is wrong: its sender shall learn nothing about the key.
		return bot.Callback{}, denied(http.StatusUnauthorized, "no signature")
	}
	if err != nil {
		return bot.Callback{}, err
	}
	if in.Type == string(larkevent.ReqTypeChallenge) {
		return c.challenge(in)
	}
	if !signed {
		return bot.Callback{}, denied(http.StatusUnauthorized, "no signature")
	}
	return c.accept(in.envelope, plain)
}

// verify checks signature and age.
func (c *Client) verify(h http.Header, body []byte, now time.Time) error {
	timestamp := h.Get(larkevent.EventRequestTimestamp)
	want := larkevent.Signature(timestamp, h.Get(larkevent.EventRequestNonce), c.cfg.EncryptKey, string(body))
	if !same(h.Get(larkevent.EventSignature), want) {
		return denied(http.StatusUnauthorized, "wrong signature")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return denied(http.StatusBadRequest, "timestamp is no number")
	}
	// In seconds, so that no number overflows.
	if age := now.Unix() - seconds; age > int64(c.cfg.CallbackAge/time.Second) || -age > int64(c.cfg.CallbackAge/time.Second) {
		return denied(http.StatusForbidden, "too old, or from the future")
	}
	return nil
}

// read decrypts and parses a body.
func (c *Client) read(body []byte) (in incoming, plain []byte, err error) {
	var outer larkevent.EventEncryptMsg
	if err := json.Unmarshal(body, &outer); err != nil || outer.Encrypt == "" {
		return in, nil, denied(http.StatusBadRequest, "not an encrypted callback")
	}
	plain, ok := decrypt(outer.Encrypt, c.cfg.EncryptKey)
	if !ok {
		return in, nil, denied(http.StatusBadRequest, "not encrypted with our key")
	}
	if err := json.Unmarshal(plain, &in); err != nil {
		return in, nil, denied(http.StatusBadRequest, "not the JSON of an event")
	}
	return in, plain, nil
}

// decrypt undoes AES-256-CBC with PKCS #7; the key is the SHA-256 of the configured one, the IV stands in front. The SDK's function looks for
// braces instead of checking the padding, and panics when it finds them the wrong way round.
func decrypt(encrypted, key string) (plain []byte, ok bool) {
	buf, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(buf) < 2*aes.BlockSize || len(buf)%aes.BlockSize != 0 {
		return nil, false
	}
	sum := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, false
	}
	iv, buf := buf[:aes.BlockSize], buf[aes.BlockSize:]
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(buf, buf)
	pad := int(buf[len(buf)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, false
	}
	for _, b := range buf[len(buf)-pad:] {
		if int(b) != pad {
			return nil, false
		}
	}
	return buf[:len(buf)-pad], true
}

func (c *Client) challenge(in incoming) (bot.Callback, error) {
	if !same(in.Token, c.cfg.VerificationToken) {
		return bot.Callback{}, denied(http.StatusUnauthorized, "wrong verification token")
	}
	return bot.Callback{Echo: []byte(encode(map[string]string{"challenge": in.Challenge}))}, nil
}

// accept sorts what is signed. Unknown events are taken and left alone: a refusal would only bring them back.
func (c *Client) accept(e envelope, plain []byte) (bot.Callback, error) {
	switch {
	case e.Schema != "2.0":
		return bot.Callback{}, denied(http.StatusBadRequest, "not an event of schema 2.0")
	case !same(e.Header.Token, c.cfg.VerificationToken):
		return bot.Callback{}, denied(http.StatusUnauthorized, "wrong verification token")
	case e.Header.AppID != c.cfg.AppID:
		return bot.Callback{}, denied(http.StatusForbidden, "an event for another app")
	case e.Header.EventType == cardAction:
		a, err := actionOf(e)
		if err != nil {
			return bot.Callback{}, denied(http.StatusBadRequest, "card action not understood")
		}
		return bot.Callback{Action: &a}, nil
	}
	event, ok, err := eventOf(e, plain)
	if err != nil {
		return bot.Callback{}, denied(http.StatusBadRequest, "event not understood")
	}
	if !ok {
		return bot.Callback{}, nil
	}
	return bot.Callback{Events: []bot.Event{event}}, nil
}

// Acknowledge writes the positive answer: the challenge, the toast of a card action, or an empty object.
func (c *Client) Acknowledge(w http.ResponseWriter, cb bot.Callback, a *tickets.Answer) {
	body := cb.Echo
	if body == nil {
		body = []byte(encode(toastOf(a)))
	}
	w.Header().Set("Content-Type", larkevent.DefaultContentType)
	_, _ = w.Write(body) // nobody is left to tell
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func denied(status int, reason string) error {
	return &bot.CallbackError{Status: status, Reason: reason}
}
