package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"servicedesk/tickets"
)

const (
	// checkAlone is how often asynq looks for tasks when this process also keeps what comes in: its own bell is faster anyway.
	checkAlone = time.Second
	// checkApart is the pace of a process that only works: what other processes keep reaches it through Redis.
	checkApart = 200 * time.Millisecond
	// asynqStop bounds asynq's own shutdown; its handlers only ring, so nothing is lost with them.
	asynqStop = 3 * time.Second
)

// answerRings takes tasks from Redis and rings the bell of this process, until ctx ends. It returns when asynq has stopped, or refuses to.
func (s *Scheduler) answerRings(ctx context.Context) {
	check := checkApart
	if s.web {
		check = checkAlone
	}
	server := asynq.NewServerFromRedisClient(patient{s.redis}, asynq.Config{
		Concurrency:         8,
		Queues:              map[string]int{queueEmergency: 6, queueInteractive: 3, queueCare: 1},
		TaskCheckInterval:   check,
		ShutdownTimeout:     asynqStop,
		HealthCheckInterval: 5 * time.Second,
		HealthCheckFunc:     s.redisHealth(),
		Logger:              quietLog{s.log},
		LogLevel:            asynq.WarnLevel,
	})
	if err := server.Start(asynq.HandlerFunc(s.answer)); err != nil {
		s.log.Error("second ring not started", cause(err)) // only a server started twice refuses
		return
	}
	<-ctx.Done()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.Shutdown()
	}()
	select {
	case <-stopped:
	case <-time.After(2 * asynqStop):
		s.log.Warn("second ring did not stop in time: the queue does not answer")
	}
}

// answer rings for one task. It never fails: the work is looked up in the database, and a nudge too early, late or often is harmless.
func (s *Scheduler) answer(_ context.Context, t *asynq.Task) error {
	s.stats.answered.Add(1)
	key := string(t.Payload())
	switch t.Type() {
	case taskDeliver:
		s.bell.wakeLane(tickets.Lane(key))
	case taskReceive:
		s.bell.wakeInbox(key)
	case taskPull:
		s.bell.wakePull(key)
	case taskTimer:
		if _, err := strconv.ParseInt(key, 10, 64); err == nil {
			s.bell.wakeTimer(s.now()) // look at what is due; the row's own due time decides
		}
	default:
		s.log.Warn("unknown task in the queue", slog.String("type", t.Type()))
	}
	return nil
}

// redisHealth says once when Redis goes and once when it is back.
func (s *Scheduler) redisHealth() func(error) {
	down := false
	return func(err error) {
		s.stats.redisDown.Store(err != nil)
		switch {
		case err != nil && !down:
			s.log.Warn("queue unreachable: bells within this process and the sweep go on alone", cause(err))
		case err == nil && down:
			s.log.Info("queue reachable again")
		}
		down = err != nil
	}
}

// patient makes a failed script take its time: asynq's fetch loop asks again at once after an error, and an error that comes at once (a wrong
// password, a refused certificate, a pool that knows its server is gone) would make it spin.
type patient struct{ redis.UniversalClient }

// redisPause is how long a failed script takes.
const redisPause = 500 * time.Millisecond

// EvalSha runs a script by its hash.
func (p patient) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	return p.paced(ctx, p.UniversalClient.EvalSha(ctx, sha1, keys, args...))
}

// Eval runs a script that the server does not know yet.
func (p patient) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return p.paced(ctx, p.UniversalClient.Eval(ctx, script, keys, args...))
}

func (p patient) paced(ctx context.Context, cmd *redis.Cmd) *redis.Cmd {
	if err := cmd.Err(); err == nil || errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
		return cmd
	}
	select {
	case <-ctx.Done():
	case <-time.After(redisPause):
	}
	return cmd
}

// quietLog keeps asynq's own lines at debug level: it repeats itself for as long as Redis is away, which redisHealth says once.
type quietLog struct{ log *slog.Logger }

func (q quietLog) line(args []any) {
	q.log.Debug("asynq", slog.String("line", fmt.Sprint(args...)))
}

func (q quietLog) Debug(args ...any) { q.line(args) }
func (q quietLog) Info(args ...any)  { q.line(args) }
func (q quietLog) Warn(args ...any)  { q.line(args) }
func (q quietLog) Error(args ...any) { q.line(args) }

// Fatal does not end the process: nothing about a nudge is worth that.
func (q quietLog) Fatal(args ...any) { q.line(args) }
