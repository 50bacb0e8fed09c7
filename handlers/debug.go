package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// ErrBackwards refuses to turn the clock back.
var ErrBackwards = errors.New("the clock only moves forward")

// Debug serves the virtual clock and the backlog, for simulations only.
type Debug struct {
	// Backlog counts the work left.
	Backlog func(context.Context) (any, error)
	Now     func() time.Time
	NextDue func(context.Context) (time.Time, bool, error)
	// Move walks the clock from one due moment to the next and lets everything due there finish.
	Move func(ctx context.Context, to time.Time) error
}

func (d *Debug) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/backlog", func(w http.ResponseWriter, r *http.Request) {
		backlog, err := d.Backlog(r.Context())
		if err != nil {
			writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, backlog)
	})
	mux.HandleFunc("GET /debug/clock", d.readClock)
	mux.HandleFunc("POST /debug/clock", d.moveClock)
}

func (d *Debug) readClock(w http.ResponseWriter, r *http.Request) {
	out := map[string]any{"now": d.Now().Format(time.RFC3339Nano), "next_due": nil}
	due, ok, err := d.NextDue(r.Context())
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	if ok {
		out["next_due"] = due.Format(time.RFC3339Nano)
	}
	writeJSON(w, http.StatusOK, out)
}

func (d *Debug) moveClock(w http.ResponseWriter, r *http.Request) {
	var body struct{ Advance, Set string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&body); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": `send {"advance":"4h"} or {"set":"2026-03-02T09:30:00+08:00"}`})
		return
	}
	to, err := target(d.Now(), body.Advance, body.Set)
	if err == nil {
		err = d.Move(r.Context(), to)
	} else {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	switch {
	case errors.Is(err, ErrBackwards):
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
	default:
		writeJSON(w, http.StatusOK, map[string]string{"now": d.Now().Format(time.RFC3339Nano)})
	}
}

func target(now time.Time, advance, set string) (time.Time, error) {
	if set != "" {
		return time.Parse(time.RFC3339, set)
	}
	by, err := time.ParseDuration(advance)
	if err != nil {
		return now, err
	}
	return now.Add(by), nil
}
