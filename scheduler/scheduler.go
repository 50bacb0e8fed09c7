package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// Options is what a Scheduler is made of.
type Options struct {
	// Queues, Desk and Bell are required; the bell is the one the store rings after its commits.
	Queues Queues
	Desk   Desk
	Bell   *Bell
	// Platforms by name; what they can besides sending is found by assertion (bot.Converter, bot.Fetcher, bot.Puller; at most one may pull).
	Platforms map[tickets.Platform]bot.Platform
	// Files keeps received attachments; nil: they count as lost.
	Files Files
	// Enrich adds what the platform knows besides, before the desk sees it (a new contact's name). It is called outside any transaction, has
	// five seconds, may be called again for the same event, and reports no error: what it cannot add stays empty.
	Enrich func(ctx context.Context, in *tickets.Inbound)

	// Now is the clock (virtual when Virtual is set), Machine the machine's time; nil means time.Now.
	Now, Machine func() time.Time
	Virtual      bool

	// Worker: this process works. Web: it also takes what comes in. A process that is no worker only rings.
	Web, Worker bool

	// Redis carries the second ring; nil: there is none. The caller closes it after Run has returned.
	Redis redis.UniversalClient

	// Keep is how long (clock time) done events and sent bodies are kept; 0 = two weeks.
	Keep time.Duration
	// OutboxWorkers is for each platform (0 = 32), InboxWorkers for all (0 = 16).
	OutboxWorkers, InboxWorkers int
	// Heartbeat, when set, is called at most once a minute while sweeps succeed: its absence is what somebody outside should notice.
	Heartbeat func(ctx context.Context)

	Logger *slog.Logger
}

// Scheduler moves work between the store, the desk and the platforms.
type Scheduler struct {
	queues  Queues
	bell    *Bell
	now     func() time.Time
	machine func() time.Time
	redis   redis.UniversalClient
	log     *slog.Logger
	stats   *counters

	web, worker bool
	keep        time.Duration
	heartbeat   func(context.Context)

	pools   []*pool
	gates   map[tickets.Platform]*gate
	watcher *watcher
	puller  *puller // nil when no platform pulls
	firer   *firer
	ringer  *ringer // nil without Redis
	running atomic.Bool
}

