package scheduler

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"servicedesk/tickets"
)

// Task types; the payload is the lane, the account's lane, or the timer's id in decimal.
const (
	taskDeliver = "deliver"
	taskReceive = "receive"
	taskPull    = "pull"
	taskTimer   = "timer"
)

// Queues by importance.
const (
	queueEmergency   = "emergency"
	queueInteractive = "interactive"
	queueCare        = "care"
)

const (
	// ringDelay is how long a process with workers of its own has to take up what was rung before Redis is asked to tell the others.
	ringDelay = 200 * time.Millisecond
	// ringApart is how long a process without workers gathers rings: a burst in one lane is one task. The workers look for tasks less often.
	ringApart = 50 * time.Millisecond
	// ringTimeout bounds one call of Redis, ringWorkers how many are made at once.
	ringTimeout, ringWorkers = time.Second, 4
	// maxRings bounds what waits for Redis; the sweep finds what was dropped.
	maxRings = 8192
	// helpRings is how many lanes a process with workers asks others to help with in each ringDelay; the rest of a backlog their sweeps find.
	helpRings = 32
	// timerHorizon is how far ahead of its time a timer is handed to asynq.
	timerHorizon = 2 * time.Minute
)

// task is one nudge. It carries nothing but a name: whoever gets it looks into the database.
type task struct{ kind, key string }

// ringing is a nudge that waits to be handed to Redis.
type ringing struct {
	task
	queue string
	since time.Time // machine time
	at    time.Time // clock time at which asynq shall deliver it; zero = at once
}

// ringer is the second ring: it tells the workers of all processes through asynq. Nobody waits for it; when Redis is away it keeps quiet.
//
// Tasks have MaxRetry 0 and neither Unique nor a TaskID: a conflict of either would be a missed wake-up.
type ringer struct {
	client  *asynq.Client
	delay   time.Duration
	helped  bool // this process has workers: others only help
	timers  bool // hand timers over: only when the clock is the machine's
	now     func() time.Time
	machine func() time.Time
	stats   *counters
	wake    chan struct{}

	mu      sync.Mutex
	waiting map[task]ringing
	order   []ringing
	quiet   time.Time // machine time until which Redis is left alone
	fails   int
	// asked counts the lanes that others were asked to help with since askedFrom.
	askedFrom time.Time
	asked     int
}

func newRinger(c redis.UniversalClient, delay time.Duration) *ringer {
	return &ringer{
		client: asynq.NewClientFromRedisClient(c), delay: delay,
		wake: make(chan struct{}, 1), waiting: map[task]ringing{},
	}
}

// ring notes a nudge. The same one, still waiting, is one.
func (r *ringer) ring(t task, queue string, at time.Time) {
	now := r.machine()
	r.mu.Lock()
	_, known := r.waiting[t]
	if known || now.Before(r.quiet) || len(r.waiting) >= maxRings {
		if !known {
			r.stats.ringsDropped.Add(1)
		}
		r.mu.Unlock()
		return
	}
	g := ringing{task: t, queue: queue, since: now, at: at}
	r.waiting[t] = g
	r.order = append(r.order, g)
	first := len(r.order) == 1
	r.mu.Unlock()
	if first {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// ringTimer hands over a timer that is due soon, rounded up to the second: asynq would deliver it too early otherwise.
func (r *ringer) ringTimer(t tickets.Timer) {
	if !r.timers || t.DueAt.After(r.now().Add(timerHorizon)) {
		return
	}
	queue := queueInteractive
	switch t.Urgency {
	case tickets.UrgencyEmergency:
		queue = queueEmergency
	case tickets.UrgencyCare:
		queue = queueCare
	default:
	}
	at := t.DueAt.Truncate(time.Second)
	if at.Before(t.DueAt) {
		at = at.Add(time.Second)
	}
	r.ring(task{taskTimer, strconv.FormatInt(int64(t.ID), 10)}, queue, at)
}

// settled forgets a nudge whose work this process has taken up itself.
func (r *ringer) settled(t task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, t)
}

// run hands over what has waited long enough, until ctx ends; then the rest, once.
func (r *ringer) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, next := r.due(r.machine().Add(-r.delay))
		r.send(context.WithoutCancel(ctx), due)
		timer.Reset(next)
		select {
		case <-ctx.Done():
			due, _ := r.due(r.machine())
			r.send(context.WithoutCancel(ctx), due)
			return
		case <-r.wake:
		case <-timer.C:
		}
	}
}

// due takes what was rung at limit or before and says how long the next has to wait.
func (r *ringer) due(limit time.Time) (due []ringing, next time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.order) > 0 {
		g := r.order[0]
		if g.since.After(limit) {
			return due, g.since.Sub(limit)
		}
		r.order = r.order[1:]
		if r.waiting[g.task] != g { // settled meanwhile, and perhaps rung again
			continue
		}
		delete(r.waiting, g.task)
		if g.at.IsZero() && !r.mayAsk(limit) {
			r.stats.ringsDropped.Add(1)
			continue
		}
		due = append(due, g)
	}
	return due, time.Hour
}

// mayAsk reports whether others may be asked for help once more.
func (r *ringer) mayAsk(now time.Time) bool {
	if !r.helped {
		return true
	}
	if now.Sub(r.askedFrom) >= ringDelay {
		r.askedFrom, r.asked = now, 0
	}
	r.asked++
	return r.asked <= helpRings
}

// send hands tasks to asynq. The first failure ends it and keeps the ringer quiet for a while.
func (r *ringer) send(ctx context.Context, due []ringing) {
	if len(due) == 0 {
		return
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(ringWorkers)
	for _, d := range due {
		g.Go(func() error {
			if ctx.Err() != nil {
				r.stats.ringsDropped.Add(1)
				return nil
			}
			ctx, cancel := context.WithTimeout(ctx, ringTimeout)
			defer cancel()
			opts := []asynq.Option{asynq.MaxRetry(0), asynq.Queue(d.queue), asynq.Timeout(ringTimeout)}
			if !d.at.IsZero() {
				opts = append(opts, asynq.ProcessAt(d.at))
			}
			if _, err := r.client.EnqueueContext(ctx, asynq.NewTask(d.kind, []byte(d.key)), opts...); err != nil {
				r.stats.ringErrors.Add(1)
				return err
			}
			r.stats.rings.Add(1)
			return nil
		})
	}
	err := g.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.redisDown.Store(err != nil)
	if err == nil {
		r.fails = 0
		return
	}
	r.fails++
	r.quiet = r.machine().Add(redisBackoff.after(r.fails))
	r.stats.ringsDropped.Add(int64(len(r.waiting)))
	clear(r.waiting)
	r.order = nil
}
