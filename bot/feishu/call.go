package feishu

import (
	"context"
	"encoding/json"
	"net/http"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"

	"servicedesk/bot"
	"servicedesk/bot/pace"
	"servicedesk/tickets"
)

// request is one call of the open API.
type request struct {
	op     string // names the API in errors, and for its rate limit
	method string
	path   string // under /open-apis, with :name for path parameters
	params map[string]string
	query  map[string]string
	body   any
	// chat is what the call counts for beside its API, such as "chat:oc_…"; empty = nothing.
	chat    string
	urgency tickets.Urgency
}

// call makes one call and reads its answer into out, if that is not nil. A dead token is replaced once. All errors are *bot.SendError.
func (c *Client) call(ctx context.Context, r request, out any) error {
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	err = c.attempt(ctx, r, token, out)
	if dead(err) {
		if token, err = c.renew(ctx, token); err != nil {
			return err
		}
		err = c.attempt(ctx, r, token, out)
	}
	return err
}

func (c *Client) attempt(ctx context.Context, r request, token string, out any) error {
	done, err := c.turn(ctx, r)
	if err != nil {
		return err
	}
	resp, err := c.sdk.Do(ctx, r.apiReq(), larkcore.WithTenantAccessToken(token))
	done()
	if err != nil {
		return transportError(r.op, err)
	}
	if err := failureOf(r.op, resp); err != nil {
		c.hold(r, err)
		return err
	}
	if out != nil {
		if err := json.Unmarshal(resp.RawBody, out); err != nil {
			return unreadable(r.op)
		}
	}
	return nil
}

// turn waits until the call is within the limits. Who could not wait that long has not called: that is certain.
func (c *Client) turn(ctx context.Context, r request) (done func(), err error) {
	limits := []pace.Limit{{Key: r.op, Windows: c.perAPI}}
	if r.chat != "" {
		limits = append(limits, pace.Limit{Key: r.chat, Windows: c.perChat})
	}
	done, err = c.pacer.Acquire(ctx, int(r.urgency), limits...)
	if err != nil {
		return nil, certain(transportError(r.op, err))
	}
	return done, nil
}

// hold keeps everybody away from what Feishu wants to have left alone: the API, the chat, or all of it.
func (c *Client) hold(r request, err error) {
	f := bot.FailureOf(err)
	if f.Class != tickets.Throttled {
		return
	}
	key := r.op
	switch {
	case tenantWide[f.Code]:
		key = ""
	case chatWide[f.Code] && r.chat != "":
		key = r.chat
	}
	c.pacer.Pause(key, f.After)
}

func (r request) apiReq() *larkcore.ApiReq {
	req := &larkcore.ApiReq{
		HttpMethod:                r.method,
		ApiPath:                   "/open-apis" + r.path,
		Body:                      r.body,
		PathParams:                larkcore.PathParams(r.params),
		QueryParams:               larkcore.QueryParams{},
		SupportedAccessTokenTypes: []larkcore.AccessTokenType{larkcore.AccessTokenTypeTenant},
	}
	for name, value := range r.query {
		req.QueryParams.Set(name, value)
	}
	return req
}

// get is a call that only reads.
func (c *Client) get(ctx context.Context, op, path string, params, query map[string]string, out any) error {
	return c.call(ctx, request{op: op, method: http.MethodGet, path: path, params: params, query: query, urgency: tickets.UrgencyInteractive}, out)
}
