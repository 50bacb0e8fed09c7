package wecom

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"servicedesk/simulator/kernel"
)

// Control serves the control interface below /control/wecom/.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /control/wecom/contacts", s.controlNewContact)
	mux.HandleFunc("POST /control/wecom/contacts/{id}/enter", s.withContact(s.controlEnter))
	mux.HandleFunc("POST /control/wecom/contacts/{id}/messages", s.withContact(s.controlSay))
	mux.HandleFunc("GET /control/wecom/contacts/{id}/messages", s.withContact(s.controlMessages))
	mux.HandleFunc("POST /control/wecom/contacts/{id}/recall", s.withContact(s.controlRecall))
	mux.HandleFunc("POST /control/wecom/contacts/{id}/servicer", s.withContact(s.controlServicer))
	mux.HandleFunc("POST /control/wecom/tokens", s.controlTokens)
	mux.HandleFunc("GET /control/wecom/media/{id}", s.controlMedia)
	mux.HandleFunc("POST /control/wecom/callback", s.controlCallback)
	mux.HandleFunc("POST /control/wecom/callback_check", s.controlCheckURL)
	mux.HandleFunc("GET /control/wecom/mass_tasks", s.controlTasks)
	mux.HandleFunc("POST /control/wecom/mass_tasks/{id}/confirm", s.controlConfirm)
	return mux
}

// withContact answers 404 for an unknown contact.
func (s *Server) withContact(serve func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if _, known := s.contacts.Get(id); !known {
			kernel.Fail(w, http.StatusNotFound, "no contact "+id+": GET /control/state lists them")
			return
		}
		serve(w, r, id)
	}
}

// account gives the kf account of a control call, the first one when none is named; it answers 400 for an unknown one.
func (s *Server) account(w http.ResponseWriter, named string) (string, bool) {
	if named == "" {
		return s.accounts.All()[0].OpenKFID, true
	}
	if _, known := s.accounts.Get(named); !known {
		kernel.Fail(w, http.StatusBadRequest, "no kf account "+named+": leave open_kfid out for the first one")
		return "", false
	}
	return named, true
}

func (s *Server) controlNewContact(w http.ResponseWriter, r *http.Request) {
	var in Contact
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	if in.Name == "" {
		kernel.Fail(w, http.StatusBadRequest, "name is missing")
		return
	}
	if in.ID == "" {
		in.ID = "wm" + randomFrom(alphanumerics, 30)
	}
	s.contacts.Put(in.ID, in)
	s.world.Hub.Publish(kernel.WeCom, in.ID)
	kernel.WriteJSON(w, http.StatusOK, map[string]string{"id": in.ID})
}

func (s *Server) controlEnter(w http.ResponseWriter, r *http.Request, contact string) {
	var in enterIn
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	var known bool
	if in.OpenKFID, known = s.account(w, in.OpenKFID); !known {
		return
	}
	if len(in.SceneParam) > 128 || !sceneForm.MatchString(in.Scene) {
		kernel.Fail(w, http.StatusBadRequest, "scene has at most 32 bytes of 0-9a-zA-Z_-, scene_param at most 128 bytes")
		return
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]string{"msgid": s.enter(contact, in)})
}

func (s *Server) controlSay(w http.ResponseWriter, r *http.Request, contact string) {
	p := spoken{Contact: contact, Origin: originContact}
	if !kernel.ReadJSON(w, r, &p.Raw) {
		return
	}
	account, known := s.account(w, p.Raw.text("open_kfid"))
	if !known {
		return
	}
	if err := p.read(account); err != nil {
		kernel.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	msgid, err := s.speak(p)
	if err != nil {
		kernel.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]string{"msgid": msgid})
}

// defaultServicer is who acts in the WeCom client when a control call names nobody.
const defaultServicer = "zhangwei"

