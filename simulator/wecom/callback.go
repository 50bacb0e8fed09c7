package wecom

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"servicedesk/simulator/kernel"
)

// callbackPath is where the desk takes callbacks, below its own address.
const callbackPath = "/callbacks/wecom"

// delivery is a callback that the desk has not accepted yet.
type delivery struct {
	ID    string    `json:"id"`
	Plain string    `json:"plain"` // inner XML
	Tries int       `json:"tries"` // failed so far
	Due   time.Time `json:"due"`   // of the next attempt, clock time
}

// ring tells the desk that a kf account has something new; it returns after the first attempt. mu is not held.
func (s *Server) ring(account string) {
	now := s.world.Clock.Now()
	b := bell{Token: "ENC" + randomText(61), Account: account, At: now}
	s.mu.Lock()
	for len(s.rungs) > 0 && !now.Before(s.rungs[0].At.Add(bellLife)) {
		s.bells.Delete(s.rungs[0].Token)
		s.rungs = s.rungs[1:]
	}
	s.bells.Put(b.Token, b)
	s.rungs = append(s.rungs, b)
	s.mu.Unlock()
	s.callBack(fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[event]]></MsgType>"+
		"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[%s]]></Token><OpenKfId><![CDATA[%s]]></OpenKfId></xml>",
		s.config.CorpID, now.Unix(), b.Token, account))
}

// callBack delivers an inner XML, again by the schedule when the desk does not accept it; it returns after the first
// attempt.
func (s *Server) callBack(plain string) {
	if s.world.DeskURL == "" {
		return
	}
	d := delivery{ID: s.world.NewID("cb_"), Plain: plain, Due: s.world.Clock.Now()}
	s.pending.Put(d.ID, d)
	s.attempt(d)
}

func (s *Server) attempt(d delivery) {
	send, err := s.seal(d.Plain)
	if err != nil {
		s.world.Log.Error("callback cannot be sealed", slog.String("error", err.Error()))
		s.pending.Delete(d.ID)
		return
	}
	s.world.Disturb.DeliverThen(kernel.WeCom, send, func(accepted, _ bool) {
		if accepted {
			s.pending.Delete(d.ID)
			return
		}
		d.Tries++
		if d.Tries >= callbackTries {
			s.pending.Delete(d.ID)
			s.world.Log.Warn("callback given up", slog.String("id", d.ID), slog.Int("tries", d.Tries))
			return
		}
		d.Due = s.world.Clock.Now().Add(callbackPause)
		s.pending.Put(d.ID, d)
		s.world.Clock.At(d.Due, func() { s.attempt(d) })
	})
}

// seal signs and encrypts a callback as of now; the function it gives posts exactly this, whenever that is.
func (s *Server) seal(plain string) (send func(corrupt bool) bool, err error) {
	sealed, err := seal(s.config.CallbackAESKey, random16(), []byte(plain), s.config.CorpID)
	if err != nil {
		return nil, err
	}
	address := s.world.DeskURL + callbackPath + "?" + s.signed(sealed).Encode()
	return func(corrupt bool) bool {
		encrypt := sealed
		if corrupt {
			encrypt = damage(sealed)
		}
		body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>",
			s.config.CorpID, encrypt)
		// No caller's context: once begun, an attempt is the platform's own and ends by the client's time limit.
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			s.world.Log.Error("callback address is wrong", slog.String("error", err.Error()))
			return false
		}
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		resp, err := s.client.Do(req)
		if err != nil {
			s.world.Log.Debug("callback not delivered", slog.String("error", err.Error()))
			return false
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
		return err == nil && resp.StatusCode == http.StatusOK
	}, nil
}

// signed gives the query of a callback with this ciphertext, as of now.
func (s *Server) signed(sealed string) url.Values {
	stamp, nonce := strconv.FormatInt(s.world.Clock.Now().Unix(), 10), randomFrom("0123456789", 10)
	return url.Values{
		"msg_signature": {signature(s.config.CallbackToken, stamp, nonce, sealed)},
		"timestamp":     {stamp},
		"nonce":         {nonce},
	}
}

// damage changes one byte of the ciphertext.
func damage(sealed string) string {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) == 0 {
		return sealed + "A"
	}
	raw[len(raw)/2] ^= 0x01
	return base64.StdEncoding.EncodeToString(raw)
}

// checkURL asks the desk what the admin page asks when the callback address is saved: to decrypt a number within a second.
func (s *Server) checkURL(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	secret := randomFrom("123456789", 19)
	sealed, err := seal(s.config.CallbackAESKey, random16(), []byte(secret), s.config.CorpID)
	if err != nil {
		return err
	}
	q := s.signed(sealed)
	q.Set("echostr", sealed)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.world.DeskURL+callbackPath+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	echo, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(echo) != secret {
		return errors.New("the answer is not the decrypted echostr alone (status " + strconv.Itoa(resp.StatusCode) + ")")
	}
	return nil
}
