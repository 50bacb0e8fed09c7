package wecom

import (
	"encoding/json"
	"sort"
	"time"
)

// Origins of an item.
const (
	originContact  = 3
	originSystem   = 4
	originServicer = 5
)

// item is one entry of what sync_msg lists.
type item struct {
	Seq     int64           `json:"seq"`
	MsgID   string          `json:"msgid"`
	Account string          `json:"open_kfid"`
	At      time.Time       `json:"at"`
	Raw     json.RawMessage `json:"raw"` // as listed
}

// list adds an entry to what sync_msg gives and completes it with msgid and send_time; the caller holds mu and rings
// the bell after releasing it.
func (s *Server) list(account string, raw object) item {
	now := s.world.Clock.Now()
	it := item{Seq: s.world.Journal.NextSeq(), MsgID: randomFrom(alphanumerics, 44), Account: account, At: now}
	raw.set("msgid", it.MsgID)
	raw.set("send_time", now.Unix())
	it.Raw = encode(raw)
	s.prune(now)
	s.items.Put(it.MsgID, it)
	s.feed = append(s.feed, it)
	return it
}

// listEvent adds an event, whose ids stand inside it; the caller holds mu.
func (s *Server) listEvent(ss session, kind string, fields map[string]any) item {
	event := object{}
	for name, v := range fields {
		event.set(name, v)
	}
	event.set("event_type", kind)
	event.set("open_kfid", ss.Account)
	event.set("external_userid", ss.Contact)
	raw := object{}
	raw.set("origin", originSystem)
	raw.set("msgtype", "event")
	raw.set("event", event)
	return s.list(ss.Account, raw)
}

// prune forgets what is older than three days; the caller holds mu.
func (s *Server) prune(now time.Time) {
	old := 0
	for old < len(s.feed) && !now.Before(s.feed[old].At.Add(historyLife)) {
		s.items.Delete(s.feed[old].MsgID)
		old++
	}
	s.feed = s.feed[old:]
}

// page gives up to limit items after seq, of one account or, with "", of all, and whether more follow; the caller holds mu.
func (s *Server) page(account string, seq int64, limit int) (items []item, more bool) {
	first := sort.Search(len(s.feed), func(i int) bool { return s.feed[i].Seq > seq })
	for _, it := range s.feed[first:] {
		if account != "" && it.Account != account {
			continue
		}
		if len(items) == limit {
			return items, true
		}
		items = append(items, it)
	}
	return items, false
}