// read takes a posted message apart; what is not the platform's leaves Raw.
func (p *spoken) read(account string) error {
	p.Account, p.MsgType, p.Filename = account, p.Raw.text("msgtype"), p.Raw.text("filename")
	if p.MsgType == "" {
		return errors.New(`msgtype is missing: {"msgtype":"text","text":{"content":"…"}}`)
	}
	if raw := p.Raw["data"]; raw != nil && json.Unmarshal(raw, &p.Data) != nil {
		return errors.New("data is no base64")
	}
	if raw := p.Raw["origin"]; raw != nil && json.Unmarshal(raw, &p.Origin) != nil {
		return errors.New("origin is 3 (customer), 4 (event) or 5 (servicer)")
	}
	if p.Origin == originServicer {
		if p.Servicer = p.Raw.text("servicer_userid"); p.Servicer == "" {
			p.Servicer = defaultServicer
		}
	}
	delete(p.Raw, "data")
	delete(p.Raw, "filename")
	return nil
}

func (s *Server) controlMessages(w http.ResponseWriter, r *http.Request, contact string) {
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil && r.URL.Query().Has("after") {
		kernel.Fail(w, http.StatusBadRequest, "after is a sequence number")
		return
	}
	list := []any{}
	for _, m := range s.messagesAfter(contact, after) {
		list = append(list, m.listed())
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]any{"messages": list})
}

func (s *Server) controlRecall(w http.ResponseWriter, r *http.Request, contact string) {
	var in struct {
		MsgID string `json:"msgid"`
	}
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	if err := s.recall(contact, in.MsgID); err != nil {
		kernel.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]string{})
}

func (s *Server) controlServicer(w http.ResponseWriter, r *http.Request, contact string) {
	var in struct {
		Action, UserID, Text string
		OpenKFID             string `json:"open_kfid"`
	}
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	account, known := s.account(w, in.OpenKFID)
	if !known {
		return
	}
	if in.UserID == "" {
		in.UserID = defaultServicer
	}
	var err error
	out := map[string]string{}
	switch in.Action {
	case "take":
		s.take(account, contact, in.UserID)
	case "say":
		raw := object{}
		raw.set("text", text{Content: in.Text})
		out["msgid"], err = s.speak(spoken{
			Account: account, Contact: contact, Origin: originServicer, Servicer: in.UserID, MsgType: "text", Raw: raw,
		})
	case "end":
		err = s.end(account, contact)
	default:
		err = errors.New("action is take, say or end")
	}
	if err != nil {
		kernel.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	kernel.WriteJSON(w, http.StatusOK, out)
}

func (s *Server) controlTokens(w http.ResponseWriter, r *http.Request) {
	var in struct{ Action string }
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	if in.Action != "kill" {
		kernel.Fail(w, http.StatusBadRequest, `action is "kill"`)
		return
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]int{"killed": s.killTokens()})
}

func (s *Server) controlMedia(w http.ResponseWriter, r *http.Request) {
	m, known := s.media.Get(r.PathValue("id"))
	if !known {
		kernel.Fail(w, http.StatusNotFound, "no such media_id")
		return
	}
	if err := s.writeMedia(w, r, m); err != nil {
		kernel.Fail(w, http.StatusNotFound, "the bytes are gone: "+err.Error())
	}
}

// controlCallback sends any inner XML as a rightly sealed callback: for events of which the simulator knows nothing.
func (s *Server) controlCallback(w http.ResponseWriter, r *http.Request) {
	var in struct{ XML string }
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	if in.XML == "" {
		kernel.Fail(w, http.StatusBadRequest, "xml is missing: the inner XML of a callback")
		return
	}
	s.callBack(in.XML)
	kernel.WriteJSON(w, http.StatusOK, map[string]string{})
}

// controlCheckURL does what the admin page does when the callback address is saved.
func (s *Server) controlCheckURL(w http.ResponseWriter, r *http.Request) {
	if err := s.checkURL(r.Context()); err != nil {
		kernel.WriteJSON(w, http.StatusOK, map[string]any{"ok": false, "error": err.Error()})
		return
	}
	kernel.WriteJSON(w, http.StatusOK, map[string]any{"ok": true})
}
