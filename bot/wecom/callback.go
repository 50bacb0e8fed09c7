package wecom

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"

	"github.com/silenceper/wechat/v2/util"
)

// maxCallback bounds the body of a callback, in bytes.
const maxCallback = 1 << 20

// callbackKey is a CallbackKey with its AES key decoded.
type callbackKey struct {
	token string
	aes   []byte
}

func parseKeys(keys []CallbackKey) ([]callbackKey, error) {
	parsed := make([]callbackKey, 0, len(keys))
	for i, k := range keys {
		// WeCom's keys are 43 characters whose last bits need not be zero: a strict decoder refuses some of them.
		aes, err := base64.StdEncoding.DecodeString(k.AESKey + "=")
		if err != nil || len(aes) != 32 || len(k.AESKey) != 43 {
			return nil, fmt.Errorf("wecom: callback %d: aes_key must be the 43 characters of the app's EncodingAESKey", i+1)
		}
		if k.Token == "" {
			return nil, fmt.Errorf("wecom: callback %d: token is missing", i+1)
		}
		parsed = append(parsed, callbackKey{token: k.Token, aes: aes})
	}
	return parsed, nil
}

// Decode verifies and decrypts a callback (documents 90930, 90968): a GET checks the address, a POST brings an event. Errors are
// *bot.CallbackError: 401 wrong signature, 403 wrong receiver or age, 400 malformed, 405 other methods, 413 too large.
func (c *Client) Decode(r *http.Request, body []byte, now time.Time) (bot.Callback, error) {
	query := r.URL.Query()
	switch r.Method {
	case http.MethodGet:
		// A proxy that decodes twice turns + into a blank, which base64 never holds.
		echo, err := c.open(query, strings.ReplaceAll(query.Get("echostr"), " ", "+"), now)
		if err != nil {
			return bot.Callback{}, err
		}
		return bot.Callback{Echo: echo}, nil
	case http.MethodPost:
		return c.decodeEvent(query, body, now)
	}
	return bot.Callback{}, refuse(http.StatusMethodNotAllowed, "only GET and POST")
}

func (c *Client) decodeEvent(query url.Values, body []byte, now time.Time) (bot.Callback, error) {
	if len(body) > maxCallback {
		return bot.Callback{}, refuse(http.StatusRequestEntityTooLarge, "body over 1 MiB")
	}
	var encrypted string
	var doubled bool
	err := scanXML(body, envelopeDepth, func(name, value []byte) {
		if string(name) == "Encrypt" {
			doubled = doubled || encrypted != ""
			encrypted = string(value)
		}
	})
	if err != nil || encrypted == "" || doubled {
		return bot.Callback{}, refuse(http.StatusBadRequest, "no encrypted envelope")
	}
	message, err := c.open(query, encrypted, now)
	if err != nil {
		return bot.Callback{}, err
	}
	var kind, event, token, account string
	err = scanXML(message, messageDepth, func(name, value []byte) {
		switch string(name) {
		case "MsgType":
			kind = string(value)
		case "Event":
			event = string(value)
		case "Token":
			token = string(value)
		case "OpenKfId":
			account = string(value)
		}
	})
	if err != nil {
		return bot.Callback{}, refuse(http.StatusBadRequest, "message is not XML")
	}
	if kind != "event" || event != "kf_msg_or_event" || !c.serves(account) {
		return bot.Callback{}, nil
	}
	return bot.Callback{Hint: &bot.Hint{Account: tickets.RemoteID(account), Token: token}}, nil
}

// serves reports whether a hint concerns an account of ours. Hints without an account concern all.
func (c *Client) serves(account string) bool {
	return account == "" || len(c.accounts) == 0 || slices.Contains(c.accounts, account)
}

// open checks signature and age, decrypts, and checks the receiver.
func (c *Client) open(query url.Values, encrypted string, now time.Time) ([]byte, error) {
	timestamp, nonce := query.Get("timestamp"), query.Get("nonce")
	given := []byte(query.Get("msg_signature"))
	if encrypted == "" || timestamp == "" || len(given) == 0 {
		return nil, refuse(http.StatusBadRequest, "parameters missing")
	}
	refusal := refuse(http.StatusUnauthorized, "signature does not match")
	for _, key := range c.callbacks {
		want := util.Signature(key.token, timestamp, nonce, encrypted)
		if subtle.ConstantTimeCompare(given, []byte(want)) != 1 {
			continue
		}
		if !c.timely(timestamp, now) {
			return nil, refuse(http.StatusForbidden, "timestamp out of range")
		}
		message, err := c.decrypt(encrypted, key.aes)
		if err == nil {
			return message, nil
		}
		refusal = err // another key may have the same token
	}
	return nil, refusal
}

func (c *Client) timely(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 { // beyond, the difference below would overflow
		return false
	}
	return now.Sub(time.Unix(seconds, 0)).Abs() <= c.callbackAge
}

func (c *Client) decrypt(encrypted string, key []byte) ([]byte, error) {
	cipher, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "cipher text is not base64")
	}
	message, receiver, err := unpack(cipher, key)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "cipher text cannot be decrypted")
	}
	if subtle.ConstantTimeCompare(receiver, []byte(c.corpID)) != 1 {
		return nil, refuse(http.StatusForbidden, "meant for another receiver")
	}
	return message, nil
}

// unpack decrypts. The SDK takes the length inside on trust: where int has 32 bits it could run out of bounds, hence the recover.
func unpack(cipher, key []byte) (message, receiver []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("length out of bounds")
		}
	}()
	_, message, receiver, err = util.AESDecryptMsg(cipher, key)
	return message, receiver, err
}

// Acknowledge answers an address check with its text and everything else with an empty 200. WeCom's kf callbacks know no toast.
func (c *Client) Acknowledge(w http.ResponseWriter, cb bot.Callback, _ *tickets.Answer) {
	if cb.Echo != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(cb.Echo) // the caller is gone: nobody to tell
		return
	}
	w.WriteHeader(http.StatusOK)
}

func refuse(status int, reason string) error {
	return &bot.CallbackError{Status: status, Reason: reason}
}
