package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// answerWithin is how long keeping an event or carrying out an action may take: Feishu waits 3 s.
	answerWithin = 2500 * time.Millisecond
	// Pauses between connections grow from the first to the last.
	firstPause = 250 * time.Millisecond
	lastPause  = 15 * time.Second
)

// refusals are the answers to the wish for a connection after which asking again is of no use: credentials or rights are missing.
var refusals = map[int]string{
	http.StatusForbidden: "long connections are not allowed for this app",
	514:                  "app id or secret not accepted",
	10003:                "app id or secret not accepted",
	10014:                "the app is disabled",
	10015:                "app secret not accepted",
}

var (
	errNotKept = errors.New("event not kept")
	errNotDone = errors.New("action not carried out")
)

// Openings counts the long connections opened so far: one more means that there was a gap in which events may have been lost.
func (c *Client) Openings() int64 { return c.openings.Load() }

// Connected reports whether a long connection is open.
func (c *Client) Connected() bool { return c.connected.Load() }

// Listen holds a long connection, opens it again when it breaks, and hands over what comes through it. What the sink does not take is not
// acknowledged, so that Feishu sends it again. It returns nil when ctx ends, and a *bot.SendError of class tickets.Misconfigured when Feishu
// refuses for good. One process needs one; of several connections of an app each event goes to any one.
func (c *Client) Listen(ctx context.Context, sink bot.Sink) error {
	inbox := newGatherer(sink, c.log)
	gathered := make(chan struct{})
	gathering, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(gathered)
		inbox.run(gathering)
	}()
	defer func() {
		stop()
		<-gathered
	}()
	handlers := c.dispatcher(sink, inbox) // made once, because the SDK prints a line to stdout each time
	pause := firstPause
	for {
		opened, err := c.session(ctx, handlers)
		if ctx.Err() != nil {
			return nil
		}
		if err := refusal(err); err != nil {
			return err
		}
		if opened {
			pause = firstPause
		}
		c.log.Warn("feishu long connection lost", slog.Duration("again_in", pause), slog.Any("error", connectionError(err)))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// session is one connection from its opening to its end. The SDK would open it again by itself, but only after minutes.
func (c *Client) session(ctx context.Context, handlers *dispatcher.EventDispatcher) (opened bool, err error) {
	client := larkws.NewClient(c.cfg.AppID, c.cfg.AppSecret,
		larkws.WithDomain(c.cfg.APIBase),
		larkws.WithEventHandler(handlers),
		larkws.WithAutoReconnect(false),
		larkws.WithHttpClient(&http.Client{Transport: c.http.Transport, Timeout: callTimeout}),
		larkws.WithLogger(quiet{}),
		larkws.WithOnReady(func() {
			opened = true
			c.connected.Store(true)
			c.openings.Add(1)
			c.log.Info("feishu long connection open")
		}),
		larkws.WithOnDisconnected(func() { c.connected.Store(false) }),
	)
	err = client.Start(ctx)
	return opened, err
}

// dispatcher names a handler for every event that may come: a type without one would be answered as failed, and come again for hours.
func (c *Client) dispatcher(sink bot.Sink, inbox *gatherer) *dispatcher.EventDispatcher {
	d := dispatcher.NewEventDispatcher("", "") // the connection is authenticated, its events neither signed nor encrypted
	d.InitConfig(larkevent.WithLogger(quiet{}))
	for _, kind := range keptEvents {
		d.OnCustomizedEvent(kind, func(ctx context.Context, req *larkevent.EventReq) (err error) {
			defer c.recovered(&err, errNotKept)
			return inbox.keep(ctx, req.Body)
		})
	}
	for _, kind := range otherEvents {
		d.OnCustomizedEvent(kind, func(context.Context, *larkevent.EventReq) error { return nil })
	}
	return d.OnP2CardActionTrigger(
		func(ctx context.Context, event *callback.CardActionTriggerEvent) (resp *callback.CardActionTriggerResponse, err error) {
			defer c.recovered(&err, errNotDone)
			return c.act(ctx, sink, event.EventReq.Body)
		})
}

// recovered turns a panic into an error: the SDK would swallow it and answer nothing.
func (c *Client) recovered(err *error, instead error) {
	if p := recover(); p != nil {
		c.log.Error("feishu handler panicked", slog.String("panic", fmt.Sprintf("%T", p)))
		*err = instead
	}
}

func (c *Client) act(ctx context.Context, sink bot.Sink, raw []byte) (*callback.CardActionTriggerResponse, error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, errAction
	}
	a, err := actionOf(e)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	answer, err := sink.Act(ctx, a)
	if err != nil {
		c.log.Warn("feishu card action failed", slog.String("verb", a.Verb), slog.Any("error", err))
		return nil, errNotDone
	}
	return toastOf(&answer), nil
}

// refusal is the error with which Listen gives up, or nil.
func refusal(err error) error {
	var refused *larkws.ClientError
	if !errors.As(err, &refused) || refusals[refused.Code] == "" {
		return nil
	}
	return &bot.SendError{
		Failure: tickets.Failure{Class: tickets.Misconfigured, Certain: true, Code: refused.Code, Reason: refusals[refused.Code]},
		Err:     &cause{op: "long connection", code: refused.Code},
	}
}

// connectionError keeps of an error what holds no address: those of connections carry a ticket.
func connectionError(err error) error {
	var (
		client *larkws.ClientError
		server *larkws.ServerError
	)
	switch {
	case errors.As(err, &client):
		return &cause{op: "long connection", code: client.Code}
	case errors.As(err, &server):
		return &cause{op: "long connection", code: server.Code}
	case err == nil:
		return &cause{op: "long connection"}
	}
	return transportError("long connection", err)
}
