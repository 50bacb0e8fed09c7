package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/store"
	"servicedesk/tickets"
)

// Benchmarks report processor time beside wall time: what a row costs this process, and what it costs PostgreSQL.

func eachBench(b *testing.B, bench func(b *testing.B, db *store.DB)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, open(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db"))) })
	b.Run("postgres", func(b *testing.B) {
		needPostgres(b)
		empty(b)
		bench(b, open(b, postgresURL))
	})
}

// load runs f b.N times from some goroutines per processor.
func load(b *testing.B, goroutines int, f func(n int64) error) {
	b.Helper()
	var n atomic.Int64
	require.NoError(b, f(n.Add(1))) // connections and statements
	b.SetParallelism(goroutines)
	own, theirs := ownCPU(b), postgresCPU(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(n.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64((ownCPU(b)-own).Microseconds())/float64(b.N), "app-µs/op")
	b.ReportMetric(float64((postgresCPU(b)-theirs).Microseconds())/float64(b.N), "pg-µs/op")
}

func ownCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// postgresCPU is the time of our server's processes, living and dead, in clock ticks of 10 ms; 0 when it runs elsewhere.
func postgresCPU(b *testing.B) time.Duration {
	if postgresURL == "" {
		return 0
	}
	db, err := sql.Open("pgx", postgresURL)
	require.NoError(b, err)
	defer db.Close()
	var backend int
	require.NoError(b, db.QueryRow("SELECT pg_backend_pid()").Scan(&backend))
	server := procStat(backend, 1)[0]
	var ticks int64
	for _, t := range procStat(int(server), 11, 12, 13, 14) { // utime, stime and those of children that ended
		ticks += t
	}
	procs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is sound
	for _, p := range procs {
		pid, _ := strconv.Atoi(filepath.Base(p)) // digits
		if f := procStat(pid, 1, 11, 12); f[0] == server {
			ticks += f[1] + f[2]
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// procStat gives fields of proc(5), counted behind the command's name; zeros for a process that is gone.
func procStat(pid int, fields ...int) []int64 {
	out := make([]int64, len(fields))
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := strings.Cut(string(data), ") ")
	for i, n := range fields {
		if f := strings.Fields(rest); ok && n < len(f) {
			out[i], _ = strconv.ParseInt(f[n], 10, 64)
		}
	}
	return out
}

func BenchmarkKeep(b *testing.B) {
	raw := []byte(strings.Repeat("x", 1024))
	eachBench(b, func(b *testing.B, db *store.DB) {
		load(b, 32, func(n int64) error {
			id := strconv.FormatInt(n, 10)
			return db.Keep(context.Background(), []bot.Event{{Platform: tickets.Feishu, Key: "event-" + id, MessageKey: "om_" + id, Lane: "feishu:" + id[len(id)-1:], Raw: raw}})
		})
	})
}

func BenchmarkKeepAlone(b *testing.B) {
	raw := []byte(strings.Repeat("x", 1024))
	eachBench(b, func(b *testing.B, db *store.DB) {
		n := 0
		for b.Loop() {
			n++
			require.NoError(b, db.Keep(context.Background(), []bot.Event{{Platform: tickets.Feishu, Key: fmt.Sprint("event-", n), Lane: "feishu:1", Raw: raw}}))
		}
	})
}

// BenchmarkTicket is what a customer's first words cause.
func BenchmarkTicket(b *testing.B) {
	const words = "生产线的ERP打不开了，所有人都在等，请尽快处理。报错代码 0x80070005，昨天还好好的，今天早上重启以后就这样。"
	eachBench(b, func(b *testing.B, db *store.DB) {
		load(b, 4, func(n int64) error {
			id := strconv.FormatInt(n, 10)
			now := time.Now()
			return db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
				c, err := tx.LockConversation(ctx, "wk1", tickets.RemoteID("wm"+strconv.FormatInt(n%1000, 10)))
				if err != nil {
					return err
				}
				t := &tickets.Ticket{Number: "HLDL-" + id, ConversationID: c.ID, Status: tickets.StatusNew, Type: tickets.TypeError, Title: words, LastWords: words, OpenedAt: now}
				if err := tx.SaveTicket(ctx, t); err != nil {
					return err
				}
				e := &tickets.Entry{TicketID: t.ID, At: now, Kind: tickets.EntryWords, By: tickets.ByContact, AuthorName: "李工", Text: words, RemoteID: tickets.RemoteID("m" + id)}
				if err := tx.AddEntry(ctx, e); err != nil {
					return err
				}
				for _, d := range []tickets.Delivery{
					{Lane: tickets.CardLane(t.ID), Key: "card:" + id, Use: tickets.UseTicketCard, TicketID: t.ID},
					{Lane: c.Lane(), Key: "number:" + id, Use: tickets.UseNotice, ConversationID: c.ID, Body: tickets.Body{Text: words}},
				} {
					d.CreatedAt, d.QueuedAt, d.NextAt = now, now, now
					if err := tx.Enqueue(ctx, &d); err != nil {
						return err
					}
				}
				return tx.SetTimer(ctx, tickets.Timer{Kind: "response", Subject: int64(t.ID), DueAt: now.Add(time.Hour)})
			})
		})
	})
}

// BenchmarkLane is one turn of a lane without work: what every nudge costs.
func BenchmarkLane(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		load(b, 4, func(n int64) error {
			ctx, lane, now := context.Background(), strconv.FormatInt(n%1000, 10), time.Now()
			fence, ok, err := db.Claim(ctx, "inbox", lane, now, time.Second)
			if err != nil || !ok {
				return err
			}
			if _, _, _, err := db.NextEvent(ctx, lane, now); err != nil {
				return err
			}
			return db.Release(ctx, "inbox", lane, fence)
		})
	})
}
