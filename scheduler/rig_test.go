package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeDesk is the smallest desk: every inbound thing owes one delivery, every timer too, and a failed send is tried again a second later.
type fakeDesk struct {
	machine  func() time.Time
	mu       sync.Mutex
	handled  map[tickets.RemoteID]int
	handle   func(in tickets.Inbound) error // asked first
	fire     func(t tickets.Timer) error
	news     []string // of platforms
	record   func(delivery int64) error
	failures []tickets.Failure
}

func newDesk(machine func() time.Time) *fakeDesk {
	return &fakeDesk{machine: machine, handled: map[tickets.RemoteID]int{}}
}

func (d *fakeDesk) Handle(ctx context.Context, tx tickets.Tx, in tickets.Inbound) error {
	if d.handle != nil {
		if err := d.handle(in); err != nil {
			return err
		}
	}
	d.mu.Lock()
	d.handled[in.ID]++
	d.mu.Unlock()
	lane := tickets.CustomerLane(1)
	if in.Platform == tickets.WeCom {
		lane = tickets.TopicLane(1)
	}
	if in.Channel != "" {
		lane = tickets.Lane(in.Channel)
	}
	return tx.Enqueue(ctx, &tickets.Delivery{Lane: lane, Key: "in:" + string(in.ID), Use: tickets.UseTopic, Body: tickets.Body{Text: in.Text}})
}

func (d *fakeDesk) PlatformDown(_ context.Context, _ tickets.Tx, p tickets.Platform, _ time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.news = append(d.news, "down "+string(p))
	return nil
}

func (d *fakeDesk) PlatformBack(_ context.Context, _ tickets.Tx, p tickets.Platform, _ time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.news = append(d.news, "back "+string(p))
	return nil
}

func (d *fakeDesk) FireTimer(ctx context.Context, tx tickets.Tx, t tickets.Timer) error {
	err := tx.Enqueue(ctx, &tickets.Delivery{Lane: tickets.TopicLane(tickets.TicketID(t.Subject)), Key: fmt.Sprintf("timer:%d:%d", t.ID, t.Gen)})
	if err == nil && d.fire != nil {
		err = d.fire(t)
	}
	return err
}

func (d *fakeDesk) Prepare(ctx context.Context, tx tickets.Tx, lane tickets.Lane) (p tickets.Prepared, err error) {
	rows, err := tx.Waiting(ctx, lane)
	if err != nil || len(rows) == 0 || rows[0].State == tickets.DeliveryHeld {
		return tickets.Prepared{Step: tickets.StepRest}, err
	}
	head, now := rows[0], d.machine()
	if head.NextAt.After(now) {
		return tickets.Prepared{Step: tickets.StepLater, At: head.NextAt}, nil
	}
	if head.FirstTry.IsZero() {
		head.FirstTry = now
		if err := tx.SaveDelivery(ctx, head); err != nil {
			return p, err
		}
	}
	return tickets.Prepared{Step: tickets.StepSend, Delivery: head.ID, Out: tickets.Outgoing{
		Key: head.Key, Use: head.Use, Urgency: head.Urgency, To: tickets.Address{Platform: lane.Platform(), Channel: tickets.RemoteID(lane)}, Body: head.Body,
	}}, nil
}

func (d *fakeDesk) Delivered(ctx context.Context, tx tickets.Tx, id int64, r tickets.Receipt) error {
	if d.record != nil {
		if err := d.record(id); err != nil {
			return err
		}
	}
	row, err := tx.LockDelivery(ctx, id)
	if err != nil || row.State != tickets.DeliveryPending {
		return err
	}
	row.State, row.RemoteID = tickets.DeliverySent, r.RemoteID
	return tx.SaveDelivery(ctx, row)
}

func (d *fakeDesk) Undelivered(ctx context.Context, tx tickets.Tx, id int64, f tickets.Failure) error {
	row, err := tx.LockDelivery(ctx, id)
	if err != nil || row.State != tickets.DeliveryPending {
		return err
	}
	d.mu.Lock()
	d.failures = append(d.failures, f)
	d.mu.Unlock()
	row.Attempts++
	switch f.Class {
	case tickets.Rejected:
		row.State = tickets.DeliveryFailed
	case tickets.CountSpent:
		row.State = tickets.DeliveryHeld
	default:
		row.NextAt = d.machine().Add(max(time.Second, f.After))
	}
	return tx.SaveDelivery(ctx, row)
}

