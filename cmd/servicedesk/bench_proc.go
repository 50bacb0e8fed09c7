package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// clockTick is the unit of processor time in /proc; Linux shows it as 10 ms to every program.
const clockTick = 10 * time.Millisecond

// usage is processor time since the parts began.
type usage struct{ app, database, queue time.Duration }

func (u usage) minus(v usage) usage {
	return usage{u.app - v.app, u.database - v.database, u.queue - v.queue}
}

func (u usage) all() time.Duration { return u.app + u.database + u.queue }

// meter reads the processor time of a desk with its database and queue; 0 stands for parts that are not there or not on this machine.
type meter struct{ app, postmaster, redis int }

// newMeter finds the servers behind the URLs of a place.
func newMeter(ctx context.Context, p *place, app int) meter {
	m := meter{app: app}
	if !p.lite() {
		m.postmaster = postmasterOf(ctx, p.database)
	}
	if p.queue != "embedded" {
		m.redis = redisPID(ctx, p.queue)
	}
	return m
}

func postmasterOf(ctx context.Context, url string) int {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0
	}
	defer conn.Close(ctx)
	var backend int
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return 0
	}
	s, err := readStat(backend)
	if err != nil || !strings.HasPrefix(s.name, "postgres") {
		return 0
	}
	return s.parent
}

func redisPID(ctx context.Context, url string) int {
	options, err := redis.ParseURL(url)
	if err != nil {
		return 0
	}
	client := redis.NewClient(options)
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return 0
	}
	for line := range strings.Lines(info) {
		if id, ok := strings.CutPrefix(line, "process_id:"); ok {
			pid, _ := strconv.Atoi(strings.TrimSpace(id)) // 0 when there is none
			if s, err := readStat(pid); err == nil && strings.HasPrefix(s.name, "redis") {
				return pid
			}
		}
	}
	return 0
}

// read sums up; a process that ended counts as nothing.
func (m meter) read() usage {
	var u usage
	if s, err := readStat(m.app); err == nil && m.app != 0 {
		u.app = s.own
	}
	if s, err := readStat(m.redis); err == nil && m.redis != 0 {
		u.queue = s.own
	}
	if m.postmaster == 0 {
		return u
	}
	if s, err := readStat(m.postmaster); err == nil {
		u.database = s.own + s.ended
	}
	for _, s := range children(m.postmaster) {
		u.database += s.own
	}
	return u
}

// stat is what /proc tells of a process; ended is the time of its children that are no more.
type stat struct {
	name       string
	parent     int
	own, ended time.Duration
}

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	text := string(data)
	open, shut := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')') // the name may hold anything
	if open < 0 || shut < open {
		return stat{}, fmt.Errorf("/proc/%d/stat is not understood", pid)
	}
	fields := strings.Fields(text[shut+1:]) // from the third field of proc(5) on
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat is too short", pid)
	}
	value := func(n int) time.Duration {
		v, _ := strconv.ParseInt(fields[n-3], 10, 64)
		return time.Duration(v)
	}
	return stat{name: text[open+1 : shut], parent: int(value(4)), own: (value(14) + value(15)) * clockTick,
		ended: (value(16) + value(17)) * clockTick}, nil
}

func children(parent int) (found []stat) {
	paths, _ := filepath.Glob("/proc/[0-9]*") // the pattern is fine
	for _, path := range paths {
		pid, _ := strconv.Atoi(filepath.Base(path))
		if s, err := readStat(pid); err == nil && s.parent == parent {
			found = append(found, s)
		}
	}
	return found
}

// memory is what a process holds, in MB: now, at most so far, and now without the pages of the program's own file.
type memory struct{ now, most, own float64 }

func resident(pid int) (m memory) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(data)) {
		name, rest, _ := strings.Cut(line, ":")
		value := strings.Fields(rest)
		if len(value) == 0 {
			continue
		}
		kb, _ := strconv.ParseFloat(value[0], 64)
		switch name {
		case "VmRSS":
			m.now = kb / 1024
		case "VmHWM":
			m.most = kb / 1024
		case "RssAnon":
			m.own = kb / 1024
		}
	}
	return m
}

// settle waits until the machine is three quarters idle: somebody else's work would count against us or the limit. All waits of a run together
// end when its patience does.
func (b *bench) settle(ctx context.Context) {
	const look = 300 * time.Millisecond
	idle, total := idleTicks()
	for b.patience > 0 {
		sleep(ctx, look)
		i, t := idleTicks()
		if ctx.Err() != nil || t == total || float64(i-idle) >= 0.75*float64(t-total) {
			return
		}
		idle, total = i, t
		if b.patience -= look; b.patience <= 0 {
			b.say("the machine is busy with other things: figures will be worse than they should")
		}
	}
}

// idleTicks are the ticks of all processors that were idle, and all.
func idleTicks() (idle, total int64) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	for i, field := range strings.Fields(line) {
		v, _ := strconv.ParseInt(field, 10, 64) // the first field is the name
		if total += v; i == 4 || i == 5 {       // idle, iowait
			idle += v
		}
	}
	return idle, total
}
