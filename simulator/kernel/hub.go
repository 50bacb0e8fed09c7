package kernel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hubBuffer is how many events a slow listener may lag behind before it loses some.
const hubBuffer = 1024

// Event tells what kind of thing changed and where: a contact, a chat, a user.
type Event struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Hub tells listeners, such as the page, what happened. Safe for concurrent use.
type Hub struct {
	mu        sync.Mutex
	listeners map[chan Event]struct{}
}

// NewHub returns a hub without listeners.
func NewHub() *Hub { return &Hub{listeners: map[chan Event]struct{}{}} }

// Publish tells every listener; one that lags too far behind loses the event.
func (h *Hub) Publish(kind, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.listeners {
		select {
		case c <- Event{Kind: kind, ID: id}:
		default:
		}
	}
}

// Subscribe gives the events from now on; cancel ends it.
func (h *Hub) Subscribe() (events <-chan Event, cancel func()) {
	c := make(chan Event, hubBuffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners, c)
	}
}

// ServeHTTP streams the events as Server-Sent Events until the client leaves.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	events, cancel := h.Subscribe()
	defer cancel()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if out.Flush() != nil {
		return
	}
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-alive.C:
			_, err = fmt.Fprint(w, ": alive\n\n")
		case e := <-events:
			line, _ := json.Marshal(e) // two strings always encode
			_, err = fmt.Fprintf(w, "data: %s\n\n", line)
		}
		if err != nil || out.Flush() != nil {
			return
		}
	}
}