// fakePlatform remembers what arrived. A repeated key arrives once, as the real platforms promise.
type fakePlatform struct {
	name tickets.Platform
	// before decides over one attempt: how long it takes, its error, and whether it has its effect all the same.
	before func(out tickets.Outgoing, attempt int) (takes time.Duration, err error, effect bool)

	mu       sync.Mutex
	attempts map[string]int
	calls    []call
	arrived  map[string][]string // keys by lane, in order
	repeats  int
}

type call struct {
	key string
	at  time.Time
}

func newPlatform(name tickets.Platform) *fakePlatform {
	return &fakePlatform{name: name, attempts: map[string]int{}, arrived: map[string][]string{}}
}

func (p *fakePlatform) Name() tickets.Platform { return p.name }

func (p *fakePlatform) Send(ctx context.Context, out tickets.Outgoing) (r tickets.Receipt, err error) {
	p.mu.Lock()
	p.attempts[out.Key]++
	n := p.attempts[out.Key]
	p.calls = append(p.calls, call{out.Key, time.Now()})
	p.mu.Unlock()
	effect, takes := true, time.Duration(0)
	if p.before != nil {
		takes, err, effect = p.before(out, n)
	}
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return r, &bot.SendError{Failure: tickets.Failure{Class: tickets.Transient, Reason: "time-out"}, Err: ctx.Err()}
		}
	}
	if err == nil || effect {
		p.arrive(out)
	}
	return tickets.Receipt{RemoteID: tickets.RemoteID("r-" + out.Key)}, err
}

func (p *fakePlatform) arrive(out tickets.Outgoing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lane := string(out.To.Channel)
	for _, k := range p.arrived[lane] {
		if k == out.Key {
			p.repeats++
			return
		}
	}
	p.arrived[lane] = append(p.arrived[lane], out.Key)
}

func (p *fakePlatform) got(lane tickets.Lane) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.arrived[string(lane)]...)
}

func (p *fakePlatform) count() (arrived, calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, keys := range p.arrived {
		arrived += len(keys)
	}
	return arrived, len(p.calls)
}

// Convert reads "id channel text"; an id of "-" is nothing for the desk, an empty body cannot be read.
func (p *fakePlatform) Convert(raw []byte) (in tickets.Inbound, ok bool, err error) {
	f := strings.SplitN(string(raw), " ", 3)
	if len(f) < 3 {
		return in, false, errors.New("not understood")
	}
	if f[0] == "panic" {
		panic("the words of a customer")
	}
	in = tickets.Inbound{Platform: p.name, ID: tickets.RemoteID(f[0]), Kind: tickets.KindText, Channel: tickets.RemoteID(f[1]), Text: f[2]}
	if f[2] == "image" {
		in.Attached = []tickets.Attachment{{Remote: "media-" + in.ID, Image: true}}
	}
	return in, f[0] != "-", nil
}

func event(p tickets.Platform, lane, id, channel, text string) bot.Event {
	return bot.Event{Platform: p, Key: "e-" + id, MessageKey: "m-" + id, Lane: lane, Raw: []byte(id + " " + channel + " " + text)}
}

// fakePuller is a platform with accounts: each has a list of events, of which a page shows two.
type fakePuller struct {
	*fakePlatform
	mu    sync.Mutex
	feed  map[tickets.RemoteID][]bot.Event
	pulls []pull
	fail  func(n int) error
	takes time.Duration // until the answer, which is as of the call
}

type pull struct {
	account tickets.RemoteID
	cursor  string
	token   string
	at      time.Time
}

func newPuller(accounts ...tickets.RemoteID) *fakePuller {
	p := &fakePuller{fakePlatform: newPlatform(tickets.WeCom), feed: map[tickets.RemoteID][]bot.Event{}}
	for _, a := range accounts {
		p.feed[a] = nil
	}
	return p
}

func (p *fakePuller) Accounts(context.Context) (ids []tickets.RemoteID, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.feed {
		ids = append(ids, id)
	}
	return ids, nil
}

func (p *fakePuller) add(account tickets.RemoteID, ids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		p.feed[account] = append(p.feed[account], event(tickets.WeCom, "in:"+string(account), id, "topic:1", "words"))
	}
}

func (p *fakePuller) Pull(ctx context.Context, account tickets.RemoteID, cursor, token string) (page bot.Page, err error) {
	defer func() { time.Sleep(p.takes) }()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulls = append(p.pulls, pull{account, cursor, token, time.Now()})
	if p.fail != nil {
		if err := p.fail(len(p.pulls)); err != nil {
			return page, err
		}
	}
	at := 0
	if cursor != "" {
		if _, err := fmt.Sscanf(cursor, "c%d", &at); err != nil {
			return page, err
		}
	}
	feed := p.feed[account]
	end := min(at+2, len(feed))
	return bot.Page{Events: feed[at:end], Next: fmt.Sprintf("c%d", end), More: end < len(feed)}, nil
}

