package feishu

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"servicedesk/simulator/kernel"
)

// Windows for clicks on a card, in clock time.
const (
	clickable1 = 30 * 24 * time.Hour // card JSON 1.0
	clickable2 = 14 * 24 * time.Hour // card JSON 2.0
)

// press is what a person does with a card.
type press struct {
	MessageID string         `json:"message_id"`
	Button    string         `json:"button"` // visible text
	Name      string         `json:"name"`
	FormValue map[string]any `json:"form_value"`
	Option    string         `json:"option"`
	Element   string         `json:"element_id"`
	Host      string         `json:"host"` // im_message, or im_top_notice
}

// outcome is what the client shows after it.
type outcome struct {
	Status int    `json:"status"` // of the card callback: 200 when all went well, 0 when nothing came back
	Toast  *toast `json:"toast,omitempty"`
	Error  string `json:"error,omitempty"` // the client's code
	URL    string `json:"url,omitempty"`   // the page it opens
}

type toast struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

// serveAction serves POST /control/feishu/users/{open_id}/actions. A confirmation is accepted unasked. The answer tells
// what the client shows once the callback has been answered or has failed.
func (s *Server) serveAction(w http.ResponseWriter, r *http.Request) {
	var in press
	if !kernel.ReadJSON(w, r, &in) {
		return
	}
	p, out, err := s.prepareAction(r.PathValue("open_id"), in)
	if err != nil || p == nil {
		answerControl(w, out, err)
		return
	}
	answerControl(w, s.callback(*p), nil)
}

// pendingAction is a card callback about to be sent.
type pendingAction struct {
	message string
	token   string
	payload string
}

// prepareAction finds what is pressed and makes the callback; nil when the press calls nobody back.
func (s *Server) prepareAction(openID string, in press) (*pendingAction, outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	none := outcome{Status: http.StatusOK}
	u, err := s.person(openID)
	if err != nil {
		return nil, none, err
	}
	m, _, err := s.seenBy(u, in.MessageID)
	if err != nil {
		return nil, none, err
	}
	var card map[string]any
	if m.Type != "interactive" || json.Unmarshal([]byte(m.Sent), &card) != nil {
		return nil, none, wrong("this message is no card")
	}
	if age := s.now().Sub(m.Created); age > clickable2 && (isV2(card) || age > clickable1) {
		return nil, none, wrong("the card is too old: its buttons work no longer")
	}
	c, err := s.viewCard(card).find(in)
	if err != nil {
		return nil, none, err
	}
	action, url, err := c.action(in)
	if err != nil || action == nil {
		none.URL = url
		return nil, none, err
	}
	t := s.w.NewID("c-")
	s.cardTokens.Put(t, cardToken{Token: t, Message: m.ID, At: s.now()})
	return &pendingAction{m.ID, t, s.actionEvent(u, m, t, in.Host, action)}, none, nil
}

// actionEvent is the payload of card.action.trigger.
func (s *Server) actionEvent(u user, m message, token, host string, action map[string]any) string {
	operator := s.ids(u.OpenID)
	operator["tenant_key"] = s.app.TenantKey
	if host == "" {
		host = "im_message"
	}
	action["timezone"] = "Asia/Shanghai"
	return s.envelope(s.w.NewID(""), "card.action.trigger", micros(s.now()), map[string]any{
		"operator": operator,
		"token":    token,
		"action":   action,
		"host":     host,
		"context":  map[string]string{"open_message_id": m.ID, "open_chat_id": m.ChatID},
	})
}

