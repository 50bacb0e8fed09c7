package feishu

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"

	"servicedesk/tickets"
)

// pressed is the event of a card.action.trigger. Feishu's ids are strings; what a form holds depends on its inputs.
type pressed struct {
	Operator struct {
		OpenID string `json:"open_id"`
	} `json:"operator"`
	Action struct {
		Value      json.RawMessage `json:"value"`
		FormValue  map[string]any  `json:"form_value"`
		Option     string          `json:"option"`
		Options    []string        `json:"options"`
		InputValue string          `json:"input_value"`
	} `json:"action"`
	Context struct {
		OpenMessageID string `json:"open_message_id"`
		OpenChatID    string `json:"open_chat_id"`
	} `json:"context"`
}

// carried is what one of our buttons carries; see buttonValue.
type carried struct {
	Verb   string         `json:"verb"`
	Ticket any            `json:"ticket"`
	Args   map[string]any `json:"args"`
}

var errAction = errors.New("feishu: card action not understood")

// actionOf reads a press on a button. Who pressed comes from the operator alone; what the button carries is taken for a wish.
func actionOf(e envelope) (tickets.Action, error) {
	var p pressed
	if e.Header.EventID == "" || json.Unmarshal(e.Event, &p) != nil {
		return tickets.Action{}, errAction
	}
	var v carried
	if json.Unmarshal(p.Action.Value, &v) != nil || v.Verb == "" || p.Operator.OpenID == "" {
		return tickets.Action{}, errAction
	}
	a := tickets.Action{
		Key:    e.Header.EventID,
		Actor:  tickets.RemoteID(p.Operator.OpenID),
		Chat:   tickets.RemoteID(p.Context.OpenChatID),
		Card:   tickets.RemoteID(p.Context.OpenMessageID),
		Verb:   clean(v.Verb),
		Fields: map[string]string{},
		At:     instant(e.Header.CreateTime),
	}
	if id := stringOf(v.Ticket); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return tickets.Action{}, errAction
		}
		a.Ticket = tickets.TicketID(n)
	}
	for name, value := range p.Action.FormValue {
		a.Fields[clean(name)] = stringOf(value)
	}
	p.typed(a.Fields)
	// What the desk wrote into the button stands above what somebody typed under the same name.
	for name, value := range v.Args {
		a.Fields[clean(name)] = stringOf(value)
	}
	return a, nil
}

// typed adds what an input outside a form brings.
func (p pressed) typed(fields map[string]string) {
	if p.Action.Option != "" {
		fields["option"] = clean(p.Action.Option)
	} else if len(p.Action.Options) > 0 {
		fields["option"] = clean(strings.Join(p.Action.Options, ","))
	}
	if p.Action.InputValue != "" {
		fields["input"] = clean(p.Action.InputValue)
	}
}

// stringOf writes a value of a form or button as text; several choices are joined by commas.
func stringOf(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return clean(x)
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case []any:
		parts := make([]string, 0, len(x))
		for _, item := range x {
			parts = append(parts, stringOf(item))
		}
		return strings.Join(parts, ",")
	}
	return encode(v)
}

// toastOf is the answer to a card action; without one the card stays as it is. The card itself is edited later, by its own lane.
func toastOf(a *tickets.Answer) *callback.CardActionTriggerResponse {
	if a == nil || a.Text == "" {
		return &callback.CardActionTriggerResponse{}
	}
	level := a.Level
	switch level {
	case "info", "success", "warning", "error":
	default:
		level = "info"
	}
	return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: level, Content: a.Text}}
}
