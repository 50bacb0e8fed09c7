package scheduler_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"servicedesk/bot"
	"servicedesk/migrations"
	"servicedesk/scheduler"
	"servicedesk/store"
	"servicedesk/tickets"
)

// connect gives one process its own connection to the test's database.
type connect func(bell *scheduler.Bell) scheduler.Queues

// everywhere runs a test on memory, SQLite and PostgreSQL, each on a clock of its own.
func everywhere(t *testing.T, test func(t *testing.T, c connect)) {
	t.Run("memory", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			m := newMemory(nil)
			test(t, func(bell *scheduler.Bell) scheduler.Queues { return &process{memory: m, bell: bell} })
		})
	})
	t.Run("sqlite", func(t *testing.T) {
		address := "sqlite:" + filepath.Join(t.TempDir(), "desk.db")
		bubble(t, func(t *testing.T) { test(t, onStore(t, address)) })
	})
	t.Run("postgres", func(t *testing.T) {
		address := postgres(t)
		bubble(t, func(t *testing.T) { test(t, onStore(t, address)) })
	})
}

// process is one process's view of a memory that many share: it rings its own bell.
type process struct {
	*memory
	bell *scheduler.Bell
}

func (p *process) InTx(ctx context.Context, f func(context.Context, tickets.Tx) error) error {
	return p.memory.tx(ctx, "tx", p.bell, f)
}

func (p *process) InEvent(ctx context.Context, id int64, f func(context.Context, tickets.Tx) error) error {
	return p.memory.inEvent(ctx, id, p.bell, f)
}

func (p *process) InLastEvent(ctx context.Context, id int64, lane string, fence int64, f func(context.Context, tickets.Tx) error) (bool, error) {
	return p.memory.inLastEvent(ctx, id, lane, fence, p.bell, f)
}

func onStore(t testing.TB, address string) connect {
	t.Helper()
	migrated := false
	return func(bell *scheduler.Bell) scheduler.Queues {
		db, err := store.Open(context.Background(), address, store.Options{Waker: bell})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if !migrated {
			if _, err := migrations.Up(context.Background(), db.Bun()); err != nil {
				t.Fatal(err)
			}
			migrated = true
		}
		return db
	}
}

// postgres makes an empty database that is thrown away with the test.
func postgres(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("SERVICEDESK_TEST_POSTGRES")
	if admin == "" {
		if os.Getenv("SERVICEDESK_TEST_STRICT") == "1" {
			t.Fatal("SERVICEDESK_TEST_POSTGRES is not set")
		}
		t.Skip("SERVICEDESK_TEST_POSTGRES is not set: no PostgreSQL to test with")
	}
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	do := func(statement string) {
		db, err := sql.Open("pgx", admin)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	name := fmt.Sprintf("scheduler_test_%d_%d", os.Getpid(), rand.Uint32())
	do("CREATE DATABASE " + name)
	t.Cleanup(func() { do("DROP DATABASE " + name + " WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

// rigOn is a rig on a connection of its own.
func rigOn(t *testing.T, c connect, change func(r *rig, o *scheduler.Options)) *rig {
	bell := scheduler.NewBell()
	r := &rig{t: t, bell: bell, queues: c(bell), desk: newDesk(time.Now), feishu: newPlatform(tickets.Feishu), wecom: newPuller()}
	r.make(change)
	return r
}

// next is another process beside or after this one.
func (r *rig) next(c connect) *rig {
	bell := scheduler.NewBell()
	other := &rig{t: r.t, bell: bell, queues: &mortal{Queues: c(bell)}, desk: r.desk, feishu: r.feishu, wecom: r.wecom}
	other.make(nil)
	return other
}

// mortal is a database connection that dies with its process: from then on nothing is written any more, leases included.
type mortal struct {
	scheduler.Queues
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) alive() error {
	if m.dead.Load() {
		return errDead
	}
	return nil
}

func (m *mortal) InTx(ctx context.Context, f func(context.Context, tickets.Tx) error) error {
	return m.Queues.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
		return errors.Join(f(ctx, tx), m.alive()) // dead before the commit
	})
}

func (m *mortal) InEvent(ctx context.Context, id int64, f func(context.Context, tickets.Tx) error) error {
	return m.Queues.InEvent(ctx, id, func(ctx context.Context, tx tickets.Tx) error { return errors.Join(f(ctx, tx), m.alive()) })
}

func (m *mortal) InLastEvent(ctx context.Context, id int64, lane string, fence int64, f func(context.Context, tickets.Tx) error) (bool, error) {
	return m.Queues.InLastEvent(ctx, id, lane, fence, func(ctx context.Context, tx tickets.Tx) error { return errors.Join(f(ctx, tx), m.alive()) })
}

func (m *mortal) Claim(ctx context.Context, box scheduler.Box, lane string, at time.Time, d time.Duration) (int64, bool, error) {
	if err := m.alive(); err != nil {
		return 0, false, err
	}
	return m.Queues.Claim(ctx, box, lane, at, d)
}

func (m *mortal) Renew(ctx context.Context, box scheduler.Box, lane string, fence int64, at time.Time, d time.Duration) (bool, error) {
	if err := m.alive(); err != nil {
		return false, err
	}
	return m.Queues.Renew(ctx, box, lane, fence, at, d)
}

func (m *mortal) Release(ctx context.Context, box scheduler.Box, lane string, fence int64) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Queues.Release(ctx, box, lane, fence)
}

func (m *mortal) DeferEvent(ctx context.Context, id int64, at time.Time, reason string, dead bool) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Queues.DeferEvent(ctx, id, at, reason, dead)
}

func (m *mortal) SavePage(ctx context.Context, account tickets.RemoteID, from string, page bot.Page, done int64) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Queues.SavePage(ctx, account, from, page, done)
}

