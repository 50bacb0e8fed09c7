package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// maxAnswer bounds a JSON answer, in bytes; a full page of sync_msg with the longest texts is far below.
const maxAnswer = 64 << 20

// answer is what every JSON answer begins with; answers of calls embed it.
type answer struct {
	ErrCode number `json:"errcode"`
}

func (a *answer) code() int { return int(a.ErrCode) }

type coded interface{ code() int }

// request is one call, made anew for each attempt, because a token may have to be replaced and a body is read only once.
type request struct {
	method      string
	path        string // below /cgi-bin/
	query       url.Values
	contentType string
	body        func() (io.Reader, int64, error) // nil = none
}

// post calls a JSON endpoint. Every error is a *bot.SendError.
func (c *Client) post(ctx context.Context, path string, in any, out coded) error {
	body, err := encode(in)
	if err != nil {
		return failure(tickets.Rejected, "the message cannot be written as JSON")
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.call(ctx, request{
		method: http.MethodPost, path: path, contentType: "application/json; charset=utf-8",
		body: func() (io.Reader, int64, error) { return bytes.NewReader(body), int64(len(body)), nil },
	}, out)
}

// call makes a request whose answer is JSON.
func (c *Client) call(ctx context.Context, r request, out coded) error {
	return c.do(ctx, r, func(res *http.Response) error {
		defer res.Body.Close()
		body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		if err != nil {
			return transportError(err)
		}
		return decodeAnswer(res.StatusCode, body, out, res.Header)
	})
}

// do makes a request with the access token and hands the answer to read, which sees to its body. When WeCom refuses the token, it is replaced and the
// request made once more.
func (c *Client) do(ctx context.Context, r request, read func(*http.Response) error) error {
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	for renewed := false; ; renewed = true {
		err := c.attempt(ctx, r, token, read)
		if err == nil || renewed || !tokenDied(err) {
			return err
		}
		if token, err = c.renew(ctx, token); err != nil {
			return err
		}
	}
}

// attempt is one exchange.
func (c *Client) attempt(ctx context.Context, r request, token string, read func(*http.Response) error) error {
	var (
		body io.Reader
		size int64
		err  error
	)
	if r.body != nil {
		if body, size, err = r.body(); err != nil {
			return err
		}
	}
	query := url.Values{"access_token": {token}}
	for k, v := range r.query {
		query[k] = v
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.address("/cgi-bin/"+r.path, query).String(), body)
	if err != nil {
		return failure(tickets.Misconfigured, "the API's address is malformed")
	}
	if body != nil {
		req.ContentLength = size
		req.Header.Set("Content-Type", r.contentType)
	}
	res, err := c.http.Do(req) //nolint:bodyclose // read closes it, or keeps it open for a download
	if err != nil {
		return transportError(err)
	}
	return read(res)
}

// encode writes JSON as WeCom wants it: characters as they are, because \u escapes may be refused (40033).
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// decodeAnswer reads a JSON answer; an errcode other than 0 is an error.
func decodeAnswer(status int, body []byte, out coded, header http.Header) error {
	if status != http.StatusOK {
		return statusError(status, header)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return unreadable(err)
	}
	if code := out.code(); code != 0 {
		return codeError(code)
	}
	return nil
}

func tokenDied(err error) bool {
	switch codeOf(err) {
	case codeTokenInvalid, codeTokenExpired, codeTokenMissing:
		return true
	}
	return false
}

func codeOf(err error) int {
	var s *bot.SendError
	if errors.As(err, &s) {
		return s.Code
	}
	return 0
}
