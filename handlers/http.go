package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// maxBody bounds a callback; platforms send a few kilobytes.
const maxBody = 1 << 20

// actTimeout leaves time to answer a card action within Feishu's three seconds.
const actTimeout = 2500 * time.Millisecond

// Keeper makes what platforms tell us durable before they are acknowledged.
type Keeper interface {
	Keep(ctx context.Context, events []bot.Event) error
	WantPull(ctx context.Context, account tickets.RemoteID, token string, now time.Time) error
}

// Options are what the HTTP side needs of the rest.
type Options struct {
	Keeper    Keeper
	Sink      bot.Sink
	Receivers map[string]bot.Receiver // path element below /callbacks/ → platform
	Now       func() time.Time
	Ready     map[string]func(context.Context) error
	Metrics   func() []Metric
	Debug     *Debug // nil without --virtual-clock
	// VerificationDir holds the files with which a platform checks the domain; empty = none are served.
	VerificationDir string
	Log             *slog.Logger
}

// NewMux gives the desk's HTTP side.
func NewMux(o Options) http.Handler {
	mux := http.NewServeMux()
	for name, receiver := range o.Receivers {
		h := &callbacks{Options: o, receiver: receiver}
		mux.Handle("GET /callbacks/"+name, h)
		mux.Handle("POST /callbacks/"+name, h)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", o.readyz)
	mux.Handle("GET /metrics", metricsHandler(o.Metrics))
	if o.Debug != nil {
		o.Debug.routes(mux)
	}
	if o.VerificationDir != "" {
		mux.HandleFunc("GET /{file}", verificationFile(o.VerificationDir))
	}
	return mux
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client went away: nobody is left to tell
}

// callbacks takes one platform's calls: verify, keep, acknowledge; work comes later.
type callbacks struct {
	Options
	receiver bot.Receiver
}

func (h *callbacks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeJSON(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "the body is over 1 MiB or broke off"})
		return
	}
	cb, err := h.receiver.Decode(r, body, h.Now())
	var refused *bot.CallbackError
	if errors.As(err, &refused) {
		h.Log.Warn(
			"callback refused",
			slog.String("platform", string(h.receiver.Name())),
			slog.Int("status", refused.Status),
			slog.String("reason", refused.Reason),
		)
		writeJSON(w, refused.Status, map[string]string{"error": refused.Reason})
		return
	}
	if err == nil {
		err = h.take(w, r, cb)
	}
	if err != nil { // not kept: the platform is to send it again
		h.Log.Error("callback not kept", slog.String("platform", string(h.receiver.Name())), slog.Any("error", err))
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "not kept, send it again"})
	}
}

// take keeps what came and acknowledges it.
func (h *callbacks) take(w http.ResponseWriter, r *http.Request, cb bot.Callback) error {
	switch {
	case cb.Echo != nil:
		_, err := w.Write(cb.Echo)
		return err
	case cb.Action != nil:
		ctx, cancel := context.WithTimeout(r.Context(), actTimeout)
		defer cancel()
		answer, err := h.Sink.Act(ctx, *cb.Action)
		if err == nil {
			h.receiver.Acknowledge(w, cb, &answer)
		}
		return err
	case cb.Hint != nil: // an empty account means all of them
		if err := h.Keeper.WantPull(r.Context(), cb.Hint.Account, cb.Hint.Token, h.Now()); err != nil {
			return err
		}
	}
	if len(cb.Events) > 0 {
		if err := h.Keeper.Keep(r.Context(), cb.Events); err != nil {
			return err
		}
	}
	h.receiver.Acknowledge(w, cb, nil)
	return nil
}

// Sink hands what a long connection or a webhook brings to store and router.
type Sink struct {
	Keeper Keeper
	Store  tickets.Store
	Router *Router
}

var _ bot.Sink = (*Sink)(nil)

// Accept keeps events durably.
func (s *Sink) Accept(ctx context.Context, events []bot.Event) error {
	return s.Keeper.Keep(ctx, events)
}

// Act carries out a card action in a transaction of its own and answers at once.
func (s *Sink) Act(ctx context.Context, a tickets.Action) (answer tickets.Answer, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
		answer, err = s.Router.Act(ctx, tx, a)
		return err
	})
	return answer, err
}
