package kernel

import (
	"bytes"
	"encoding/json"
	"sort"
	"sync"
	"time"
)

// keptCalls is how many calls the log remembers.
const keptCalls = 200_000

// Call is one API call that a platform received.
type Call struct {
	Seq      int64     `json:"seq"`
	Platform string    `json:"platform"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`    // the platform's own, without the simulator's prefix
	Status   int       `json:"status"`  // 0: no answer (yet)
	ErrCode  int       `json:"errcode"` // of the JSON answer
	Time     time.Time `json:"time"`    // of receipt, by the clock
}

// CallLog remembers the calls received, in order of receipt. Safe for concurrent use.
type CallLog struct {
	journal *Journal
	clock   *Clock

	mu    sync.Mutex
	calls []Call
}

// After lists the calls with a greater sequence number, in order.
func (l *CallLog) After(seq int64) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Call{}, l.calls[l.first(seq):]...)
}

// first is the index of the first call after seq; the caller holds mu.
func (l *CallLog) first(seq int64) int {
	return sort.Search(len(l.calls), func(i int) bool { return l.calls[i].Seq > seq })
}

// begin notes a call when it arrives and returns its number.
func (l *CallLog) begin(platform, method, path string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) >= keptCalls {
		l.calls = append([]Call{}, l.calls[keptCalls/10:]...)
	}
	c := Call{Seq: l.journal.NextSeq(), Platform: platform, Method: method, Path: path, Time: l.clock.Now()}
	l.calls = append(l.calls, c)
	return c.Seq
}

// end fills in what was answered.
func (l *CallLog) end(seq int64, status, errcode int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.first(seq - 1); i < len(l.calls) && l.calls[i].Seq == seq {
		l.calls[i].Status, l.calls[i].ErrCode = status, errcode
	}
}

// errcodeOf reads the top-level "errcode" or "code" of a JSON answer, of which body may be only the beginning.
func errcodeOf(body []byte) int {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return 0
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return 0
		}
		if key == "errcode" || key == "code" {
			var code int
			_ = dec.Decode(&code) // a code that is no number is none
			return code
		}
		var skip json.RawMessage
		if dec.Decode(&skip) != nil {
			return 0
		}
	}
	return 0
}
