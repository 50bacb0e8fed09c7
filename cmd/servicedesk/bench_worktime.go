package main

import (
	"context"
	"runtime"
	"time"

	"servicedesk/worktime"
)

// benchWorktime is benchmark 14: what one sum of working time costs, as every clock of a ticket needs some.
func benchWorktime(_ context.Context, b *bench) error {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	c := worktime.New(zone, worktime.Usual, worktime.Statutory, worktime.StatutoryKnown)
	from := time.Date(2026, 2, 13, 16, 20, 0, 0, zone)
	n := b.scale(2_000_000)
	var costs, allocations []float64
	for range b.rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for i := range n {
			at := from.Add(time.Duration(i%100_000) * time.Minute) // over months and days of all kinds
			c.Between(at, c.Add(at, 16*time.Hour))
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		costs = append(costs, micros(took)/float64(n)/2)
		allocations = append(allocations, float64(after.Mallocs-before.Mallocs)/float64(n)/2)
	}
	b.add(figure{Name: "one sum of working time", Ours: median(costs), Unit: "µs"}, atMost(2))
	b.add(figure{Name: "allocations of one sum", Ours: median(allocations), Unit: "each"}, atMost(0.01))
	return nil
}
