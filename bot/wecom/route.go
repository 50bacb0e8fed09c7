package wecom

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/silenceper/wechat/v2/util"
)

// The SDK's addresses are constants and its HTTP client is a global. The client is replaced once, for the whole process, by one that takes from
// each request's context where it belongs: clients with different bases live side by side, and nothing is ever assigned again.

type routeKey struct{}

// route leads one gettoken to its client's base and notes how it went. It belongs to one goroutine.
type route struct {
	client *Client
	err    error
	status int
	body   []byte
}

func withRoute(ctx context.Context, r *route) context.Context {
	return context.WithValue(ctx, routeKey{}, r)
}

// outcome is the error that the exchange came to.
func (r *route) outcome() error {
	switch {
	case r.err != nil:
		return transportError(r.err)
	case r.status == 0:
		return transportError(context.DeadlineExceeded)
	}
	var a answer
	if err := decodeAnswer(r.status, r.body, &a, http.Header{}); err != nil {
		return err
	}
	return unreadable(nil)
}

var routeSDK = sync.OnceFunc(func() {
	util.DefaultHTTPClient = &http.Client{Transport: sdkTransport{}, Timeout: callTimeout}
})

type sdkTransport struct{}

// maxTokenAnswer bounds the answer of gettoken, in bytes; a token has at most 512.
const maxTokenAnswer = 64 << 10

// RoundTrip sends a routed request to its base; others go where they are addressed.
func (sdkTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, ok := req.Context().Value(routeKey{}).(*route)
	if !ok {
		return http.DefaultTransport.RoundTrip(req)
	}
	moved := req.Clone(req.Context())
	moved.URL = r.client.address(req.URL.Path, req.URL.Query())
	moved.Host = ""
	res, err := r.client.http.Transport.RoundTrip(moved)
	if err != nil {
		r.err = err
		return nil, err
	}
	defer res.Body.Close()
	r.status = res.StatusCode
	if r.body, r.err = io.ReadAll(io.LimitReader(res.Body, maxTokenAnswer)); r.err != nil {
		return nil, r.err
	}
	res.Body = io.NopCloser(bytes.NewReader(r.body))
	return res, nil
}

// address is a path of the API at the client's base.
func (c *Client) address(path string, query url.Values) *url.URL {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	return u
}
