package tickets

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIllegalMovesAreRefusedAndChangeNothing(t *testing.T) {
	for _, tc := range []struct{ from, to Status }{
		{StatusNew, StatusConfirmed}, {StatusSolved, StatusInProgress}, {StatusClosed, StatusInProgress}, {StatusConfirmed, StatusSolved},
		{StatusCancelled, StatusClosed}, {StatusWaiting, StatusClosed}, {StatusNew, StatusReopened},
	} {
		ticket := Ticket{Number: "HLDL-0001", Status: tc.from}
		err := ticket.Move(tc.to, noon)
		var refusal *Error
		require.True(t, errors.As(err, &refusal), "%s → %s", tc.from, tc.to)
		require.Equal(t, CodeConflict, refusal.Code)
		require.Equal(t, Ticket{Number: "HLDL-0001", Status: tc.from}, ticket)
	}
}

func TestReopeningForgetsTheEndAndCounts(t *testing.T) {
	ticket := Ticket{Status: StatusInProgress}
	require.NoError(t, ticket.Move(StatusSolved, noon))
	require.Equal(t, noon, ticket.SolvedAt)
	require.NoError(t, ticket.Move(StatusConfirmed, noon))
	require.NoError(t, ticket.Move(StatusReopened, noon))
	require.True(t, ticket.Status.Open())
	require.Equal(t, 1, ticket.Reopened)
	require.True(t, ticket.SolvedAt.IsZero() && ticket.ConfirmedAt.IsZero())
}

func TestBackoffHealsFourFailuresWithinAMinuteAndStaysBounded(t *testing.T) {
	var sum, longest time.Duration
	for n := 1; n <= 4; n++ {
		sum += Backoff(n)
	}
	require.Less(t, sum.Seconds(), 60.0)
	for n := range 100 {
		longest = max(longest, Backoff(n))
	}
	require.LessOrEqual(t, longest, maxBackoff+maxBackoff/5)
}
