package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestTheGateLetsThoseAheadInFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		require.NoError(t, g.enter(t.Context(), false))
		var mu sync.Mutex
		var order []string
		for _, who := range []string{"b1", "b2", "a1", "a2"} {
			go func() {
				if g.enter(context.Background(), who[0] == 'a') != nil {
					return
				}
				mu.Lock()
				order = append(order, who)
				mu.Unlock()
				g.leave()
			}()
			synctest.Wait() // one after the other
		}
		require.Empty(t, order, "somebody is in")
		g.leave()
		synctest.Wait()
		require.Equal(t, []string{"a1", "a2", "b1", "b2"}, order)
	})
}

func TestWhoGivesUpAtTheGateKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		require.NoError(t, g.enter(t.Context(), false))
		ctx, cancel := context.WithCancel(context.Background())
		errs := make(chan error, 2)
		for _, ahead := range []bool{true, false} {
			go func() { errs <- g.enter(ctx, ahead) }()
		}
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-errs, context.Canceled)
		require.ErrorIs(t, <-errs, context.Canceled)
		g.leave()
		require.NoError(t, g.enter(t.Context(), false))
	})
}

// Whoever gives up in the moment in which he is let in passes the turn on.
func TestTheGateIsNeverHeldByNobody(t *testing.T) {
	var g gate
	var all sync.WaitGroup
	inside := 0
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				ctx, cancel := context.WithCancel(context.Background())
				go cancel()
				if err := g.enter(ctx, i%2 == 0); errors.Is(err, context.Canceled) {
					continue
				}
				inside++ // the race detector and the sum below tell when two are in
				if inside != 1 {
					t.Error("two are in")
				}
				inside--
				g.leave()
			}
		})
	}
	all.Wait()
	require.NoError(t, g.enter(t.Context(), false))
	require.True(t, slices.Equal(g.ahead, g.behind)) // both empty
}
