package feishu

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// The classes are those of the platform's lists of codes, in groups as an operator would tell them.
func TestClasses(t *testing.T) {
	for class, codes := range map[tickets.FailureClass][]int{
		tickets.Throttled:     {99991400, 230020, 232019, 11232, 11233, 11247},
		tickets.Transient:     {230049, 18121},
		tickets.Unauthorized:  {99991661, 99991663, 99991664, 99991671},
		tickets.Misconfigured: {10003, 10014, 10015, 99991672, 99991679, 99991673, 99991662, 99991401, 99991403},
		tickets.Rejected: {230001, 230002, 230006, 230013, 230029, 230053, 99992351, 99992361, 99992354, 99992356, 99992402, 230018, 230035,
			230022, 230028, 230055, 230054, 777777},
		tickets.Stale:    {230011, 230110, 230050, 230019, 232009},
		tickets.Aged:     {230031},
		tickets.Rerender: {230025, 230099, 200830},
	} {
		for _, code := range codes {
			f, c := newFake(t)
			f.next("GET /x", reply{status: 400, code: code, msg: "ou_secret said: " + strings.Repeat("x", 1000)})
			err := c.get(t.Context(), "x", "/x", nil, nil, nil)
			if class == tickets.Unauthorized {
				require.NoError(t, err, "healed by a new token")
				err = classify("x", 400, http.Header{"Content-Type": {"application/json"}}, []byte(`{"code":99991663}`))
				code = 99991663
			}
			got := bot.FailureOf(err)
			require.Equal(t, class, got.Class, code)
			require.Equal(t, code, got.Code)
			require.Equal(t, class != tickets.Transient, got.Certain, code)
			require.NotEmpty(t, got.Reason)
			require.Equal(t, class == tickets.Throttled, got.After > 0, code)
			require.NotContains(t, err.Error()+errors.Unwrap(err).Error(), "ou_secret", "what the platform says may hold ids")
		}
	}
}

func TestAnswersThatAreNotTheAPIs(t *testing.T) {
	for name, tt := range map[string]struct {
		reply   reply
		class   tickets.FailureClass
		certain bool
	}{
		"502 html":     {reply{status: 502, html: true}, tickets.Transient, false},
		"504":          {reply{status: 504, html: true}, tickets.Transient, false},
		"200 html":     {reply{status: 200, html: true}, tickets.Transient, false},
		"404 html":     {reply{status: 404, html: true}, tickets.Misconfigured, true},
		"429 html":     {reply{status: 429, html: true}, tickets.Throttled, true},
		"500 json":     {reply{status: 500, code: 55555}, tickets.Transient, false},
		"403 json":     {reply{status: 403, code: 55555}, tickets.Misconfigured, true},
		"429 json":     {reply{status: 429, code: 55555}, tickets.Throttled, true},
		"400 json":     {reply{status: 400, code: 55555}, tickets.Rejected, true},
		"200 json":     {reply{status: 200, code: 55555}, tickets.Rejected, true},
		"503 and fine": {reply{status: 503}, tickets.Transient, false},
	} {
		f, c := newFake(t)
		f.next("GET /x", tt.reply)
		got := bot.FailureOf(c.get(t.Context(), "x", "/x", nil, nil, nil))
		require.Equal(t, tt.class, got.Class, name)
		require.Equal(t, tt.certain, got.Certain, name)
		require.Equal(t, tt.class == tickets.Throttled, got.After > 0, name)
	}
}

func TestAnswersThatNeverCome(t *testing.T) {
	f, c := newFake(t)
	require.NoError(t, c.get(t.Context(), "x", "/x", nil, nil, nil)) // has a token now
	f.Close()
	c.Close() // a kept connection that the other side has closed would leave it open whether the call arrived
	_, err := c.Send(t.Context(), topicWords("x"))
	require.Equal(t, tickets.Failure{Class: tickets.Transient, Certain: true, Reason: "no connection"}, bot.FailureOf(err))
	require.NotContains(t, errors.Unwrap(err).Error(), "om_root")

	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-hang }))
	defer s.Close()
	defer close(hang)
	c, err = New(Config{AppID: testApp, AppSecret: "s", APIBase: s.URL}, nil, nil, nil)
	require.NoError(t, err)
	c.tokens.set(t.Context(), "t-1", time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = c.Send(ctx, topicWords("x"))
	require.Equal(t, tickets.Failure{Class: tickets.Transient, Reason: "timed out"}, bot.FailureOf(err))

	gone := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer gone.Close()
	c, err = New(Config{AppID: testApp, AppSecret: "s", APIBase: gone.URL}, nil, nil, nil)
	require.NoError(t, err)
	c.tokens.set(t.Context(), "t-1", time.Hour)
	_, err = c.Send(t.Context(), topicWords("x"))
	require.Equal(t, tickets.Transient, bot.FailureOf(err).Class)
	require.False(t, bot.FailureOf(err).Certain, "it may have been done")
}

