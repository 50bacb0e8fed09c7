package feishu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// batches is a sink that notes what is kept together; while slow is set, keeping takes that long.
type batches struct {
	kept [][]string
	slow time.Duration
	fail error
}

func (b *batches) Accept(ctx context.Context, events []bot.Event) error {
	var keys []string
	for _, e := range events {
		keys = append(keys, e.Key)
	}
	if b.slow > 0 {
		select {
		case <-time.After(b.slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if b.fail != nil {
		return b.fail
	}
	if len(keys) == 1 && keys[0] == "panic" {
		panic("broken")
	}
	b.kept = append(b.kept, keys)
	return nil
}

func (b *batches) Act(context.Context, tickets.Action) (tickets.Answer, error) {
	return tickets.Answer{}, nil
}

func madeAt(key string, ms int) []byte {
	return fmt.Appendf(nil, `{"schema":"2.0","header":{"event_id":%q,"event_type":"im.message.receive_v1","create_time":"%d"},"event":{}}`,
		key, 1700000000000+ms)
}

// gathering runs a gatherer for the length of a test.
func gathering(t *testing.T, b *batches) *gatherer {
	g := newGatherer(b, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return g
}

func TestEventsThatComeTogetherAreKeptInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &batches{}
		g := gathering(t, b)
		results := make(chan error, 4)
		for _, ms := range []int{3, 1, 2, 1} {
			go func() { results <- g.keep(t.Context(), madeAt(fmt.Sprint(ms), ms)) }()
			synctest.Wait() // they arrive in this order
		}
		for range 4 {
			require.NoError(t, <-results)
		}
		require.NoError(t, g.keep(t.Context(), madeAt("0", 0)), "an old one that comes later is not lost")
		require.Equal(t, [][]string{{"1", "1", "2", "3"}, {"0"}}, b.kept)
	})
}

func TestWhileABatchIsKeptTheNextGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &batches{slow: 100 * time.Millisecond}
		g := gathering(t, b)
		start := time.Now()
		results := make(chan error, 6)
		for i := range 6 {
			go func() { results <- g.keep(t.Context(), madeAt(fmt.Sprint(i), i)) }()
			time.Sleep(5 * time.Millisecond)
		}
		for range 6 {
			require.NoError(t, <-results)
		}
		require.Equal(t, [][]string{{"0"}, {"1", "2", "3", "4", "5"}}, b.kept)
		require.Less(t, time.Since(start), 300*time.Millisecond)
	})
}

func TestWhatIsNotKeptIsNotAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &batches{}
		g := gathering(t, b)
		require.ErrorIs(t, g.keep(t.Context(), madeAt("panic", 0)), errNotKept)
		b.fail = errors.New("database gone: secret words")
		require.Equal(t, errNotKept, g.keep(t.Context(), madeAt("1", 0)), "what the store says stays here")
		b.fail, b.slow = nil, time.Minute
		start := time.Now()
		require.ErrorIs(t, g.keep(t.Context(), madeAt("2", 0)), errNotKept)
		require.Less(t, time.Since(start), 3*time.Second, "Feishu waits no longer")
		require.ErrorIs(t, g.keep(t.Context(), []byte("no JSON")), errNotKept)
		require.NoError(t, g.keep(t.Context(), []byte(`{"header":{"event_type":"brand.new_v1"}}`)), "of no use")
		require.Empty(t, b.kept)
	})
}

// An event that is being kept when the connection breaks is kept: the repeat will be known.
func TestABrokenConnectionDoesNotUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &batches{slow: 100 * time.Millisecond}
		g := gathering(t, b)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, g.keep(ctx, madeAt("1", 0)), context.DeadlineExceeded)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, [][]string{{"1"}}, b.kept)
	})
}
