package feishu

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

func actionBody(action string) []byte {
	return eventJSON("card.action.trigger", `{"operator":{"open_id":"ou_a","tenant_key":"t"},"token":"c-1","host":"im_message",`+
		`"context":{"open_message_id":"om_card","open_chat_id":"oc_1"},"action":`+action+`}`)
}

func decodeAction(t *testing.T, action string) (bot.Callback, error) {
	t.Helper()
	body := seal(actionBody(action))
	return hookClient(t).Decode(signed(body, noon), body, noon)
}

func TestActionOfAForm(t *testing.T) {
	cb, err := decodeAction(t, `{"tag":"button","name":"submit_1","value":{"verb":"solve","ticket":"42","args":{"step":"final","n":7}},
		"form_value":{"solution":"换了网线\u0000","hours":1.5,"ok":true,"who":["ou_1","ou_2"],"step":"typed","none":null}}`)
	require.NoError(t, err)
	require.Empty(t, cb.Events)
	require.Equal(t, &tickets.Action{
		Key: "ev1", Actor: "ou_a", Chat: "oc_1", Card: "om_card", Verb: "solve", Ticket: 42,
		Fields: map[string]string{"solution": "换了网线", "hours": "1.5", "ok": "true", "who": "ou_1,ou_2", "none": "",
			"step": "final", "n": "7"},
		At: time.UnixMilli(1700000000123).UTC(),
	}, cb.Action)
}

func TestActionOfAChoice(t *testing.T) {
	cb, err := decodeAction(t, `{"tag":"select_static","option":"B","input_value":"typed","value":{"verb":"type","ticket":9007199254740993}}`)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"option": "B", "input": "typed"}, cb.Action.Fields)

	cb, err = decodeAction(t, `{"tag":"multi_select_static","options":["A","B"],"value":{"verb":"type"}}`)
	require.NoError(t, err)
	require.Equal(t, "A,B", cb.Action.Fields["option"])
	require.Zero(t, cb.Action.Ticket)
}

func TestActionsThatAreNotOurs(t *testing.T) {
	for _, action := range []string{
		`{"value":"a string"}`, `{"value":{}}`, `{}`, `{"value":{"verb":"claim","ticket":"x"}}`, `{"value":{"verb":"claim","ticket":{}}}`,
		`[]`, `{"value":{"verb":7}}`,
	} {
		_, err := decodeAction(t, action)
		require.Equal(t, 400, statusOf(err), action)
	}
	body := seal(eventJSON("card.action.trigger", `{"action":{"value":{"verb":"claim"}}}`))
	_, err := hookClient(t).Decode(signed(body, noon), body, noon)
	require.Equal(t, 400, statusOf(err), "nobody pressed")
}

// What a button carries comes back as it was, whatever the desk put into it.
func TestButtonsRoundTrip(t *testing.T) {
	b := tickets.Button{Text: "接单", Verb: "claim", Ticket: 1<<60 + 1, Args: map[string]string{"a": `<">&`, "空": "值"}}
	card, err := RenderCard(tickets.Card{Title: "t", Buttons: []tickets.Button{b}})
	require.NoError(t, err)
	value := find(t, card, "button")[0]["behaviors"].([]any)[0].(map[string]any)["value"]
	raw, err := json.Marshal(map[string]any{"tag": "button", "value": value})
	require.NoError(t, err)
	cb, err := decodeAction(t, string(raw))
	require.NoError(t, err)
	require.Equal(t, b.Verb, cb.Action.Verb)
	require.Equal(t, b.Ticket, cb.Action.Ticket)
	require.Equal(t, b.Args, cb.Action.Fields)
}

func TestInstant(t *testing.T) {
	require.Equal(t, time.UnixMilli(1700000000123).UTC(), instant("1700000000123"))
	require.Equal(t, time.UnixMicro(1700000000123456).UTC(), instant("1700000000123456"))
	require.True(t, instant("").IsZero())
	require.True(t, instant("-5").IsZero())
	require.True(t, instant("soon").IsZero())
}