// callback sends a card callback, once and without retry, and does with the answer what the client does.
func (s *Server) callback(p pendingAction) outcome {
	r := reply{client: clientTimeout} // what a lost or late delivery comes to
	back := make(chan reply, 2)
	s.w.Disturb.DeliverThen(kernel.Feishu, func(corrupt bool) bool {
		got := s.transmit([]byte(p.payload), corrupt)
		select {
		case back <- got:
		default: // a third delivery does not happen
		}
		return got.accepted()
	}, func(bool, bool) {})
	select {
	case r = <-back:
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, _ := s.cardTokens.Get(p.token)
	t.Answered = r.status == http.StatusOK
	s.cardTokens.Put(p.token, t)
	return s.show(p, r)
}

// show applies the answer of a callback: the toast, and a new card.
func (s *Server) show(p pendingAction, r reply) outcome {
	out := outcome{Status: r.status, Error: r.client}
	if r.client != "" {
		return out
	}
	if len(r.body) == 0 {
		out.Error = clientNoData
		return out
	}
	var in struct {
		Toast *toast `json:"toast"`
		Card  *struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		} `json:"card"`
	}
	if !strings.HasPrefix(strings.TrimSpace(string(r.body)), "{") || json.Unmarshal(r.body, &in) != nil {
		out.Error = clientBadBody
		return out
	}
	if in.Toast != nil && !toastTypes[in.Toast.Type] {
		out.Error = clientBadBody
		return out
	}
	out.Toast = in.Toast
	if in.Card == nil {
		return out
	}
	m, _ := s.messages.Get(p.message)
	body, err := s.newCard(m, string(in.Card.Data))
	if in.Card.Type != "raw" || err != nil || m.Recalled || m.Deleted {
		out.Error = clientBadCard
		return out
	}
	s.putCard(m, body)
	return out
}

// toastTypes are those of a toast; "" is info.
var toastTypes = map[string]bool{"": true, "info": true, "success": true, "warning": true, "error": true}

// find looks for what a press means: a button by its label, a component by its name, an option of one.
func (v *cardView) find(in press) (control, error) {
	var disabled bool
	for _, c := range v.controls {
		if !c.meant(in) {
			continue
		}
		if off, _ := c.elem["disabled"].(bool); off {
			disabled = true
			continue
		}
		return c, nil
	}
	if disabled {
		return control{}, wrong("%q is disabled on this card", in.Button+in.Name)
	}
	if in.Button+in.Name+in.Option+in.Element == "" {
		return control{}, wrong("say what is pressed: button, name, option or element_id")
	}
	return control{}, missing("the card has no %q; it has: %s", in.Button+in.Name+in.Option+in.Element, strings.Join(v.buttons, ", "))
}

// meant tells whether a press means this control.
func (c control) meant(in press) bool {
	if in.Button != "" && c.label != in.Button {
		return false
	}
	if in.Name != "" && c.name != in.Name {
		return false
	}
	if in.Element != "" && str(c.elem, "element_id") != in.Element {
		return false
	}
	if in.Button != "" || in.Element != "" {
		return true
	}
	if in.Option != "" && c.option != "" {
		return in.Option == c.option || in.Option == c.label
	}
	return in.Name != "" && c.option == ""
}

// action is the callback's action, nil when the press calls nobody back; url is then the page that opens.
func (c control) action(in press) (action map[string]any, url string, err error) {
	value, calls, url := c.calls()
	action = map[string]any{"tag": c.tag, "value": value}
	if c.name != "" {
		action["name"] = c.name
	}
	kind := str(c.elem, "form_action_type")
	if kind == "" {
		kind = map[string]string{"form_submit": "submit", "form_reset": "reset"}[str(c.elem, "action_type")]
	}
	switch {
	case kind == "reset":
		return nil, "", nil
	case kind == "submit":
		if c.form == nil {
			return nil, "", wrong("the submit button stands outside a form")
		}
		if action["form_value"], err = c.form.collect(in.FormValue); err != nil {
			return nil, "", err
		}
		return action, "", nil
	case c.form != nil && c.tag != "button":
		return nil, "", wrong("%q is a field of a form: press its submit button with form_value", c.name)
	case !calls:
		return nil, url, nil
	}
	c.addChoice(action, in)
	return action, "", nil
}

