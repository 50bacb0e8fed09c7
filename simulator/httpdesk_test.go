package simulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

// clockDesk is a desk with a virtual clock and timers: it does what is due when it is asked for its backlog.
type clockDesk struct {
	mu     sync.Mutex
	now    time.Time
	timers []time.Time
	set    []time.Time
	fired  []time.Time
	work   int // looks at the backlog until it is empty
	rings  []time.Time
}

// ServeHTTP is the desk's part of the contract that a walk needs.
func (d *clockDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "GET /debug/clock":
		answer := map[string]any{"now": d.now, "next_due": nil}
		if len(d.timers) > 0 {
			answer["next_due"] = d.timers[0]
		}
		kernel.WriteJSON(w, http.StatusOK, answer)
	case "POST /debug/clock":
		var in struct{ Set time.Time }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Set.Before(d.now) {
			http.Error(w, "backwards", http.StatusBadRequest)
			return
		}
		d.now, d.work = in.Set, 2
		d.set = append(d.set, in.Set)
		kernel.WriteJSON(w, http.StatusOK, map[string]any{"now": d.now})
	case "GET /debug/backlog":
		for len(d.timers) > 0 && !d.timers[0].After(d.now) {
			d.fired = append(d.fired, d.timers[0])
			d.timers = d.timers[1:]
		}
		if d.work > 0 {
			d.work--
		}
		kernel.WriteJSON(w, http.StatusOK, map[string]int{"inbox": d.work, "pulls": 0, "outbox": 0, "due_timers": 0, "held": 3})
	case "POST /callbacks/wecom":
		d.rings = append(d.rings, d.now)
		if len(d.rings) == 1 {
			http.Error(w, "later", http.StatusInternalServerError)
		}
	default:
		http.NotFound(w, r)
	}
}

func TestWalkMovesBothClocksTogether(t *testing.T) {
	at := func(d time.Duration) time.Time { return defaultStart.Add(d) }
	desk := &clockDesk{now: defaultStart, timers: []time.Time{at(2 * time.Second), at(time.Minute), at(3 * time.Hour)}}
	srv := httptest.NewServer(desk)
	defer srv.Close()
	s := run(t, Options{Virtual: true, DeskURL: srv.URL + "/"})
	s.says("在吗") // refused once, so it is due again in five seconds
	s.good("POST", "/control/clock", map[string]string{"advance": "1h"})
	desk.mu.Lock()
	defer desk.mu.Unlock()
	moments := func(times []time.Time) (out []time.Duration) {
		for _, x := range times {
			out = append(out, x.Sub(defaultStart))
		}
		return out
	}
	require.Equal(t, []time.Duration{2 * time.Second, 5 * time.Second, time.Minute, time.Hour}, moments(desk.set))
	require.Equal(t, []time.Duration{2 * time.Second, time.Minute}, moments(desk.fired))
	require.Equal(t, []time.Duration{0, 5 * time.Second}, moments(desk.rings), "the redelivery came at its moment on the desk's clock, too")
	require.Zero(t, desk.work, "the walk waited for the desk's work; what is held does not count")
}

func TestWalkAloneWithoutAVirtualDesk(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for _, url := range []string{plain.URL, down.URL, ""} {
		s := run(t, Options{Virtual: true, DeskURL: url})
		s.good("POST", "/control/clock", map[string]string{"advance": "1h"})
		require.Equal(t, time.Hour, s.world.Clock.Now().Sub(defaultStart))
	}
}

func TestWalkTellsOfADeskThatRefuses(t *testing.T) {
	desk := &clockDesk{now: defaultStart.Add(48 * time.Hour)}
	srv := httptest.NewServer(desk)
	defer srv.Close()
	s := run(t, Options{Virtual: true, DeskURL: srv.URL})
	status, out := s.call("POST", "/control/clock", map[string]string{"advance": "1h"})
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, out["error"], "backwards")
}
