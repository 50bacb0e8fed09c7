package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"servicedesk/bot"
	"servicedesk/bot/feishu"
	"servicedesk/handlers"
	"servicedesk/scheduler"
	"servicedesk/store"
	"servicedesk/tickets"
)

// What Feishu permits one app on one API, and one chat.
const (
	feishuPerSecond = 50
	feishuPerMinute = 1000
	feishuPerChat   = 5
	limiterChats    = 40
	limiterQueued   = 5000
)

// limiterRun is a minute or more of a backlog that Feishu's limits hold back; benchmarks 6 and 7 read it.
type limiterRun struct {
	place     string
	sent      int
	permitted int
	refused   int
	disorder  int
	urgent    time.Duration
	idleCalls int // of WeCom, which has nothing to tell
	idleFor   time.Duration
}

// strictFeishu enforces the limits in sliding windows, as the platform does: what it refuses counts nowhere.
type strictFeishu struct {
	mu      sync.Mutex
	taken   map[string][]time.Time // by API and by chat
	last    map[string]int         // number of the last message by chat
	chats   map[string]string      // of each message
	run     *limiterRun
	first   time.Time
	end     time.Time
	urgents chan time.Time
}

func (s *strictFeishu) listen(c call) refusal {
	if c.kind != callMessage && c.kind != callReply {
		return refusal{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	chat := c.to
	if c.kind == callReply {
		chat = s.chats[c.to]
	}
	api, wait := "api "+c.kind, time.Duration(0)
	wait = max(s.full(api, c.at, feishuPerSecond, time.Second), s.full(api, c.at, feishuPerMinute, time.Minute))
	code := 99991400
	if wait == 0 {
		wait, code = s.full(chat, c.at, feishuPerChat, time.Second), 230020
	}
	if wait > 0 {
		s.run.refused++
		return refusal{status: http.StatusTooManyRequests, code: code, reset: wait}
	}
	s.taken[api], s.taken[chat] = append(s.taken[api], c.at), append(s.taken[chat], c.at)
	s.chats[c.id] = chat
	s.hear(c, chat)
	return refusal{}
}

// full is how long a window has no place left, zero when it has.
func (s *strictFeishu) full(key string, now time.Time, n int, per time.Duration) time.Duration {
	taken := s.taken[key]
	if len(taken) < n {
		return 0
	}
	return max(0, per-now.Sub(taken[len(taken)-n]))
}

// hear counts what is of the backlog, and looks whether it is in order.
func (s *strictFeishu) hear(c call, chat string) {
	_, rest, queued := bytes.Cut(c.body, []byte("queued-"))
	if !queued {
		if c.kind == callReply && bytes.Contains(c.body, []byte("wants-now")) {
			s.urgents <- c.at
		}
		return
	}
	if s.first.IsZero() {
		s.first = c.at
	}
	if s.end.IsZero() || c.at.Before(s.end) {
		s.run.sent++
	}
	number, _ := strconv.Atoi(string(rest[:min(6, len(rest))]))
	if number <= s.last[chat] {
		s.run.disorder++
	}
	s.last[chat] = number
}

// queueMessages puts messages for some chats into the outbox, as the desk would: the numbers rise within each chat.
func queueMessages(ctx context.Context, db *store.DB, n, chats int) error {
	const together = 500
	for from := 0; from < n; from += together {
		err := db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			for i := from; i < min(n, from+together); i++ {
				chat := tickets.RemoteID(fmt.Sprintf("oc_q%d", i%chats))
				err := tx.Enqueue(ctx, &tickets.Delivery{Lane: tickets.ChatLane(chat), Key: fmt.Sprintf("queued:%d", i), Use: tickets.UseChat,
					Chat: chat, Body: tickets.Body{Text: fmt.Sprintf("queued-%06d 麻烦看看采购订单", i+1)}, Urgency: tickets.UrgencyInteractive})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// limiter holds a backlog against Feishu's limits once.
func (b *bench) limiter(ctx context.Context) (*limiterRun, error) {
	if b.limited != nil {
		return b.limited, nil
	}
	p, err := b.fresh(ctx, b.best())
	if err != nil {
		return nil, err
	}
	run := &limiterRun{place: p.name}
	strict := &strictFeishu{taken: map[string][]time.Time{}, last: map[string]int{}, chats: map[string]string{}, run: run,
		urgents: make(chan time.Time, 1)}
	f := newPlatforms(strict.listen)
	defer f.close()
	db, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.ImportDirectory(ctx, benchDirectory(1, false)); err != nil {
		return nil, err
	}
	d, err := b.startDesk(ctx, p, f, roleAll)
	if err != nil {
		return nil, err
	}
	defer d.kill()
	if err := d.awaitSetUp(ctx); err != nil {
		return nil, err
	}
	if err := strict.hold(ctx, b, &relayTalk{f: f, d: d}, db); err != nil {
		return nil, err
	}
	b.limited = run
	return run, nil
}

// hold opens a ticket, queues the backlog behind it, and lets the contact say that it is urgent in the middle.
func (s *strictFeishu) hold(ctx context.Context, b *bench, talk *relayTalk, db *store.DB) error {
	c := &caller{addr: talk.d.addr}
	defer c.close()
	if err := talk.write(ctx, c, 0, "采购订单保存不了"); err != nil {
		return err
	}
	if err := drained(ctx, db); err != nil {
		return err
	}
	if err := talk.write(ctx, c, 0, "wants-now nothing yet"); err != nil {
		return err
	}
	<-s.urgents // the words of the topic arrive while nothing else is to be said
	if err := drained(ctx, db); err != nil {
		return err
	}
	during := time.Minute
	if b.rounds >= 5 {
		during = 5 * time.Minute
	}
	s.forget()
	if err := queueMessages(ctx, db, limiterQueued, limiterChats); err != nil {
		return err
	}
	if err := until(ctx, 10*time.Second, "the backlog is taken up", func() (bool, error) { return !s.began().IsZero(), nil }); err != nil {
		return err
	}
	s.mu.Lock()
	s.end = s.first.Add(during)
	end := s.end
	s.mu.Unlock()
	sleep(ctx, during/6)
	if err := s.callUrgently(ctx, talk, c); err != nil {
		return err
	}
	err := until(ctx, time.Minute, "the bell is answered", func() (bool, error) {
		backlog, err := db.Backlog(ctx, machine())
		return backlog.Pulls == 0, err
	})
	if err != nil {
		return err
	}
	idle, since := wecomCalls(talk.f), time.Now()
	sleep(ctx, max(time.Until(end), 61*time.Second)) // a poll comes a minute after the last pull
	s.run.idleCalls, s.run.idleFor = wecomCalls(talk.f)-idle, time.Since(since)
	s.run.permitted = permitted(during)
	return nil
}

// wecomCalls counts what a desk asks of WeCom by itself.
func wecomCalls(f *platforms) (n int) {
	for kind, count := range f.counted() {
		if strings.HasPrefix(kind, "kf/") || kind == "gettoken" {
			n += count
		}
	}
	return n
}

// forget lets the backlog meet fresh windows.
func (s *strictFeishu) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.taken)
}

func (s *strictFeishu) began() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// callUrgently times the owner's call: from the contact's bell to the message in his topic.
func (s *strictFeishu) callUrgently(ctx context.Context, talk *relayTalk, c *caller) error {
	if err := talk.write(ctx, c, 0, "紧急"); err != nil {
		return err
	}
	sleep(ctx, 3*time.Second) // the ticket is red now, and the owner was called; what is said next goes before everything else
	start := time.Now()
	if err := talk.write(ctx, c, 0, "wants-now the line stands still"); err != nil {
		return err
	}
	select {
	case at := <-s.urgents:
		s.run.urgent = at.Sub(start)
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("the urgent words did not arrive within a minute")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// permitted is the most that any schedule could have sent in that time: each minute's thousand in its first twenty seconds.
func permitted(during time.Duration) int {
	minutes, rest := int(during/time.Minute), during%time.Minute
	return minutes*feishuPerMinute + min(feishuPerMinute, int(rest.Seconds()*feishuPerSecond))
}

// benchLimiter is benchmark 6.
func benchLimiter(ctx context.Context, b *bench) error {
	run, err := b.limiter(ctx)
	if err != nil {
		return err
	}
	b.add(figure{Name: "messages within Feishu's limits, " + run.place, Ours: float64(run.sent), Unit: "messages", Limit: float64(run.permitted),
		LimitName: "most that is permitted", Note: fmt.Sprintf("%d chats, %d queued", limiterChats, limiterQueued)}, ratioAtLeast(0.95))
	b.add(figure{Name: "refused with 429", Ours: 100 * float64(run.refused) / float64(max(1, run.sent+run.refused)), Unit: "%"}, atMost(0.5))
	b.add(figure{Name: "out of order in their chat", Ours: float64(run.disorder), Unit: "messages"}, atMost(0))
	b.add(figure{Name: "urgent words overtake the backlog in", Ours: run.urgent.Seconds(), Unit: "s", Note: "from the contact's callback"}, atMost(1))
	return b.drain(ctx)
}

// drain measures the queue itself: no limiter, a platform that answers at once.
func (b *bench) drain(ctx context.Context) error {
	p, err := b.fresh(ctx, b.best())
	if err != nil {
		return err
	}
	f := newPlatforms(nil)
	defer f.close()
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	queued := b.scale(15_000)
	if b.rounds >= 5 {
		queued = 50_000
	}
	if err := queueMessages(ctx, db, queued, limiterChats); err != nil {
		return err
	}
	unpaced := feishu.Config{AppID: benchApp, AppSecret: "secret", APIBase: f.server.URL + "/feishu", Pace: feishu.Pace{Off: true}}
	client, err := feishu.New(unpaced, nil, nil, nil)
	if err != nil {
		return err
	}
	b.settle(ctx)
	took, err := b.drainWith(ctx, db, map[tickets.Platform]bot.Platform{tickets.Feishu: client}, f, queued)
	if err != nil {
		return err
	}
	b.add(figure{Name: "queue without limiter, " + p.name, Ours: float64(queued) / took.Seconds(), Unit: "/s",
		Note: fmt.Sprintf("%d rows, one by one in their lanes", queued)}, atLeast(1500))
	return nil
}

// drainWith runs a scheduler in this process until the platforms were sent so many messages.
func (b *bench) drainWith(ctx context.Context, db *store.DB, to map[tickets.Platform]bot.Platform, f *platforms, n int) (time.Duration, error) {
	s, stop, err := startScheduler(ctx, db, benchRouter(), to)
	if err != nil {
		return 0, err
	}
	defer stop()
	start := time.Now()
	err = until(ctx, 5*time.Minute, "the queue is empty", func() (bool, error) { return f.counted()[callMessage] >= n, nil })
	if failures := s.Stats().SendFailures; err == nil && len(failures) > 0 {
		text, _ := json.Marshal(fmt.Sprint(failures)) // a string
		b.say("sends failed: " + string(text))
	}
	return time.Since(start), err
}

// benchRouter is the desk itself, without groups.
func benchRouter() *handlers.Router {
	return &handlers.Router{Desk: &tickets.Desk{Config: tickets.DefaultConfig(), Now: machine, Machine: machine, Installation: "bench",
		Group: func(string) tickets.RemoteID { return "" }}}
}

// startScheduler runs a worker in this process; stop waits for its end.
func startScheduler(ctx context.Context, db *store.DB, desk scheduler.Desk, to map[tickets.Platform]bot.Platform,
) (*scheduler.Scheduler, func(), error) {
	bell := scheduler.NewBell()
	db.SetWaker(bell)
	s, err := scheduler.New(scheduler.Options{Queues: db, Desk: desk, Bell: bell, Platforms: to, Now: machine, Machine: machine,
		Web: true, Worker: true})
	if err != nil {
		return nil, nil, err
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(running) // what it leaves undone goes with its database
	}()
	return s, func() { cancel(); <-done }, nil
}