func (p *fakePuller) pulled() []pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]pull(nil), p.pulls...)
}

// rig is a scheduler with everything around it.
type rig struct {
	t      *testing.T
	bell   *scheduler.Bell
	queues scheduler.Queues
	memory *memory // nil on the real store
	desk   *fakeDesk
	feishu *fakePlatform
	wecom  *fakePuller
	log    *lockedBuffer
	s      *scheduler.Scheduler
	cancel context.CancelFunc
	ended  chan error
}

// lockedBuffer collects log lines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newRig makes a rig on memory; change may alter the options before the scheduler is made. It is not started.
func newRig(t *testing.T, change func(r *rig, o *scheduler.Options)) *rig {
	bell := scheduler.NewBell()
	m := newMemory(bell)
	r := &rig{t: t, bell: bell, queues: m, memory: m, desk: newDesk(time.Now), feishu: newPlatform(tickets.Feishu), wecom: newPuller()}
	r.make(change)
	return r
}

func (r *rig) make(change func(r *rig, o *scheduler.Options)) {
	r.log = &lockedBuffer{}
	o := scheduler.Options{
		Queues: r.queues, Desk: r.desk, Bell: r.bell, Web: true, Worker: true,
		Logger: slog.New(slog.NewTextHandler(io.MultiWriter(r.log, r.t.Output()), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(r, &o)
	}
	if o.Platforms == nil {
		o.Platforms = map[tickets.Platform]bot.Platform{tickets.Feishu: r.feishu, tickets.WeCom: r.wecom}
	}
	var err error
	if r.s, err = scheduler.New(o); err != nil {
		r.t.Fatal(err)
	}
}

// twin is a second process on the same database and the same platforms, with a bell of its own that hears nothing by itself.
func (r *rig) twin(change func(r *rig, o *scheduler.Options)) *rig {
	other := &rig{t: r.t, bell: scheduler.NewBell(), queues: r.queues, memory: r.memory, desk: r.desk, feishu: r.feishu, wecom: r.wecom}
	other.make(change)
	return other
}

func (r *rig) start() {
	ctx, cancel := context.WithCancel(r.t.Context())
	r.cancel, r.ended = cancel, make(chan error, 1)
	go func() { r.ended <- r.s.Run(ctx) }()
}

func (r *rig) stop() {
	r.t.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.t.Errorf("stopping: %v", err)
	}
}

// owe enqueues deliveries with the given keys.
func (r *rig) owe(lane tickets.Lane, urgency tickets.Urgency, keys ...string) {
	r.t.Helper()
	err := r.queues.InTx(r.t.Context(), func(ctx context.Context, tx tickets.Tx) error {
		for _, k := range keys {
			if err := tx.Enqueue(ctx, &tickets.Delivery{Lane: lane, Key: k, Use: tickets.UseTopic, Urgency: urgency}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) keep(events ...bot.Event) {
	r.t.Helper()
	if err := r.queues.Keep(r.t.Context(), events); err != nil {
		r.t.Fatal(err)
	}
}

// idle waits until no work is left, at most so long, and says how long it took.
func (r *rig) idle(limit time.Duration) time.Duration {
	r.t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(r.t.Context(), limit)
	defer cancel()
	if err := r.s.Idle(ctx); err != nil {
		b, _ := r.s.Backlog(r.t.Context())
		r.t.Fatalf("after %v there is still work: %+v (%v)", limit, b, err)
	}
	return time.Since(start)
}

func transient() error {
	return &bot.SendError{Failure: tickets.Failure{Class: tickets.Transient, Code: 500, Reason: "server error"}}
}

var (
	_ bot.Converter = (*fakePlatform)(nil)
	_ bot.Puller    = (*fakePuller)(nil)
)

// bubble runs f on a clock of its own, which jumps when all wait.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func keys(prefix string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("%s-%04d", prefix, i))
	}
	return list
}

// stuckPuller says "more" for ever without moving.
type stuckPuller struct{ *fakePuller }

func (p *stuckPuller) Pull(ctx context.Context, account tickets.RemoteID, cursor, token string) (bot.Page, error) {
	page, err := p.fakePuller.Pull(ctx, account, cursor, token)
	page.Next, page.More = cursor, true
	return page, err
}

// forgetful gives no cursor with the last page.
type forgetful struct{ *fakePuller }

func (p *forgetful) Pull(ctx context.Context, account tickets.RemoteID, cursor, token string) (bot.Page, error) {
	page, err := p.fakePuller.Pull(ctx, account, cursor, token)
	if !page.More {
		page.Next = ""
	}
	return page, err
}
