package feishu

import (
	"fmt"
	"log/slog"
	"time"

	"servicedesk/simulator/kernel"
)

// redelivery are the pauses after failed attempts, in clock time; after the last one an event is given up.
var redelivery = []time.Duration{15 * time.Second, 5 * time.Minute, time.Hour, 6 * time.Hour}

// push is an event that the desk has not accepted yet.
type push struct {
	ID       string    `json:"id"` // event_id
	Type     string    `json:"type"`
	Payload  string    `json:"payload"`           // envelope 2.0
	Message  string    `json:"message,omitempty"` // the message that it tells of
	Failures int       `json:"failures"`
	Next     time.Time `json:"next"` // when it is sent again unless the attempt under way succeeds
}

// envelope wraps an event's body in version 2.0; created is when it came to be, written in the unit of time given.
func (s *Server) envelope(id, eventType, created string, body any) string {
	return encode(map[string]any{
		"schema": "2.0",
		"header": map[string]string{
			"event_id":    id,
			"event_type":  eventType,
			"create_time": created,
			"token":       s.app.VerificationToken,
			"app_id":      s.app.ID,
			"tenant_key":  s.app.TenantKey,
		},
		"event": body,
	})
}

// raise makes an event, kept until it is accepted or given up. The caller holds mu and lets deliver(id) follow once
// mu is free. It returns "" when the app lacks the scope for it.
func (s *Server) raise(eventType string, scopes []string, body any) string {
	return s.raiseOf("", eventType, scopes, body)
}

// raiseOf is raise for an event that tells of a person's message.
func (s *Server) raiseOf(messageID, eventType string, scopes []string, body any) string {
	if !s.grantedOne(scopes) {
		return ""
	}
	now := s.now()
	p := push{ID: s.w.NewID(""), Type: eventType, Message: messageID, Next: now.Add(redelivery[0])}
	p.Payload = s.envelope(p.ID, eventType, millis(now), body)
	s.pushes.Put(p.ID, p)
	return p.ID
}

// raiseMessage makes the event of a person's message, if the bot is to hear it.
func (s *Server) raiseMessage(m message, in chat) string {
	if !in.BotIn {
		return ""
	}
	return s.raiseOf(m.ID, "im.message.receive_v1", s.receiveScopes(m, in), s.receiveEvent(m, in))
}

// raiseIn makes an event of a chat, if the bot is in it to hear of it.
func (s *Server) raiseIn(c chat, eventType string, scopes []string, body any) string {
	if !c.BotIn {
		return ""
	}
	return s.raise(eventType, scopes, body)
}

// deliver makes one attempt and arranges what follows from it. It returns after the attempt, or at once when a
// disturbance holds it back.
func (s *Server) deliver(id string) {
	p, ok := s.pushes.Get(id)
	if !ok || s.isClosed() {
		return
	}
	offline := s.conns.offline()
	send := func(corrupt bool) bool { return s.transmit(s.payload(p), corrupt).accepted() }
	s.w.Disturb.DeliverThen(kernel.Feishu, send, func(accepted, _ bool) {
		switch {
		case accepted:
			s.pushes.Delete(id)
		case offline && !s.w.Switches.Bool(swOffline):
			s.pushes.Delete(id)
		default:
			s.postpone(p)
		}
	})
}

// payload is what is sent of a push now: of a message recalled since, little more than its ids.
func (s *Server) payload(p push) []byte {
	m, _ := s.messages.Get(p.Message)
	if !m.Recalled && !m.Deleted {
		return []byte(p.Payload)
	}
	in, _ := s.chats.Get(m.ChatID)
	return []byte(s.envelope(p.ID, p.Type, millis(m.Created), s.recalledEvent(m, in)))
}

// postpone arranges the next attempt after a failed one.
func (s *Server) postpone(p push) {
	if s.isClosed() {
		return // it stays in the journal for the next start
	}
	if p.Failures >= len(redelivery) {
		s.w.Log.Warn("feishu event given up", slog.String("event_id", p.ID), slog.String("type", p.Type))
		s.pushes.Delete(p.ID)
		return
	}
	p.Next = s.now().Add(redelivery[p.Failures])
	p.Failures++
	s.pushes.Put(p.ID, p)
	s.w.Clock.At(p.Next, func() { s.deliver(p.ID) })
}

// resumePushes takes up what an earlier run left undelivered. What fell due meanwhile waits the first pause, as the desk
// may not be there yet.
func (s *Server) resumePushes() {
	soon := s.now().Add(redelivery[0])
	for _, p := range s.pushes.All() {
		next := p.Next
		if next.Before(soon) {
			next = soon
		}
		s.w.Clock.At(next, func() { s.deliver(p.ID) })
	}
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Codes that the client shows when a card's callback fails.
const (
	clientNotConfigured = "200340"
	clientTimeout       = "200341"
	clientNoConnection  = "200342"
	clientNoHost        = "200343"
	clientBadStatus     = "200671"
	clientBadBody       = "200672"
	clientBadCard       = "200673"
	clientNoData        = "108002" // over a long connection only
)

// reply is what came back for one delivery.
type reply struct {
	status int    // HTTP status, or the code of the acknowledgement; 0: none
	body   []byte // answer of a card callback
	client string // the code a client shows, "" when all went well so far
}

// accepted tells whether the platform counts the delivery as done.
func (r reply) accepted() bool { return r.status == 200 && r.client == "" }

// transmit sends one payload the way that is open now: over one random long connection, else to the webhook.
func (s *Server) transmit(payload []byte, corrupt bool) reply {
	if c := s.conns.pick(); c != nil {
		return c.send(payload, corrupt)
	}
	if s.w.DeskURL == "" {
		return reply{client: clientNotConfigured}
	}
	return s.postWebhook(payload, corrupt)
}

// micros writes a time as card callbacks do.
func micros(t time.Time) string { return fmt.Sprint(t.UnixMicro()) }
