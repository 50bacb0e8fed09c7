package feishu

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// answerTimeout is how long a download may take until its first byte.
const answerTimeout = callTimeout

// Fetch opens an attachment of a received message; the caller closes the body, within two minutes. What Feishu no longer has, or never gives
// away (stickers, parts of forwarded records), is a *bot.SendError of class tickets.Rejected.
func (c *Client) Fetch(ctx context.Context, in tickets.Inbound, a tickets.Attachment) (body io.ReadCloser, name string, err error) {
	if a.Remote == "" || in.ID == "" {
		return nil, "", refuse(tickets.Rejected, "no file")
	}
	token, err := c.token(ctx)
	if err != nil {
		return nil, "", err
	}
	body, name, err = c.tryFetch(ctx, in.ID, a, token)
	if dead(err) {
		if token, err = c.renew(ctx, token); err != nil {
			return nil, "", err
		}
		body, name, err = c.tryFetch(ctx, in.ID, a, token)
	}
	if err != nil {
		return nil, "", gone(err)
	}
	if name == "" {
		name = a.Name
	}
	return body, name, nil
}

func (c *Client) tryFetch(ctx context.Context, message tickets.RemoteID, a tickets.Attachment, token string) (io.ReadCloser, string, error) {
	const op = "download"
	r := request{op: op, urgency: tickets.UrgencyInteractive}
	done, err := c.turn(ctx, r)
	if err != nil {
		return nil, "", err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, mediaTimeout)
	kind := "file"
	if a.Image {
		kind = "image"
	}
	address := c.cfg.APIBase + "/open-apis/im/v1/messages/" + url.PathEscape(string(message)) + "/resources/" +
		url.PathEscape(string(a.Remote)) + "?type=" + kind
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel()
		return nil, "", transportError(op, err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	slow := time.AfterFunc(answerTimeout, cancel)
	resp, err := c.http.Do(req)
	slow.Stop()
	if err != nil {
		cancel()
		return nil, "", transportError(op, err)
	}
	_, disposition, _ := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	if resp.StatusCode == http.StatusOK && (disposition != nil || !isAnswer(resp.Header)) {
		return &download{resp.Body, cancel}, baseName(disposition["filename"]), nil
	}
	defer cancel()
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what is missing makes it unreadable, which it then is
	err = classify(op, resp.StatusCode, resp.Header, answer)
	if err == nil {
		err = unreadable(op)
	}
	c.hold(r, err)
	return nil, "", err
}

// isAnswer tells the API's and a proxy's words from a file, which comes with a name when it is of such a kind.
func isAnswer(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return kind == "application/json" || kind == "text/html"
}

// gone makes of what is over what will never be had.
func gone(err error) error {
	f := bot.FailureOf(err)
	if f.Class != tickets.Stale {
		return err
	}
	f.Class = tickets.Rejected
	return &bot.SendError{Failure: f, Err: err}
}

func baseName(name string) string {
	if name == "" {
		return ""
	}
	return clean(path.Base(name))
}

// download ends its request when it is closed.
type download struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close gives up what was not read.
func (d *download) Close() error {
	defer d.cancel()
	return d.ReadCloser.Close()
}