func TestTransportErrorsKeepNoAddress(t *testing.T) {
	dial := &url.Error{Op: "Post", URL: "http://h/open-apis/im/v1/messages/om_secret", Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}
	err := transportError("x", dial)
	require.True(t, bot.FailureOf(err).Certain)
	require.NotContains(t, err.Error()+errors.Unwrap(err).Error(), "om_secret")
	require.ErrorIs(t, transportError("x", context.Canceled), context.Canceled)
}

func TestResetHeader(t *testing.T) {
	header := func(v string) http.Header {
		h := http.Header{}
		h.Set("x-ogw-ratelimit-reset", v)
		return h
	}
	require.Equal(t, 1500*time.Millisecond, resetAfter(header("1.5")))
	require.Equal(t, 10*time.Millisecond, resetAfter(header("0")))
	require.Equal(t, time.Minute, resetAfter(header("86400")))
	for _, odd := range []string{"", "soon", "-1", "NaN"} {
		d := resetAfter(header(odd))
		require.True(t, d >= 500*time.Millisecond && d < 1500*time.Millisecond, "%q: %v", odd, d)
	}
}

// Answers in topics and messages to the group share the chat's places, edits count per message, reactions per API only.
func TestWhatCountsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{AppID: "a", AppSecret: "s", Pace: Pace{PerChat: 1}}, nil, nil, nil)
		require.NoError(t, err)
		took := func(r request) time.Duration {
			start := time.Now()
			done, err := c.turn(t.Context(), r)
			require.NoError(t, err)
			done()
			return time.Since(start)
		}
		to := func(use tickets.Use, a tickets.Address) request {
			d, err := destinationOf(tickets.Outgoing{Use: use, To: a})
			require.NoError(t, err)
			return request{op: string(use), chat: d.counts, urgency: tickets.UrgencyInteractive}
		}
		require.Zero(t, took(to(tickets.UseTicketCard, tickets.Address{Channel: "oc_1"})))
		require.Zero(t, took(to(tickets.UseTicketCard, tickets.Address{Channel: "oc_2"})))
		require.Zero(t, took(to(tickets.UseDirect, tickets.Address{Peer: "ou_1"})))
		require.Zero(t, took(request{op: "edit card", chat: "message:om_1"}))
		require.NotZero(t, took(to(tickets.UseTopic, tickets.Address{Channel: "oc_1", Topic: "om_r"})))
		require.NotZero(t, took(to(tickets.UseChat, tickets.Address{Channel: "oc_1"})))
		require.Zero(t, took(to(tickets.UseDirect, tickets.Address{Peer: "ou_1"})), "it is over two seconds later")
		require.NotZero(t, took(to(tickets.UseDirect, tickets.Address{Peer: "ou_1"})))
	})
}

func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{AppID: "a", AppSecret: "s"}, nil, nil, nil)
		require.NoError(t, err)
		r := request{op: "reply", chat: "chat:oc_1"}
		failed := func(code int) error {
			return &bot.SendError{Failure: tickets.Failure{Class: tickets.Throttled, Code: code, After: time.Second}}
		}
		waits := func(r request) bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			done, err := c.turn(ctx, r)
			if err == nil {
				done()
			}
			return err != nil
		}
		for _, tt := range []struct {
			code                      int
			sameAPI, sameChat, others bool
		}{{99991400, true, false, false}, {230020, false, true, false}, {11247, true, true, true}} {
			c.hold(r, failed(tt.code))
			require.Equal(t, tt.sameAPI, waits(request{op: "reply", chat: "chat:oc_2"}), tt.code)
			require.Equal(t, tt.sameChat, waits(request{op: "create", chat: "chat:oc_1"}), tt.code)
			require.Equal(t, tt.others, waits(request{op: "edit", chat: "message:om_1"}), tt.code)
			time.Sleep(2 * time.Second)
			require.False(t, waits(r), "the pause is over")
		}
		c.hold(r, &bot.SendError{Failure: tickets.Failure{Class: tickets.Rejected, After: time.Hour}})
		require.False(t, waits(r))
	})
}
