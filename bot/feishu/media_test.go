package feishu

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func readForm(t *testing.T, c sent) *multipart.Form {
	t.Helper()
	_, params, err := mime.ParseMediaType(c.Kind)
	require.NoError(t, err)
	form, err := multipart.NewReader(bytes.NewReader(c.Raw), params["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	return form
}

func fileIn(t *testing.T, form *multipart.Form, part string) string {
	t.Helper()
	require.Len(t, form.File[part], 1)
	file, err := form.File[part][0].Open()
	require.NoError(t, err)
	defer file.Close()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	return string(content)
}

// resources serves downloads as a handler wants them, and tokens.
func resources(t *testing.T, serve http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "tenant_access_token") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"code":0,"tenant_access_token":"t-1","expire":7200}`)
			return
		}
		serve(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := New(Config{AppID: testApp, AppSecret: "s", APIBase: s.URL}, nil, nil, nil)
	require.NoError(t, err)
	return c
}

func TestFetch(t *testing.T) {
	var asked []string
	c := resources(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		w.Header().Set("Content-Type", "application/json") // a file may be of this kind
		w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''%E6%97%A5%E5%BF%97.json`)
		_, _ = io.WriteString(w, `{"code":5}`)
	})
	for _, image := range []bool{true, false} {
		body, name, err := c.Fetch(t.Context(), tickets.Inbound{ID: "om_1"}, tickets.Attachment{Remote: "key/1", Image: image})
		require.NoError(t, err)
		content, err := io.ReadAll(body)
		require.NoError(t, err)
		require.NoError(t, body.Close())
		require.Equal(t, `{"code":5}`, string(content))
		require.Equal(t, "日志.json", name)
	}
	require.Equal(t, []string{"/open-apis/im/v1/messages/om_1/resources/key%2F1?type=image", "/open-apis/im/v1/messages/om_1/resources/key%2F1?type=file"}, asked)
}

func TestFetchFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		kind   string
		body   string
		class  tickets.FailureClass
	}{
		"gone":          {400, "application/json", `{"code":234003,"msg":"File not in msg."}`, tickets.Rejected},
		"recalled":      {400, "application/json", `{"code":230110}`, tickets.Rejected},
		"not for us":    {400, "application/json", `{"code":234004}`, tickets.Rejected},
		"wrong kind":    {400, "application/json", `{"code":234043}`, tickets.Rejected},
		"proxy":         {502, "text/html", `<html>`, tickets.Transient},
		"login page":    {200, "text/html; charset=utf-8", `<html>`, tickets.Transient},
		"odd success":   {200, "application/json", `{"code":0}`, tickets.Transient},
		"no permission": {400, "application/json", `{"code":99991672}`, tickets.Misconfigured},
	} {
		c := resources(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tt.kind)
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		_, _, err := c.Fetch(t.Context(), tickets.Inbound{ID: "om_1"}, tickets.Attachment{Remote: "k"})
		var failed *bot.SendError
		require.True(t, errors.As(err, &failed), name)
		require.Equal(t, tt.class, failed.Class, name)
	}
}

// A download that breaks off is an error, not a shorter file.
func TestFetchBrokenOff(t *testing.T) {
	c := resources(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	body, _, err := c.Fetch(t.Context(), tickets.Inbound{ID: "om_1"}, tickets.Attachment{Remote: "k"})
	require.NoError(t, err)
	defer body.Close()
	_, err = io.ReadAll(body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestFetchNothing(t *testing.T) {
	c := hookClient(t)
	_, _, err := c.Fetch(t.Context(), tickets.Inbound{ID: "om_1"}, tickets.Attachment{})
	require.Equal(t, tickets.Rejected, bot.FailureOf(err).Class)
}
