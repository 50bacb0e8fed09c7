package scheduler_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"servicedesk/scheduler"
	"servicedesk/tickets"
)

// queue is a Redis inside the test's own clock: its connections are pipes.
type queue struct {
	*miniredis.Miniredis
	down atomic.Bool
}

func newQueue() *queue {
	m := miniredis.NewMiniRedis()
	return &queue{Miniredis: m}
}

func (q *queue) client() redis.UniversalClient {
	return redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:6379", // never dialled
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			if q.down.Load() {
				return nil, fmt.Errorf("connection refused")
			}
			return q.Dial()
		},
		MaxRetries: 1, DialerRetries: 1, DialTimeout: time.Second, ReadTimeout: 2 * time.Second, ContextTimeoutEnabled: true,
	})
}

// redisRig is a rig with a queue; its client is closed with stop.
func redisRig(t *testing.T, q *queue, change func(r *rig, o *scheduler.Options)) (*rig, func()) {
	client := q.client()
	r := newRig(t, func(r *rig, o *scheduler.Options) {
		o.Redis = client
		if change != nil {
			change(r, o)
		}
	})
	r.start()
	return r, func() {
		t.Helper()
		r.stop()
		client.Close()
		time.Sleep(2 * time.Second) // the client's own goroutines look once more
	}
}

// twinOn is another process on the same database and queue.
func (r *rig) twinOn(q *queue, change func(o *scheduler.Options)) (*rig, func()) {
	client := q.client()
	other := r.twin(func(_ *rig, o *scheduler.Options) {
		o.Redis = client
		change(o)
	})
	other.start()
	return other, func() {
		r.t.Helper()
		other.stop()
		client.Close()
		time.Sleep(2 * time.Second)
	}
}

// A process that only takes what comes in rings through Redis; the worker hears it well before its sweep would matter, with nothing repaired.
func TestWebRingsWorker(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue()
		worker, stopWorker := redisRig(t, q, func(_ *rig, o *scheduler.Options) { o.Web = false })
		web, stopWeb := worker.twinOn(q, func(o *scheduler.Options) { o.Web, o.Worker = true, false })
		worker.memory.bell.Store(web.bell) // what is kept now is kept by the web process
		time.Sleep(3300 * time.Millisecond)
		for i := range 20 {
			worker.keep(event(tickets.Feishu, fmt.Sprint("in:", i), fmt.Sprint("m", i), fmt.Sprint("topic:", i), "words"))
		}
		worker.memory.bell.Store(worker.bell)
		if took := worker.idle(time.Minute); took > 700*time.Millisecond {
			t.Errorf("took %v", took)
		}
		st := worker.s.Stats()
		if st.RingsAnswered < 20 || st.Pools["inbox"].Repairs > 0 {
			t.Errorf("%d rings answered, %d repairs", st.RingsAnswered, st.Pools["inbox"].Repairs)
		}
		if n := web.s.Stats().Rings; n != 20 {
			t.Errorf("%d rings, want one for each lane", n)
		}
		for i := range 10 { // just before a sweep, which sees what the bell is still to say
			worker.memory.bell.Store(web.bell)
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1950 * time.Millisecond)))
			worker.keep(event(tickets.Feishu, fmt.Sprint("late:", i), fmt.Sprint("l", i), "topic:1", "words"))
			worker.memory.bell.Store(worker.bell)
			worker.idle(time.Second)
		}
		if n := worker.s.Stats().Pools["inbox"].Repairs; n != 0 {
			t.Errorf("%d repairs of what was rung for", n)
		}
		stopWeb()
		stopWorker()
	})
}

// A process that works itself tells Redis only what it has not taken up within a moment.
func TestOwnWorkIsNotRung(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue()
		r, stop := redisRig(t, q, func(_ *rig, o *scheduler.Options) { o.OutboxWorkers = 4 })
		for i := range 50 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, fmt.Sprint("k", i))
		}
		r.idle(time.Second)
		time.Sleep(time.Second)
		if st := r.s.Stats(); st.Rings != 0 {
			t.Errorf("%d rings for work done here at once", st.Rings)
		}
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) { return 2 * time.Second, nil, true }
		for i := range 10 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, fmt.Sprint("l", i))
		}
		time.Sleep(time.Second)
		if st := r.s.Stats(); st.Rings != 6 {
			t.Errorf("%d rings, want six for the lanes that found no worker here", st.Rings)
		}
		r.idle(time.Minute)
		if arrived, calls := r.feishu.count(); arrived != 60 || calls != 60 {
			t.Errorf("%d arrived in %d calls", arrived, calls)
		}
		stop()
	})
}

