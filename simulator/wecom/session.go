package wecom

import (
	"time"

	"servicedesk/simulator/kernel"
)

// States of a session.
const (
	stateNew       = 0
	stateAssistant = 1
	statePool      = 2
	stateHuman     = 3
	stateEnded     = 4 // or never started
)

// session is what the platform knows of one contact at one kf account. Times are clock time, zero = never.
type session struct {
	Account    string    `json:"open_kfid"`
	Contact    string    `json:"external_userid"`
	State      int       `json:"state"`
	Servicer   string    `json:"servicer,omitempty"` // in state 3
	Generation int       `json:"generation"`         // counts the changes of state
	Active     time.Time `json:"active"`             // last entered or wrote
	Heard      time.Time `json:"heard"`              // last message of the customer, menu clicks included
	Alive      time.Time `json:"alive"`              // from here on 48 hours of silence end the session
	Opened     time.Time `json:"opened"`             // last message that opened the sending window
	Sent       int       `json:"sent"`               // messages sent since
	Welcomed   time.Time `json:"welcomed"`
	Scene      string    `json:"scene,omitempty"` // of the last entering
	SceneParam string    `json:"scene_param,omitempty"`
}

func (ss session) key() string { return ss.Account + "/" + ss.Contact }

// session gives the session of a talk, a new one when there is none; the caller holds mu. Silence of 48 hours ends it.
func (s *Server) session(account, contact string) session {
	ss, there := s.sessions.Get(account + "/" + contact)
	if !there {
		return session{Account: account, Contact: contact, State: stateEnded}
	}
	if ss.State != stateEnded && !s.world.Clock.Now().Before(ss.Alive.Add(windowLife)) {
		ss.move(stateEnded, "")
	}
	return ss
}

// move changes state and servicer; event codes of the state that is left die with it.
func (ss *session) move(state int, servicer string) {
	if ss.State != state || ss.Servicer != servicer {
		ss.Generation++
	}
	ss.State, ss.Servicer = state, servicer
}

// hear notes a message of the customer; renew tells whether it opens the sending window anew.
func (ss *session) hear(now time.Time, renew bool) {
	if ss.State == stateEnded {
		ss.move(stateNew, "")
	}
	ss.Active, ss.Heard, ss.Alive = now, now, now
	if renew {
		ss.Opened, ss.Sent = now, 0
	}
}

// maySend refuses what send_msg may not send now.
func (ss *session) maySend(now time.Time) error {
	switch {
	case ss.Opened.IsZero(): // has never written
		return refuse(codeStateForbids, "")
	case !now.Before(ss.Opened.Add(windowLife)):
		return refuse(codeTimeLimit, "")
	case ss.State == statePool || ss.State == stateHuman:
		return refuse(codeStateForbids, "")
	case ss.State == stateEnded:
		return refuse(codeEnded, "")
	case ss.Sent >= maxSends:
		return refuse(codeCountLimit, "")
	}
	return nil
}

type stateIn struct {
	OpenKFID       string `json:"open_kfid"`
	ExternalUserID string `json:"external_userid"`
	ServiceState   *int   `json:"service_state"`
	ServicerUserID string `json:"servicer_userid"`
}

// getState is kf/service_state/get.
func (s *Server) getState(in stateIn) (any, error) {
	if err := s.checkTalk(in.OpenKFID, in.ExternalUserID); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ss := s.session(in.OpenKFID, in.ExternalUserID)
	return struct {
		reply
		ServiceState   int    `json:"service_state"`
		ServicerUserID string `json:"servicer_userid,omitempty"`
	}{ok, ss.State, ss.Servicer}, nil
}

// transState is kf/service_state/trans.
func (s *Server) transState(in stateIn) (any, error) {
	if err := s.checkTalk(in.OpenKFID, in.ExternalUserID); err != nil {
		return nil, err
	}
	if in.ServiceState == nil {
		return nil, refuse(codeBadParameter, "service_state")
	}
	to := *in.ServiceState
	s.mu.Lock()
	defer s.mu.Unlock()
	ss := s.session(in.OpenKFID, in.ExternalUserID)
	if !s.mayMove(ss.State, to) {
		return nil, refuse(codeBadMove, "")
	}
	if to == stateHuman {
		if err := s.checkServicer(in.OpenKFID, in.ServicerUserID); err != nil {
			return nil, err
		}
	} else {
		in.ServicerUserID = ""
	}
	from := ss.State
	ss.move(to, in.ServicerUserID)
	s.sessions.Put(ss.key(), ss)
	s.world.Hub.Publish(kernel.WeCom, ss.Contact)
	out := struct {
		reply
		MsgCode string `json:"msg_code,omitempty"`
	}{reply: ok}
	switch {
	case to == statePool:
		out.MsgCode = s.newCode(ss, codePool)
	case to == stateHuman && from != stateHuman:
		out.MsgCode = s.newCode(ss, codeAssigned)
	case to == stateEnded:
		out.MsgCode = s.newCode(ss, codeEnd)
	}
	return out, nil
}

// mayMove is the table of moves by API.
func (s *Server) mayMove(from, to int) bool {
	switch from {
	case stateNew:
		return to == stateAssistant || to == statePool || to == stateHuman || (to == stateEnded && s.world.Switches.Bool(switchUndocumented))
	case stateAssistant:
		return to == statePool || to == stateHuman || (to == stateEnded && s.world.Switches.Bool(switchUndocumented))
	case statePool:
		return to == stateHuman
	case stateHuman:
		return to == stateHuman || to == stateEnded || (to == stateAssistant && s.world.Switches.Bool(switchUndocumented))
	}
	return false
}

func (s *Server) checkServicer(account, userid string) error {
	if userid == "" {
		return refuse(codeBadParameter, "servicer_userid")
	}
	v, known := s.servers.Get(account + "/" + userid)
	switch {
	case !known:
		return refuse(codeNoServicer, "")
	case v.Stopped:
		return refuse(codeServicerAway, "")
	}
	return nil
}
