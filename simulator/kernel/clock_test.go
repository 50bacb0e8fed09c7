package kernel

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))

func TestVirtualClockStandsStillUntilWalked(t *testing.T) {
	c := NewClock(true, start)
	require.True(t, c.Now().Equal(start))
	require.NoError(t, c.Advance(t.Context(), 4*time.Hour, nil))
	require.True(t, c.Now().Equal(start.Add(4*time.Hour)))
}

func TestWalkRunsWhatFallsDueAtItsMomentInOrder(t *testing.T) {
	c := NewClock(true, start)
	var seen []string
	note := func(name string) func() {
		return func() { seen = append(seen, name+" "+c.Now().Sub(start).String()) }
	}
	c.At(start.Add(2*time.Hour), note("late"))
	c.At(start.Add(time.Hour), func() {
		note("first")()
		c.At(start.Add(90*time.Minute), note("re-armed"))
		c.At(c.Now(), note("same moment"))
	})
	cancel := c.At(start.Add(time.Hour), note("cancelled"))
	c.At(start.Add(5*time.Hour), note("beyond"))
	cancel()
	require.NoError(t, c.Walk(t.Context(), start.Add(3*time.Hour), nil))
	require.Equal(t, []string{"first 1h0m0s", "same moment 1h0m0s", "re-armed 1h30m0s", "late 2h0m0s"}, seen)
	next, ok := c.NextDue()
	require.True(t, ok)
	require.Equal(t, 5*time.Hour, next.Sub(start))
}

func TestWalkRefusals(t *testing.T) {
	require.ErrorIs(t, NewClock(false, start).Walk(t.Context(), time.Now().Add(time.Hour), nil), ErrNotVirtual)
	require.ErrorIs(t, NewClock(true, start).Walk(t.Context(), start.Add(-time.Second), nil), ErrBackwards)
	require.NoError(t, NewClock(true, start).Walk(t.Context(), start, nil), "standing still is no way back")
}

func TestAtInThePastRunsAtOnce(t *testing.T) {
	for _, virtual := range []bool{true, false} {
		ran := make(chan struct{})
		NewClock(virtual, start).At(time.Now().AddDate(-10, 0, 0), func() { close(ran) })
		<-ran
	}
}

// fakeDesk has timers of its own and remembers every time it was set to.
type fakeDesk struct {
	timers  []time.Duration
	now     time.Time
	set     []time.Duration
	stuck   bool
	settled func()
}

func (d *fakeDesk) NextDue(context.Context) (time.Time, bool, error) {
	if len(d.timers) == 0 {
		return time.Time{}, false, nil
	}
	return start.Add(d.timers[0]), true, nil
}

func (d *fakeDesk) Set(_ context.Context, t time.Time) error {
	d.now = t
	d.set = append(d.set, t.Sub(start))
	return nil
}

func (d *fakeDesk) Settle(context.Context) error {
	for !d.stuck && len(d.timers) > 0 && !start.Add(d.timers[0]).After(d.now) {
		d.timers = d.timers[1:]
	}
	if d.settled != nil {
		d.settled()
	}
	return nil
}

func TestWalkStopsAtTheDuesOfBothSides(t *testing.T) {
	c := NewClock(true, start)
	desk := &fakeDesk{now: start, timers: []time.Duration{10 * time.Minute, 40 * time.Minute, 3 * time.Hour}}
	c.At(start.Add(20*time.Minute), func() {})
	// What the desk's settling causes here at the same moment still happens at that moment.
	var caused time.Time
	desk.settled = func() {
		if desk.now.Equal(start.Add(40*time.Minute)) && caused.IsZero() {
			c.At(desk.now, func() { caused = c.Now() })
		}
	}
	require.NoError(t, c.Walk(t.Context(), start.Add(time.Hour), desk))
	require.Equal(t, []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour}, desk.set)
	require.Equal(t, 40*time.Minute, caused.Sub(start))
}

func TestWalkGivesUpOnADeskThatDoesNotDoWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the machine's time is the bubble's here
		c := NewClock(true, start)
		desk := &fakeDesk{now: start, timers: []time.Duration{time.Minute}, stuck: true}
		err := c.Walk(t.Context(), start.Add(time.Hour), desk)
		require.ErrorIs(t, err, ErrStuck)
		require.Equal(t, time.Minute, c.Now().Sub(start), "it stands where it got stuck")
	})
}

func TestWalkWaitsForWhatIsUnderWay(t *testing.T) {
	c := NewClock(true, start)
	release := make(chan struct{})
	defer close(release)
	c.Go(func() { <-release })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, c.Advance(ctx, time.Hour, nil), context.DeadlineExceeded)
	require.True(t, c.Now().Equal(start), "it never left the moment at which something was under way")
}
