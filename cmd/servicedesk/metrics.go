package main

import (
	"context"
	"time"

	"servicedesk/handlers"
)

// metrics gives the figures of a scrape: what is left to do, what was done, what failed. No customer text, no ids.
func (a *app) metrics() []handlers.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var out []handlers.Metric
	gauge := func(name, help string, value float64, labels map[string]string) {
		out = append(out, handlers.Metric{Name: "servicedesk_" + name, Help: help, Value: value, Labels: labels})
	}
	count := func(name, help string, value int64, labels map[string]string) {
		out = append(out, handlers.Metric{Name: "servicedesk_" + name, Help: help, Value: float64(value), Labels: labels, Counter: true})
	}
	if b, err := a.sched.Backlog(ctx); err == nil {
		for part, n := range map[string]int{"inbox": b.Inbox, "pulls": b.Pulls, "outbox": b.Outbox, "due_timers": b.DueTimers, "held": b.Held} {
			gauge("backlog", "Work left, by part; held messages wait for a closed window.", float64(n), map[string]string{"part": part})
		}
	}
	s := a.sched.Stats()
	for name, p := range s.Pools {
		gauge("queue_lag_seconds", "How long the first lane of a pool has waited for a worker.", p.Lag.Seconds(), map[string]string{"pool": name})
		count("repairs_total", "Lanes that the sweep found although nothing had rung for them.", p.Repairs, map[string]string{"pool": name})
	}
	for platform, n := range s.Sent {
		count("sent_total", "Messages that a platform took.", n, map[string]string{"platform": string(platform)})
	}
	for failure, n := range s.SendFailures {
		count(
			"send_failures_total",
			"Failed attempts to send, by class.",
			n,
			map[string]string{"platform": string(failure.Platform), "class": string(failure.Class)},
		)
	}
	count("events_total", "Inbound events handled.", s.EventsDone, nil)
	count("events_dead_total", "Inbound events given up.", s.EventsDead, nil)
	count("timers_fired_total", "Deadlines that fell due and were acted on.", s.TimersFired, nil)
	gauge("timer_lateness_seconds_sum", "Sum of the time between a deadline and its firing.", s.Lateness.Sum.Seconds(), nil)
	count("panics_total", "Panics caught while working.", s.Panics, nil)
	return out
}
