package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

func TestCalendarsAreAskedNowAndThen(t *testing.T) {
	clock, machine := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	asked, noted := 0, 0
	var fault error
	b := &busyLook{now: func() time.Time { return clock }, machine: func() time.Time { return machine }, log: slog.New(slog.DiscardHandler),
		ask: func(_ context.Context, _ tickets.RemoteID, from, until time.Time) ([]tickets.Stretch, error) {
			asked++
			require.Equal(t, busyAhead, until.Sub(from))
			return nil, fault
		},
		note: func(context.Context, int64, time.Time, time.Time, []tickets.Stretch) error { noted++; return nil }}
	look := func(want int) {
		t.Helper()
		b.look(t.Context(), 1, "ou_1")
		require.Equal(t, want, asked)
	}
	look(1)
	look(1)
	machine = machine.Add(busyFor)
	look(2)
	clock = clock.Add(busyFor) // a virtual clock moved on, the machine's did not
	look(3)
	b.look(t.Context(), 2, "ou_2")
	require.Equal(t, 4, asked)

	machine, fault = machine.Add(busyFor), errors.New("down")
	look(5)
	machine = machine.Add(busyFor)
	look(5)
	machine = machine.Add(busyPause)
	look(6)
	require.Equal(t, 4, noted)
	none := &busyLook{now: func() time.Time { return clock }}
	none.look(t.Context(), 1, "ou_1") // without Feishu nobody is asked
}
