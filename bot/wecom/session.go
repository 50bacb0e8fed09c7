package wecom

import (
	"context"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// States of a session (document 94669).
const (
	stateAssistant = 1
	statePool      = 2
	stateHuman     = 3
	stateEnded     = 4
)

const (
	codeBadMove       = 95016
	codeStateForbids  = 95018
	occupiedBySession = "a human servicer has the session"
)

// state asks who has the session. The SDK's own call looks for the servicer under a name that WeCom does not use.
func (c *Client) state(ctx context.Context, account, contact string) (int, error) {
	in := map[string]string{"open_kfid": account, "external_userid": contact}
	var out struct {
		answer
		State number `json:"service_state"`
	}
	err := c.post(ctx, "kf/service_state/get", in, &out)
	return int(out.State), err
}

// moveTo changes the session's state; code allows one message when the session ended.
func (c *Client) moveTo(ctx context.Context, account, contact string, state int) (code string, err error) {
	in := map[string]any{"open_kfid": account, "external_userid": contact, "service_state": state}
	var out struct {
		answer
		Code string `json:"msg_code"`
	}
	err = c.post(ctx, "kf/service_state/trans", in, &out)
	return out.Code, err
}

// occupied gives the refusal of a message its true reason: a session in the pool or with a servicer is not a window that is shut.
func (c *Client) occupied(ctx context.Context, msg outgoing, refused error) error {
	state, err := c.state(ctx, msg.Account, msg.ToUser)
	if err != nil || state != stateHuman && state != statePool {
		return refused
	}
	return &bot.SendError{Failure: tickets.Failure{Class: tickets.Occupied, Certain: true, Code: codeStateForbids, Reason: occupiedBySession}}
}

// retake takes a session back from its servicer. Giving it to the assistant is not among the documented moves, though it is reported to work;
// what is documented is to end it, which allows one more message by the code in the receipt. A session that nobody has needs nothing.
func (c *Client) retake(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	account, contact := string(out.To.Channel), string(out.To.Peer)
	receipt := tickets.Receipt{RemoteID: tickets.RemoteID(out.Key)}
	_, err := c.moveTo(ctx, account, contact, stateAssistant)
	if codeOf(err) != codeBadMove {
		return receipt, err
	}
	code, ended := c.moveTo(ctx, account, contact, stateEnded)
	if codeOf(ended) != codeBadMove {
		receipt.Code = code
		return receipt, ended
	}
	state, asked := c.state(ctx, account, contact)
	if asked != nil {
		return receipt, asked
	}
	if state == stateHuman || state == statePool {
		return receipt, ended
	}
	return receipt, nil
}
