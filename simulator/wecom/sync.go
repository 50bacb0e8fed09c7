package wecom

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

const (
	maxPage = 1000
	// bellLife is how long the token of a callback is good for sync_msg (clock time).
	bellLife = 10 * time.Minute
)

// bell is the token that came with a callback.
type bell struct {
	Token   string    `json:"token"`
	Account string    `json:"open_kfid"`
	At      time.Time `json:"at"`
}

type syncIn struct {
	Cursor      string `json:"cursor"`
	Token       string `json:"token"`
	Limit       int    `json:"limit"`
	VoiceFormat int    `json:"voice_format"`
	OpenKFID    string `json:"open_kfid"`
}

type syncOut struct {
	reply
	NextCursor string            `json:"next_cursor"`
	HasMore    int               `json:"has_more"`
	MsgList    []json.RawMessage `json:"msg_list"`
}

// syncMsg is kf/sync_msg. Without an account it lists all accounts.
func (s *Server) syncMsg(in syncIn) (any, error) {
	if !s.rates.enter() {
		return nil, refuse(codeConcurrency, "")
	}
	defer s.rates.leave()
	if in.OpenKFID != "" {
		if err := s.checkAccount(in.OpenKFID); err != nil {
			return nil, err
		}
	}
	at, err := readCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	if in.Limit < 0 || in.Limit > maxPage || len(in.Token) > 128 || in.VoiceFormat < 0 || in.VoiceFormat > 1 {
		return nil, refuse(codeBadParameter, "")
	}
	if in.Limit == 0 {
		in.Limit = maxPage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.world.Clock.Now()
	if !s.rung(in.Token, in.OpenKFID, now) && !s.rates.allow(s.tokenlessKey(in.OpenKFID), s.machine(), tokenlessPerMinute) {
		return nil, refuse(codeFrequency, "")
	}
	s.prune(now)
	out := syncOut{reply: ok, MsgList: []json.RawMessage{}}
	if s.world.Switches.Bool(switchSparsePages) {
		in.Limit = 1
		if !at.rested {
			_, more := s.page(in.OpenKFID, at.seq, 0)
			at.rested = more
			out.NextCursor, out.HasMore = at.String(), flag(more)
			return out, nil
		}
	}
	items, more := s.page(in.OpenKFID, at.seq, in.Limit)
	for _, it := range items {
		out.MsgList = append(out.MsgList, it.Raw)
		at.seq = it.Seq
	}
	at.rested = false
	out.NextCursor, out.HasMore = at.String(), flag(more)
	return out, nil
}

// rung tells whether a token came with a callback for this account within its life; the caller holds mu.
func (s *Server) rung(given, account string, now time.Time) bool {
	b, known := s.bells.Get(given)
	return known && now.Before(b.At.Add(bellLife)) && (account == "" || account == b.Account)
}

func (s *Server) tokenlessKey(account string) string {
	if s.world.Switches.Bool(switchTokenlessPerKF) {
		return "tokenless " + account
	}
	return "tokenless"
}

// cursor is a place in the feed. To callers it is an opaque text.
type cursor struct {
	seq    int64
	rested bool // the empty page before the next item has been given
}

const cursorForm = "kf %d %t"

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, cursorForm, c.seq, c.rested))
}

// readCursor reads a cursor; "" is the oldest item kept.
func readCursor(given string) (c cursor, err error) {
	if given == "" {
		return c, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(given)
	if err != nil || len(given) > 64 {
		return c, refuse(codeBadParameter, "cursor")
	}
	if n, err := fmt.Sscanf(string(plain), cursorForm, &c.seq, &c.rested); err != nil || n != 2 {
		return c, refuse(codeBadParameter, "cursor")
	}
	return c, nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
