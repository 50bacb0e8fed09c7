package scheduler_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

// sink is a platform that takes everything at once and says when.
type sink struct {
	name tickets.Platform
	sent atomic.Int64
	took chan time.Time
}

func (s *sink) Name() tickets.Platform { return s.name }

func (s *sink) Send(_ context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	s.sent.Add(1)
	if s.took != nil {
		s.took <- time.Now()
	}
	return tickets.Receipt{RemoteID: tickets.RemoteID(out.Key)}, nil
}

// eachStore runs a benchmark on SQLite and PostgreSQL.
func eachStore(b *testing.B, bench func(b *testing.B, q scheduler.Queues, bell *scheduler.Bell)) {
	b.Run("sqlite", func(b *testing.B) {
		bell := scheduler.NewBell()
		bench(b, onStore(b, "sqlite:"+filepath.Join(b.TempDir(), "desk.db"))(bell), bell)
	})
	b.Run("postgres", func(b *testing.B) {
		bell := scheduler.NewBell()
		bench(b, onStore(b, postgres(b))(bell), bell)
	})
}

// running starts a scheduler that sends to the sink and stops it with the benchmark.
func running(b *testing.B, q scheduler.Queues, bell *scheduler.Bell, to *sink) *scheduler.Scheduler {
	s, err := scheduler.New(scheduler.Options{
		Queues: q, Desk: newDesk(time.Now), Bell: bell, Platforms: map[tickets.Platform]bot.Platform{to.name: to}, Web: true, Worker: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	return s
}

func enqueue(b *testing.B, q scheduler.Queues, lane tickets.Lane, keys ...string) {
	err := q.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
		for _, k := range keys {
			if err := tx.Enqueue(ctx, &tickets.Delivery{Lane: lane, Key: k, Use: tickets.UseTopic}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRelay measures from the begin of the transaction that owes a message to the call of the platform.
func BenchmarkRelay(b *testing.B) {
	eachStore(b, func(b *testing.B, q scheduler.Queues, bell *scheduler.Bell) {
		to := &sink{name: tickets.Feishu, took: make(chan time.Time, 1)}
		running(b, q, bell, to)
		var took []time.Duration
		for n := 0; b.Loop(); n++ {
			begun := time.Now()
			enqueue(b, q, tickets.TopicLane(tickets.TicketID(n%20)), fmt.Sprint("k", n))
			took = append(took, (<-to.took).Sub(begun))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	})
}

// BenchmarkDrain empties lanes that were full at the start.
func BenchmarkDrain(b *testing.B) {
	const lanes, rows = 100, 50
	eachStore(b, func(b *testing.B, q scheduler.Queues, bell *scheduler.Bell) {
		to := &sink{name: tickets.Feishu}
		var spent time.Duration
		for n := 0; b.Loop(); n++ {
			b.StopTimer()
			for l := range lanes {
				enqueue(b, q, tickets.TopicLane(tickets.TicketID(l)), keys(fmt.Sprint(n, ".", l), rows)...)
			}
			to.sent.Store(0)
			b.StartTimer()
			begun := time.Now()
			s, err := scheduler.New(scheduler.Options{
				Queues: q, Desk: newDesk(time.Now), Bell: bell, Worker: true,
				Platforms: map[tickets.Platform]bot.Platform{tickets.Feishu: to},
			})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			for to.sent.Load() < lanes*rows {
				time.Sleep(time.Millisecond)
			}
			spent += time.Since(begun)
			cancel()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*lanes*rows)/spent.Seconds(), "rows/s")
	})
}

// BenchmarkTimers fires ten thousand timers that fall due in the same second.
func BenchmarkTimers(b *testing.B) {
	const timers = 10000
	eachStore(b, func(b *testing.B, q scheduler.Queues, bell *scheduler.Bell) {
		var spent time.Duration
		for b.Loop() {
			b.StopTimer()
			due := time.Now().Add(-time.Second)
			err := q.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
				for i := range int64(timers) {
					if err := tx.SetTimer(ctx, timer(i, due)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			to := &sink{name: tickets.WeCom} // what the timers owe is left where it is
			b.StartTimer()
			begun := time.Now()
			s := running(b, q, bell, to)
			for s.Stats().TimersFired < timers {
				time.Sleep(time.Millisecond)
			}
			spent += time.Since(begun)
		}
		b.ReportMetric(float64(b.N*timers)/spent.Seconds(), "timers/s")
	})
}
