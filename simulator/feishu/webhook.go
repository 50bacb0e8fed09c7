package feishu

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	webhookPath = "/callbacks/feishu"
	// Time limits of the platform, in machine time.
	dialWait      = 2 * time.Second
	webhookWait   = 3 * time.Second
	challengeWait = time.Second
	maxReply      = 1 << 20
)

func newPoster() *http.Client {
	return &http.Client{
		Timeout:       webhookWait,
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: dialWait}).DialContext, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// seal encrypts a callback as the platform does: AES-256-CBC under SHA-256 of the encrypt key, PKCS#7, IV in front,
// base64, wrapped in a JSON object. iv has 16 bytes.
func seal(encryptKey string, iv, plain []byte) []byte {
	key := sha256.Sum256([]byte(encryptKey))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil // a key of 32 bytes always does
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(append([]byte{}, plain...), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return []byte(`{"encrypt":"` + base64.StdEncoding.EncodeToString(append(append([]byte{}, iv...), padded...)) + `"}`)
}

// sign is the signature header: lower-case SHA-256 over timestamp, nonce, encrypt key and the body's bytes.
func sign(timestamp, nonce, encryptKey string, body []byte) string {
	h := sha256.New()
	_, _ = io.WriteString(h, timestamp+nonce+encryptKey) // a hash never fails
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// postWebhook carries one event over HTTP. A damaged one differs in one byte from what was signed.
func (s *Server) postWebhook(payload []byte, corrupt bool) reply {
	body := s.sealed(payload)
	ts, nonce := strconv.FormatInt(s.now().Unix(), 10), s.w.NewID("")[:10]
	header := map[string]string{
		"X-Lark-Request-Timestamp": ts,
		"X-Lark-Request-Nonce":     nonce,
		"X-Lark-Signature":         sign(ts, nonce, s.app.EncryptKey, body),
	}
	if corrupt {
		damage(body)
	}
	r := s.postBody(body, header)
	if r.accepted() {
		s.conns.webhookWorked()
	}
	return r
}

// damage changes one character of the encrypted text.
func damage(body []byte) {
	at := len(body) / 2
	if body[at] == 'A' {
		body[at] = 'B'
		return
	}
	body[at] = 'A'
}

func (s *Server) sealed(payload []byte) []byte {
	iv := make([]byte, aes.BlockSize)
	_, _ = crand.Read(iv) // never fails (Go 1.24)
	return seal(s.app.EncryptKey, iv, payload)
}

func (s *Server) postBody(body []byte, header map[string]string) reply {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.w.DeskURL+webhookPath, bytes.NewReader(body))
	if err != nil {
		return reply{client: clientNotConfigured}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	for name, v := range header {
		req.Header.Set(name, v)
	}
	resp, err := s.post.Do(req)
	if err != nil {
		return reply{client: failureOf(err)}
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	r := reply{status: resp.StatusCode, body: answer}
	switch {
	case err != nil:
		r.client = failureOf(err)
	case resp.StatusCode != http.StatusOK:
		r.client = clientBadStatus
	}
	return r
}

// failureOf is the code a client shows for a failed exchange.
func failureOf(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return clientNoHost
	case errors.As(err, &timeout) && timeout.Timeout():
		return clientTimeout
	}
	return clientNoConnection
}

// challenge asks the webhook to prove itself, as saving its address in the console does: encrypted, not signed, to be
// answered within a second. It returns what went wrong, "" when nothing did.
func (s *Server) challenge() string {
	if s.w.DeskURL == "" {
		return "no address of the desk is known"
	}
	word := s.w.NewID("")
	plain := encode(map[string]string{"challenge": word, "token": s.app.VerificationToken, "type": "url_verification"})
	begin := s.machine()
	r := s.postBody(s.sealed([]byte(plain)), nil)
	var out struct{ Challenge string }
	switch {
	case r.client != "":
		return "the desk did not answer with 200: " + r.client
	case s.machine().Sub(begin) > challengeWait:
		return "the desk took longer than a second"
	case json.Unmarshal(r.body, &out) != nil || out.Challenge != word:
		return "the desk answered without the challenge"
	}
	s.conns.webhookWorked()
	return ""
}
