package kernel

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// line is the receiving end of deliveries.
type line struct {
	mu   sync.Mutex
	got  []string
	deny int
	c    chan string
}

func newLine() *line { return &line{c: make(chan string, 100)} }

func (l *line) send(what string) func(bool) bool {
	return func(corrupt bool) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if corrupt {
			what += " damaged"
		}
		l.got = append(l.got, what)
		l.c <- what
		if l.deny > 0 {
			l.deny--
			return false
		}
		return true
	}
}

func disturbed(t *testing.T, x Disturbance) (*Disturb, *Clock) {
	t.Helper()
	c := NewClock(true, start)
	d := NewDisturb(c)
	require.NoError(t, d.Add(x))
	return d, c
}

func TestDuplicateDropCorrupt(t *testing.T) {
	l := newLine()
	d, _ := disturbed(t, Disturbance{Platform: WeCom, Mode: Duplicate, Times: 1})
	require.NoError(t, d.Add(Disturbance{Platform: WeCom, Mode: Drop, Times: 1}))
	require.NoError(t, d.Add(Disturbance{Platform: WeCom, Mode: Corrupt, Times: 1}))
	require.True(t, d.Deliver(Feishu, l.send("other platform")))
	require.True(t, d.Deliver(WeCom, l.send("a")))
	require.False(t, d.Deliver(WeCom, l.send("b")), "what is dropped counts as failed")
	d.Deliver(WeCom, l.send("c"))
	d.Deliver(WeCom, l.send("d"))
	require.Equal(t, []string{"other platform", "a", "a", "c damaged", "d"}, l.got)
	require.Empty(t, d.List())
}

func TestReorderHoldsUntilAfterTheNext(t *testing.T) {
	l := newLine()
	d, c := disturbed(t, Disturbance{Platform: WeCom, Mode: Reorder, Times: 1})
	d.Deliver(WeCom, l.send("a"))
	d.Deliver(WeCom, l.send("b"))
	require.NoError(t, c.Advance(t.Context(), 0, nil)) // waits for what is under way
	require.Equal(t, []string{"b", "a"}, l.got)
}

func TestReorderAloneGoesOutByItself(t *testing.T) {
	l := newLine()
	d, c := disturbed(t, Disturbance{Platform: WeCom, Mode: Reorder, Times: 1})
	l.deny = 1
	require.True(t, d.Deliver(WeCom, l.send("a")))
	require.Equal(t, "a", <-l.c)
	require.NoError(t, c.Advance(t.Context(), lateRetry, nil))
	require.Equal(t, []string{"a", "a"}, l.got, "refused late, so it was sent again")
}

func TestDelayGoesByTheClock(t *testing.T) {
	l := newLine()
	d, c := disturbed(t, Disturbance{Platform: WeCom, Mode: Delayed, Times: 1, Delay: Duration(10 * time.Minute)})
	outcome := []bool{}
	d.DeliverThen(WeCom, l.send("a"), func(accepted, late bool) { outcome = append(outcome, accepted, late) })
	require.NoError(t, c.Advance(t.Context(), 9*time.Minute, nil))
	require.Empty(t, l.got)
	require.NoError(t, c.Advance(t.Context(), time.Minute, nil))
	require.Equal(t, []string{"a"}, l.got)
	require.Equal(t, []bool{true, true}, outcome)
}

func TestClearedAndUnlimitedDisturbances(t *testing.T) {
	l := newLine()
	d, _ := disturbed(t, Disturbance{Platform: WeCom, Mode: Drop})
	for range 3 {
		require.False(t, d.Deliver(WeCom, l.send("a")))
	}
	d.Clear()
	require.True(t, d.Deliver(WeCom, l.send("b")))
}

func TestBadDisturbancesAreRefused(t *testing.T) {
	for _, x := range []Disturbance{
		{Platform: "x", Mode: Drop}, {Platform: WeCom, Mode: "x"}, {Platform: WeCom, Mode: Delayed}, {Platform: WeCom, Mode: Drop, Times: -1},
	} {
		require.Error(t, NewDisturb(NewClock(true, start)).Add(x), "%+v", x)
	}
}

func TestHubStreamsEvents(t *testing.T) {
	h := NewHub()
	srv := httptest.NewServer(h)
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	h.Publish(WeCom, "wm1")
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: {\"kind\":\"wecom\",\"id\":\"wm1\"}\n", line)
}

func TestHubDoesNotWaitForASlowListener(t *testing.T) {
	h := NewHub()
	events, cancel := h.Subscribe()
	for range hubBuffer + 10 {
		h.Publish("clock", "")
	}
	require.Len(t, events, hubBuffer)
	cancel()
	h.Publish("clock", "")
	require.Len(t, events, hubBuffer)
}
