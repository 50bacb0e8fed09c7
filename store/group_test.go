package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

func TestTheFirstGoesAtOnceAndTheOthersTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits [][]int
		g := &group[int]{commit: func(_ context.Context, items []int) error {
			commits = append(commits, items)
			time.Sleep(time.Millisecond) // the disk, in synthetic time
			return nil
		}}
		for n := range 300 {
			go func() { _ = g.do(t.Context(), []int{n}) }()
			synctest.Wait()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		var sizes, items []int
		for _, c := range commits {
			sizes, items = append(sizes, len(c)), append(items, c...)
		}
		require.Equal(t, []int{1, 128, 128, 43}, sizes)
		for i, n := range items {
			require.Equal(t, i, n, "in the order they came")
		}
	})
}

func TestWhoGivesUpWaitingLeavesTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits [][]string
		g := &group[string]{commit: func(ctx context.Context, items []string) error {
			require.NoError(t, ctx.Err(), "one caller's end is not the others'")
			commits = append(commits, items)
			time.Sleep(time.Minute / 2)
			return nil
		}}
		results := make(chan error, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for i, ctx := range []context.Context{ctx, ctx, t.Context()} {
			go func() { results <- g.do(ctx, []string{fmt.Sprint(i)}) }()
			synctest.Wait()
		}
		require.ErrorIs(t, <-results, context.DeadlineExceeded)
		require.ErrorIs(t, <-results, context.DeadlineExceeded)
		require.NoError(t, <-results)
		require.Equal(t, [][]string{{"0"}, {"2"}}, commits, "the first was under way, the second never went")
	})
}

func TestABadRowFailsItsCallerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tooLong := &pgconn.PgError{Code: "54000"}
		lost := errors.New("connection lost")
		for _, c := range []struct {
			err     error
			commits int
			results []error
		}{
			{tooLong, 1 + 1 + 3, []error{nil, tooLong, nil}},
			{lost, 1 + 1, []error{lost, lost, lost}}, // nobody asks a database that is away three times more
		} {
			commits := 0
			g := &group[string]{commit: func(_ context.Context, items []string) error {
				commits++
				time.Sleep(time.Millisecond)
				for _, item := range items {
					if item == "bad" {
						return c.err
					}
				}
				return nil
			}}
			results := make([]error, 3)
			go func() { _ = g.do(t.Context(), []string{"first"}) }()
			synctest.Wait()
			for i, item := range []string{"a", "bad", "b"} {
				go func() { results[i] = g.do(t.Context(), []string{item}) }()
				synctest.Wait()
			}
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, c.results, results)
			require.Equal(t, c.commits, commits)
		}
	})
}

func TestARefusedCommitIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		g := &group[int]{commit: func(context.Context, []int) error {
			if tries++; tries < 3 {
				return fmt.Errorf("keep: %w", &pgconn.PgError{Code: pgDeadlock})
			}
			return nil
		}}
		require.NoError(t, g.do(t.Context(), []int{1}))
		require.Equal(t, 3, tries)
	})
}
