package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// benchmark is one line of the table in docs: an id, a name, and what measures it. One run may print several figures.
type benchmark struct {
	id, name string
	run      func(context.Context, *bench) error
}

var benchmarks = []benchmark{
	{"1", "ack", benchAck},
	{"2", "burst", benchBurst},
	{"3", "cpu", benchCallbackCPU},
	{"4", "ticket", benchTicket},
	{"5", "relay", benchRelay},
	{"6", "limiter", benchLimiter},
	{"7", "calls", benchCalls},
	{"8", "timers", benchTimers},
	{"9", "sweep", benchSweep},
	{"12", "start", benchStart},
	{"14", "worktime", benchWorktime},
}

// bench is one call of the command: where it measures, how long, and what it found. Runs that several benchmarks read are kept.
type bench struct {
	postgres string // URL of a maintenance database; empty = embedded only
	redis    string
	queue    *redis.Client // the database of it that is used
	dir      string        // scratch, on a disk
	rounds   int
	quick    bool
	patience time.Duration // that is left for waiting until the machine is idle

	out, progress io.Writer
	current       benchmark
	figures       []figure
	cleanups      []func()

	acks    []*ackRun
	relays  *relayRun
	limited *limiterRun
	bigs    map[string]*bigDB
}

func runBench(ctx context.Context, in *invocation) (err error) {
	b := &bench{out: in.stdout, progress: in.stderr, bigs: map[string]*bigDB{}}
	fs := in.flags("bench")
	fs.StringVar(&b.postgres, "postgres", in.variable("SERVICEDESK_TEST_POSTGRES"),
		"postgres://… with the right to create databases; empty = embedded only")
	fs.StringVar(&b.redis, "redis", in.variable("SERVICEDESK_TEST_REDIS"), "redis://… whose databases may be used; empty = embedded")
	fs.IntVar(&b.rounds, "rounds", 3, "how often limit and desk are measured in turn; medians are printed")
	fs.BoolVar(&b.quick, "quick", false, "shorter runs and a tenth of the rows: to see that it works, not for figures to quote")
	file := fs.String("json", "", "also write the figures to this file")
	fs.Usage = func() {
		fmt.Fprintln(in.stderr, "usage: servicedesk bench [flags] [name…]\n\nBenchmarks (by number or name):")
		for _, m := range benchmarks {
			fmt.Fprintf(in.stderr, "  %-3s %s\n", m.id, m.name)
		}
		fs.PrintDefaults()
	}
	if err := in.parse(fs); err != nil {
		return err
	}
	chosen, err := choose(fs.Args())
	if err != nil {
		return err
	}
	b.patience = b.span(time.Minute, 10*time.Second)
	if b.rounds < 1 {
		return usagef("--rounds must be at least 1")
	}
	if b.dir, err = scratch(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	defer b.cleanUp()
	err = b.runAll(ctx, chosen)
	b.summary()
	if *file != "" {
		err = errors.Join(err, b.writeJSON(*file))
	}
	return err
}

// variable is the value of an environment variable.
func (in *invocation) variable(name string) string {
	for _, pair := range in.env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// scratch is a fresh folder on a disk: a /tmp in memory would make every fsync free.
func scratch() (string, error) {
	if dir, err := os.MkdirTemp("/var/tmp", "servicedesk-bench-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "servicedesk-bench-")
}

func choose(names []string) ([]benchmark, error) {
	if len(names) == 0 {
		return benchmarks, nil
	}
	var chosen []benchmark
	for _, name := range names {
		i := slices.IndexFunc(benchmarks, func(m benchmark) bool { return m.id == name || m.name == name })
		if i < 0 {
			return nil, usagef("there is no benchmark %q; `servicedesk bench --help` lists them", name)
		}
		chosen = append(chosen, benchmarks[i])
	}
	return chosen, nil
}

// runAll measures one benchmark after the other; one that cannot be measured is told and does not keep the others from it.
func (b *bench) runAll(ctx context.Context, chosen []benchmark) error {
	if b.postgres == "" || b.redis == "" {
		b.say("no PostgreSQL and Redis given: everything is measured embedded")
	}
	var failed error
	for _, m := range chosen {
		b.current = m
		start := time.Now()
		b.say("measuring")
		if err := m.run(ctx, b); err != nil {
			failed = errors.Join(failed, fmt.Errorf("benchmark %s (%s): %w", m.id, m.name, err))
			b.say("failed: " + oneLine(err))
		}
		if ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
		b.say("done in " + time.Since(start).Round(time.Second).String())
	}
	return failed
}

// say tells on the progress stream what goes on.
func (b *bench) say(text string) {
	fmt.Fprintf(b.progress, "bench %s %s: %s\n", b.current.id, b.current.name, text)
}

// span is how long something is measured.
func (b *bench) span(usual, quick time.Duration) time.Duration {
	if b.quick {
		return quick
	}
	return usual
}

// scale is a number of rows, a tenth of it when it should be quick.
func (b *bench) scale(rows int) int {
	if b.quick {
		return rows / 10
	}
	return rows
}

// later keeps what must be undone at the end; the last one first.
func (b *bench) later(f func()) { b.cleanups = append(b.cleanups, f) }

func (b *bench) cleanUp() {
	for _, f := range slices.Backward(b.cleanups) {
		f()
	}
}