// calls reads what a click does: its value and whether it calls back, or the page it opens.
func (c control) calls() (value any, calls bool, url string) {
	value = map[string]any{}
	if old, ok := c.elem["value"]; ok && c.tag != "input" {
		value, calls = old, true // 1.0
	}
	url = str(c.elem, "url")
	list, _ := c.elem["behaviors"].([]any)
	for _, x := range list {
		b, _ := x.(map[string]any)
		switch str(b, "type") {
		case "callback":
			calls = true
			if v, ok := b["value"]; ok {
				value = v
			}
		case "open_url":
			url = str(b, "default_url") + str(b, "url")
		}
	}
	// In 1.0 whatever is not a button calls back even without a value; in 2.0 nothing does without behaviors.
	return value, calls || (!c.v2 && c.tag != "button"), url
}

// addChoice adds what was chosen or typed.
func (c control) addChoice(action map[string]any, in press) {
	switch c.tag {
	case "button", "interactive_container":
	case "checker":
		checked, _ := c.elem["checked"].(bool)
		action["checked"] = !checked
	case "input":
		action["input_value"] = in.Option
	default:
		action["option"] = in.Option
		if c.option != "" {
			action["option"] = c.option
		}
	}
}

// collect is the form's value: what was given and the defaults of the rest. Errors are those that a client shows before
// anything is sent: a required field that is empty, a field that the form does not have, a text too long, an option that
// is none.
func (f *formView) collect(given map[string]any) (map[string]any, error) {
	values := map[string]any{}
	names := map[string]bool{}
	for _, field := range f.fields {
		name := str(field, "name")
		names[name] = true
		v, ok := given[name]
		if !ok {
			v, ok = defaultOf(field)
		}
		required, _ := field["required"].(bool)
		if required && (!ok || v == "" || v == nil) {
			return nil, wrong("%q is required: give it in form_value", name)
		}
		if !ok {
			continue
		}
		chosen, err := accept(field, name, v)
		if err != nil {
			return nil, err
		}
		values[name] = chosen
	}
	for name := range given {
		if !names[name] {
			return nil, wrong("the form has no field %q", name)
		}
	}
	return values, nil
}

// defaultOf is what a field holds before anybody touches it.
func defaultOf(field map[string]any) (any, bool) {
	for _, name := range []string{"default_value", "initial_option", "selected_values", "initial_date", "initial_time", "initial_datetime"} {
		if v, ok := field[name]; ok && v != "" {
			return v, true
		}
	}
	if str(field, "tag") == "checker" {
		checked, _ := field["checked"].(bool)
		return checked, true
	}
	if str(field, "tag") == "input" {
		return "", true // an empty input is submitted as an empty text
	}
	return nil, false
}

// accept turns the label of an option into its value and refuses what the field cannot hold.
func accept(field map[string]any, name string, v any) (any, error) {
	switch str(field, "tag") {
	case "input":
		text, ok := v.(string)
		most := int(number(field["max_length"], maxInputLength))
		if !ok || utf8.RuneCountInString(text) > most {
			return nil, wrong("%q takes a text of at most %d characters", name, most)
		}
	case "select_static":
		return optionValue(field, name, v)
	case "multi_select_static":
		list, ok := v.([]any)
		if !ok {
			return nil, wrong("%q takes a list of options", name)
		}
		chosen := []any{}
		for _, x := range list {
			value, err := optionValue(field, name, x)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, value)
		}
		return chosen, nil
	}
	return v, nil
}

func optionValue(field map[string]any, name string, v any) (any, error) {
	asked, _ := v.(string)
	options, _ := field["options"].([]any)
	var labels []string
	for _, x := range options {
		option, _ := x.(map[string]any)
		text, _ := option["text"].(map[string]any)
		if value := str(option, "value"); asked == value || asked == localText(text) {
			return value, nil
		}
		labels = append(labels, localText(text))
	}
	return nil, wrong("%q has no option %q; it has: %s", name, asked, strings.Join(labels, ", "))
}