// New makes a Scheduler; nothing runs before Run.
func New(o Options) (*Scheduler, error) {
	switch {
	case o.Queues == nil, o.Desk == nil, o.Bell == nil:
		return nil, errors.New("scheduler needs queues, a desk and a bell")
	case !o.Web && !o.Worker:
		return nil, errors.New("scheduler needs a role: web, worker or both")
	}
	o = o.withDefaults()
	s := &Scheduler{
		queues: o.Queues, bell: o.Bell, now: o.Now, machine: o.Machine, redis: o.Redis, log: o.Logger, stats: newCounters(),
		web: o.Web, worker: o.Worker, keep: o.Keep, heartbeat: o.Heartbeat, gates: map[tickets.Platform]*gate{},
	}
	if o.Redis != nil {
		delay := ringApart
		if o.Worker {
			delay = ringDelay
		}
		s.ringer = newRinger(o.Redis, delay)
		s.ringer.helped = o.Worker
		s.ringer.timers, s.ringer.now, s.ringer.machine, s.ringer.stats = !o.Virtual, o.Now, o.Machine, s.stats
	}
	s.bell.attach(s.ringer, o.Worker)
	if !o.Worker {
		return s, nil
	}
	s.watcher = &watcher{
		queues: o.Queues, desk: o.Desk, now: o.Now, machine: o.Machine, watches: map[tickets.Platform]*watch{}, log: o.Logger,
	}
	if err := s.addOutbox(o); err != nil {
		return nil, err
	}
	s.addInbox(o)
	s.firer = &firer{
		queues: o.Queues, desk: o.Desk, now: o.Now, machine: o.Machine, chime: o.Bell.timers, stats: s.stats, log: o.Logger,
	}
	if err := s.addPuller(o); err != nil {
		return nil, err
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Machine == nil {
		o.Machine = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Keep <= 0 {
		o.Keep = keepFor
	}
	if o.OutboxWorkers <= 0 {
		o.OutboxWorkers = 32
	}
	if o.InboxWorkers <= 0 {
		o.InboxWorkers = 16
	}
	return o
}

func (s *Scheduler) addPool(p *pool, kind string) *pool {
	p.queues, p.machine, p.log = s.queues, s.machine, s.log
	p.taken = func(lane string) {
		if s.ringer != nil {
			s.ringer.settled(task{kind, lane})
		}
	}
	p.onErr = s.laneFailed(p)
	p.init()
	s.pools = append(s.pools, p)
	return p
}

// addOutbox makes a pool for each platform: a slow or dead one must not hold up the other.
func (s *Scheduler) addOutbox(o Options) error {
	for name, platform := range o.Platforms {
		if o.Bell.outbox[name] == nil {
			return fmt.Errorf("no lane leads to platform %q", name)
		}
		g := newGate(name, s.machine)
		w := &watch{platform: name}
		s.watcher.watches[name] = w
		g.heard = func(err error) { w.heard(err, s.machine(), s.now()) }
		s.gates[name] = g
		d := &deliverer{
			queues: o.Queues, desk: o.Desk, platform: platform, gate: g, machine: s.machine, stats: s.stats, log: s.log,
		}
		p := s.addPool(&pool{
			name: "outbox " + string(name), box: Outbox, size: o.OutboxWorkers, gate: g, pause: laneBackoff, work: d.work,
			chime: o.Bell.outbox[name],
			ready: func(ctx context.Context, limit int) ([]string, error) {
				lanes, err := o.Queues.ReadyLanes(ctx, Outbox, s.machine(), limit)
				for i, l := range lanes {
					if tickets.Lane(l).Platform() != name {
						lanes[i] = ""
					}
				}
				return lanes, err
			},
		}, taskDeliver)
		d.crowded = p.crowded
	}
	return nil
}

func (s *Scheduler) addInbox(o Options) {
	r := &receiver{
		queues: o.Queues, desk: o.Desk, platforms: o.Platforms, files: o.Files, enrich: o.Enrich, machine: s.machine,
		fetches: make(chan struct{}, max(1, o.InboxWorkers/2)), stats: s.stats, log: s.log,
	}
	p := s.addPool(&pool{
		name: "inbox", box: Inbox, size: o.InboxWorkers, pause: laneBackoff, work: r.work, chime: o.Bell.inbox,
		ready: func(ctx context.Context, limit int) ([]string, error) {
			return o.Queues.ReadyLanes(ctx, Inbox, s.machine(), limit)
		},
	}, taskReceive)
	r.crowded = p.crowded
}

// pullWorkers pull at once: more than about five parallel calls are refused (45033).
const pullWorkers = 4

func (s *Scheduler) addPuller(o Options) error {
	for name, platform := range o.Platforms {
		b, ok := platform.(bot.Puller)
		if !ok {
			continue
		}
		if s.puller != nil {
			return fmt.Errorf("platform %s pulls too: accounts could not be told apart", name)
		}
		s.puller = &puller{
			queues: o.Queues, platform: b, heard: s.gates[name].heard, now: s.now, machine: s.machine, bell: s.bell,
			accounts: newAccounts(), budget: &budget{}, stats: s.stats, log: s.log,
		}
		s.addPool(&pool{
			name: "pull", box: Pulling, size: pullWorkers, pause: pullBackoff, keep: pollEvery,
			work: s.puller.work, chime: o.Bell.pulls, ready: s.puller.ready,
		}, taskPull)
	}
	return nil
}

func (s *Scheduler) laneFailed(p *pool) func(lane string, fails int, err error) {
	return func(lane string, fails int, err error) {
		attrs := []slog.Attr{slog.String("pool", p.name), slog.String("lane", lane), slog.Int("fails", fails), cause(err)}
		level := slog.LevelWarn
		if e := new(panicError); errors.As(err, &e) {
			s.stats.panics.Add(1)
			level, attrs = slog.LevelError, append(attrs, slog.String("stack", string(e.stack)))
		} else if fails%10 != 1 {
			level = slog.LevelDebug
		}
		s.log.LogAttrs(context.Background(), level, "lane rests after an error", attrs...)
	}
}

// Run works until ctx ends, then finishes what is in hand: calls of platforms within twelve seconds, their records within fourteen. It may be
// called once. The error says what could not be finished; nothing is lost by that, the next start goes on with it.
func (s *Scheduler) Run(ctx context.Context) error {
	if s.running.Swap(true) {
		return errors.New("scheduler runs already")
	}
	// The second ring outlives the workers: what their last commits owe is told to the other processes.
	ringCtx, stopRings := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRings()
	var rings, work sync.WaitGroup
	if s.ringer != nil {
		rings.Go(func() { s.ringer.run(ringCtx) })
	}
	l, end := newLife(ctx)
	defer end()
	if s.worker {
		s.start(l, &work)
	} else {
		work.Go(func() { <-l.soft.Done() })
	}
	err := s.await(l, &work)
	stopRings()
	rings.Wait()
	return err
}

// start sets the parts going: first who works, then who listens outside, last who finds what was left behind.
func (s *Scheduler) start(l *life, work *sync.WaitGroup) {
	for _, p := range s.pools {
		p.life = l
		work.Go(p.run)
	}
	work.Go(func() { s.firer.run(l) })
	work.Go(func() { s.watcher.run(l) })
	if s.puller != nil {
		work.Go(func() { s.puller.run(l) })
	}
	if s.redis != nil {
		work.Go(func() { s.answerRings(l.soft) })
	}
	work.Go(func() { s.periodic(l) })
}

// await waits for the parts to end, but not beyond the promised time.
func (s *Scheduler) await(l *life, work *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-l.final.Done():
	}
	select {
	case <-done:
		return nil
	case <-time.After(finalGrace):
		return errors.New("scheduler stopped with work in hand; it will be taken up again")
	}
}

// finalGrace is what is left of the fifteen seconds after the final stop.
const finalGrace = 500 * time.Millisecond
