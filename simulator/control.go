package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"servicedesk/simulator/feishu"
	"servicedesk/simulator/kernel"
	"servicedesk/simulator/wecom"
)

// addControl adds the part of the control interface that concerns both platforms.
func (s *Simulator) addControl(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/state", s.getState)
	mux.HandleFunc("GET /control/desk_config", func(w http.ResponseWriter, r *http.Request) {
		kernel.WriteJSON(w, http.StatusOK, s.deskConfig(r.Host))
	})
	mux.HandleFunc("GET /control/calls", s.getCalls)
	mux.HandleFunc("GET /control/clock", s.getClock)
	mux.HandleFunc("POST /control/clock", s.moveClock)
	mux.HandleFunc("GET /control/switches", s.getSwitches)
	mux.HandleFunc("POST /control/switches", s.setSwitches)
	faults := s.world.Faults
	addList(mux, "/control/faults", "faults", faults.Add, func() any { return faults.List() }, faults.Clear)
	disturb := s.world.Disturb
	addList(mux, "/control/callbacks", "callbacks", disturb.Add, func() any { return disturb.List() }, disturb.Clear)
}

// addList serves a list to which POST adds, which GET shows and DELETE empties.
func addList[T any](mux *http.ServeMux, path, name string, add func(T) error, list func() any, clear func()) {
	show := func(w http.ResponseWriter) { kernel.WriteJSON(w, http.StatusOK, map[string]any{name: list()}) }
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { show(w) })
	mux.HandleFunc("DELETE "+path, func(w http.ResponseWriter, _ *http.Request) {
		clear()
		show(w)
	})
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var x T
		if !kernel.ReadJSON(w, r, &x) {
			return
		}
		if err := add(x); err != nil {
			kernel.Fail(w, http.StatusBadRequest, err.Error())
			return
		}
		show(w)
	})
}

// state is what GET /control/state answers.
type state struct {
	Contacts []wecom.Contact    `json:"contacts"`
	Users    []feishu.UserState `json:"users"`
	Chats    []feishu.ChatState `json:"chats"`
	Now      time.Time          `json:"now"`
	Virtual  bool               `json:"virtual"`
	DeskURL  string             `json:"desk_url,omitempty"`
}

func (s *Simulator) getState(w http.ResponseWriter, _ *http.Request) {
	f := s.feishu.State()
	clock := s.world.Clock
	kernel.WriteJSON(w, http.StatusOK, state{s.wecom.Contacts(), f.Users, f.Chats, clock.Now(), clock.Virtual(), s.world.DeskURL})
}

func (s *Simulator) getCalls(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after, err := strconv.ParseInt(q.Get("after"), 10, 64)
	if err != nil && q.Has("after") {
		kernel.Fail(w, http.StatusBadRequest, "after is a sequence number")
		return
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]any{"calls": s.world.Calls.After(after)})
}

func (s *Simulator) getClock(w http.ResponseWriter, _ *http.Request) {
	kernel.WriteJSON(w, http.StatusOK, map[string]any{"now": s.world.Clock.Now(), "virtual": s.world.Clock.Virtual()})
}

// moveClock walks and answers when everything that fell due is done.
func (s *Simulator) moveClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance *kernel.Duration `json:"advance"`
		Set     *time.Time       `json:"set"`
	}
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	var err error
	switch {
	case (in.Advance == nil) == (in.Set == nil):
		kernel.Fail(w, http.StatusBadRequest, `write {"advance":"4h"} or {"set":"2026-03-02T18:00:00+08:00"}`)
		return
	case in.Set != nil:
		err = s.world.Clock.Walk(r.Context(), *in.Set, s.desk)
	default:
		err = s.world.Clock.Advance(r.Context(), time.Duration(*in.Advance), s.desk)
	}
	switch {
	case errors.Is(err, kernel.ErrNotVirtual):
		kernel.Fail(w, http.StatusConflict, err.Error())
	case errors.Is(err, kernel.ErrBackwards):
		kernel.Fail(w, http.StatusBadRequest, err.Error())
	case err != nil:
		kernel.Fail(w, http.StatusBadGateway, err.Error())
	default:
		kernel.WriteJSON(w, http.StatusOK, map[string]time.Time{"now": s.world.Clock.Now()})
	}
}

func (s *Simulator) getSwitches(w http.ResponseWriter, _ *http.Request) {
	kernel.WriteJSON(w, http.StatusOK, map[string]any{"switches": s.world.Switches.List()})
}

func (s *Simulator) setSwitches(w http.ResponseWriter, r *http.Request) {
	var in map[string]json.RawMessage
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	for name, value := range in {
		if err := s.world.Switches.Set(name, value); err != nil {
			kernel.Fail(w, http.StatusBadRequest, err.Error())
			return
		}
	}
	s.getSwitches(w, r)
}