// Processes are killed at random moments, callbacks are doubled, answers of the platform are lost: in the end everything stands exactly once
// on the other side, in order, and recovery from a kill takes seconds.
func TestKilledProcesses(t *testing.T) {
	everywhere(t, func(t *testing.T, c connect) {
		r := rigOn(t, c, nil) // its scheduler is not started: it plays the platforms' side
		dice := rand.New(rand.NewPCG(3, 4))
		r.feishu.before = func(tickets.Outgoing, int) (time.Duration, error, bool) {
			r.desk.mu.Lock()
			defer r.desk.mu.Unlock()
			takes := time.Duration(dice.IntN(60)) * time.Millisecond
			if dice.IntN(20) == 0 {
				return takes, transient(), true
			}
			return takes, nil, true
		}
		r.wecom.feed["kf1"] = nil
		want := map[tickets.Lane][]string{}
		n := 0
		var dead []*rig
		for range 12 {
			p := r.next(c)
			p.start()
			for range 20 {
				n++
				lane := tickets.TopicLane(tickets.TicketID(n % 7))
				id := fmt.Sprintf("m%04d", n)
				e := event(tickets.Feishu, fmt.Sprint("in:", n%7), id, string(lane), "words")
				r.keep(e)
				r.keep(e)
				want[lane] = append(want[lane], "in:"+id)
				r.wecom.add("kf1", fmt.Sprintf("w%04d", n))
				r.want("kf1", "secret")
				want["topic:1"] = append(want["topic:1"], fmt.Sprintf("in:w%04d", n))
				time.Sleep(time.Duration(r.desk.roll(dice, 150)) * time.Millisecond)
			}
			p.queues.(*mortal).dead.Store(true)
			p.cancel()
			dead = append(dead, p)
		}
		last := r.next(c)
		last.start()
		if took := last.idle(2 * time.Minute); took > 30*time.Second {
			t.Errorf("recovered after %v", took)
		}
		for lane, keys := range want {
			got := r.feishu.got(lane)
			if lane == "topic:1" { // two sources meet here: each in its own order
				byKey := func(k string) string { return k[:4] }
				for _, prefix := range []string{"in:m", "in:w"} {
					filter := func(k string) bool { return byKey(k) != prefix }
					a, b := slices.DeleteFunc(slices.Clone(got), filter), slices.DeleteFunc(slices.Clone(keys), filter)
					if !slices.Equal(a, b) {
						t.Errorf("%s, %s: got %v, want %v", lane, prefix, a, b)
					}
				}
				continue
			}
			if !slices.Equal(got, keys) {
				t.Errorf("%s: got %v, want %v", lane, got, keys)
			}
		}
		last.stop()
		for _, p := range dead {
			if err := <-p.ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// roll throws the dice that the platform throws, too.
func (d *fakeDesk) roll(dice *rand.Rand, n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return dice.IntN(n)
}

// Two processes share a database: each event, row, timer and poll is one process's, whatever both hear.
func TestTwoProcesses(t *testing.T) {
	everywhere(t, func(t *testing.T, c connect) {
		a := rigOn(t, c, nil)
		a.wecom.feed["kf1"] = nil
		b := a.next(c)
		a.start()
		b.start()
		now := time.Now()
		for i := range 100 {
			lane, topic := fmt.Sprint("in:", i%10), fmt.Sprint("topic:", i%10)
			a.keep(event(tickets.Feishu, lane, fmt.Sprintf("m%03d", i), topic, "words"))
			b.keep(event(tickets.Feishu, lane, fmt.Sprintf("m%03d", i), topic, "words"))
			a.bell.WakeInbox(lane)
			b.bell.WakeInbox(lane)
			a.bell.WakeLane(tickets.Lane(topic))
			b.bell.WakeLane(tickets.Lane(topic))
			a.arm(timer(int64(1000+i), now.Add(time.Duration(i)*20*time.Millisecond)))
			a.wecom.add("kf1", fmt.Sprint("w", i))
			b.want("kf1", "secret")
		}
		time.Sleep(3 * time.Second)
		a.idle(time.Minute)
		arrived, calls := a.feishu.count()
		if arrived != 300 || calls != 300 {
			t.Errorf("%d arrived in %d calls, want 300 in 300", arrived, calls)
		}
		for i := range 10 {
			got := slices.DeleteFunc(a.feishu.got(tickets.TopicLane(tickets.TicketID(i))), func(k string) bool { return k[:4] != "in:m" })
			if !slices.IsSorted(got) || len(got) != 10 {
				t.Errorf("topic %d: %v", i, got)
			}
		}
		if sa, sb := a.s.Stats(), b.s.Stats(); sa.TimersFired+sb.TimersFired != 100 {
			t.Errorf("%d and %d timers fired", sa.TimersFired, sb.TimersFired)
		}
		a.stop()
		b.stop()
	})
}