// Redis is wiped again and again under a web and two worker processes: everything arrives once, in order, a little later at worst.
func TestRedisWiped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue()
		a, stopA := redisRig(t, q, func(_ *rig, o *scheduler.Options) { o.Web = false })
		b, stopB := a.twinOn(q, func(o *scheduler.Options) { o.Web = false })
		web, stopWeb := a.twinOn(q, func(o *scheduler.Options) { o.Worker = false })
		a.memory.bell.Store(web.bell)
		n := 0
		for round := range 60 {
			for lane := range 10 {
				n++
				id := fmt.Sprintf("m%05d", n)
				a.keep(event(tickets.Feishu, fmt.Sprint("in:", lane), id, fmt.Sprint("topic:", lane), "words"))
				a.keep(event(tickets.Feishu, fmt.Sprint("in:", lane), id, fmt.Sprint("topic:", lane), "words"))
			}
			if round%6 == 0 {
				q.FlushAll()
			}
			time.Sleep(100 * time.Millisecond)
		}
		q.FlushAll()
		if took := a.idle(time.Minute); took > 5*time.Second {
			t.Errorf("recovered after %v", took)
		}
		arrived, calls := a.feishu.count()
		if arrived != n || calls != n {
			t.Errorf("%d arrived in %d calls, want %d", arrived, calls, n)
		}
		for lane := range 10 {
			last := ""
			for _, k := range a.feishu.got(tickets.TopicLane(tickets.TicketID(lane))) {
				if k <= last {
					t.Fatalf("lane %d: %s after %s", lane, k, last)
				}
				last = k
			}
		}
		if sa, sb := a.s.Stats(), b.s.Stats(); sa.EventsDone == 0 || sb.EventsDone == 0 {
			t.Error("one worker did everything")
		}
		stopWeb()
		stopA()
		stopB()
	})
}

// Redis is away from the start and for long: nothing waits for it, nothing spins, and it is used again when it is back.
func TestRedisAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue()
		q.down.Store(true)
		r, stop := redisRig(t, q, func(_ *rig, o *scheduler.Options) { o.OutboxWorkers = 2 })
		slow := func(tickets.Outgoing, int) (time.Duration, error, bool) { return 500 * time.Millisecond, nil, true }
		r.feishu.before = slow
		for i := range 20 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, fmt.Sprint("a", i))
		}
		if took := r.idle(time.Minute); took > 6*time.Second {
			t.Errorf("took %v", took)
		}
		time.Sleep(10 * time.Minute)
		st := r.s.Stats()
		if !st.RedisDown || st.RingErrors > 50 {
			t.Errorf("down %v, %d errors", st.RedisDown, st.RingErrors)
		}
		if n := strings.Count(r.log.String(), "queue unreachable"); n != 1 {
			t.Errorf("said %d times that Redis is away", n)
		}
		q.down.Store(false)
		time.Sleep(time.Minute)
		for i := range 20 {
			r.owe(tickets.TopicLane(tickets.TicketID(i)), tickets.UrgencyInteractive, fmt.Sprint("b", i))
		}
		r.idle(time.Minute)
		if st := r.s.Stats(); st.RedisDown || st.Rings == 0 {
			t.Errorf("not used again: %+v", st)
		}
		stop()
	})
}

// Stopping while Redis hangs keeps the promise.
func TestStopWhileRedisIsAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue()
		r, stop := redisRig(t, q, nil)
		time.Sleep(10 * time.Second)
		q.down.Store(true)
		q.Close()
		time.Sleep(10 * time.Second)
		_ = r
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

// Timers due soon are handed to asynq, once for all processes, never early; with a virtual clock none is.
func TestTimersAreHandedToAsynq(t *testing.T) {
	for _, virtual := range []bool{false, true} {
		t.Run(fmt.Sprint("virtual ", virtual), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q := newQueue()
				r, stop := redisRig(t, q, func(_ *rig, o *scheduler.Options) { o.Virtual = virtual })
				_, stopTwin := r.twinOn(q, func(o *scheduler.Options) { o.Virtual = virtual })
				r.memory.deaf.Store(true) // so that only the loader speaks of them
				now := time.Now()
				for i := range int64(10) {
					r.arm(timer(i, now.Add(5*time.Minute+time.Duration(i)*3100*time.Millisecond)))
				}
				r.memory.deaf.Store(false)
				time.Sleep(3 * time.Minute)
				if n := r.s.Stats().Rings; n != 0 {
					t.Errorf("%d timers handed over too early", n)
				}
				time.Sleep(2*time.Minute - time.Second)
				client := q.client()
				scheduled, err := client.ZRangeWithScores(t.Context(), "asynq:{interactive}:scheduled", 0, -1).Result()
				client.Close()
				if want := map[bool]int{false: 10, true: 0}[virtual]; err != nil || len(scheduled) != want {
					t.Errorf("%d handed over, want %d (%v)", len(scheduled), want, err)
				}
				for i, z := range scheduled { // ascending, as the timers are
					due := now.Add(5*time.Minute + time.Duration(i)*3100*time.Millisecond)
					if at := time.Unix(int64(z.Score), 0); at.Before(due) || at.Sub(due) >= time.Second {
						t.Errorf("the one due at %v would come at %v", due, at)
					}
				}
				time.Sleep(2 * time.Minute)
				if arrived, calls := r.feishu.count(); arrived != 10 || calls != 10 {
					t.Errorf("%d fired in %d calls", arrived, calls)
				}
				stopTwin()
				stop()
			})
		})
	}
}

// A real queue, and the embedded one over the wire: a web process rings, a worker in another process works, a wipe in between loses nothing.
func TestRealQueue(t *testing.T) {
	for _, name := range []string{"embedded", "redis"} {
		t.Run(name, func(t *testing.T) {
			address := os.Getenv("SERVICEDESK_TEST_REDIS")
			switch {
			case name == "embedded":
				address = "redis://" + miniredis.RunT(t).Addr()
			case address != "":
				address = strings.TrimRight(address, "/") + "/13" // this package's own
			case os.Getenv("SERVICEDESK_TEST_STRICT") == "1":
				t.Fatal("SERVICEDESK_TEST_REDIS is not set")
			default:
				t.Skip("SERVICEDESK_TEST_REDIS is not set: no Redis to test with")
			}
			client, err := scheduler.OpenRedis(address)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			wipe := func() {
				if err := client.FlushDB(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
			}
			wipe()
			worker := newRig(t, func(_ *rig, o *scheduler.Options) { o.Redis, o.Web = client, false })
			web := worker.twin(func(_ *rig, o *scheduler.Options) { o.Redis, o.Worker = client, false })
			worker.memory.bell.Store(web.bell)
			worker.start()
			web.start()
			for i := range 100 {
				worker.keep(event(tickets.Feishu, fmt.Sprint("in:", i%10), fmt.Sprintf("m%03d", i), fmt.Sprint("topic:", i%10), "words"))
				if i == 50 {
					wipe()
				}
			}
			worker.idle(20 * time.Second)
			if arrived, calls := worker.feishu.count(); arrived != 100 || calls != 100 {
				t.Errorf("%d arrived in %d calls", arrived, calls)
			}
			if n := worker.s.Stats().RingsAnswered; n == 0 {
				t.Error("nothing came through the queue")
			}
			web.stop()
			worker.stop()
		})
	}
}

func TestOpenRedis(t *testing.T) {
	for address, ok := range map[string]bool{
		"redis://127.0.0.1:6379/2":                                        true,
		"redis://:secret@127.0.0.1:6379":                                  true,
		"rediss://user:secret@redis.example:6380/0":                       true,
		"redis-sentinel://:secret@a:26379,b:26379/1?master=desk":          true,
		"redis-sentinel://a:26379,b:26379?master=desk&sentinel_password=": true,
		"redis-cluster://a:7000,b:7001,c:7002":                            true,
		"redis-cluster://user:p%40ss@a:7000":                              true,
		"redis-sentinel://a:26379":                                        false, // which master?
		"redis-cluster://a:7000?master=desk":                              false,
		"redis-cluster://secret@a":                                        false,
		"redis-cluster://a:1/x":                                           false,
		"redis://:secret@host:port":                                       false,
		"redis://:secret@127.0.0.1:6379/two":                              false,
		"http://:secret@127.0.0.1":                                        false,
		"secret":                                                          false,
		"":                                                                false,
	} {
		c, err := scheduler.OpenRedis(address)
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error quotes the password: %v", address, err)
		}
		if c != nil {
			c.Close()
		}
	}
}
