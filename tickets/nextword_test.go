package tickets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/worktime"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

func chineseDays() *worktime.Calendar {
	return worktime.New(DefaultConfig().Zone, worktime.Usual, worktime.Statutory, worktime.StatutoryKnown)
}

func TestTheNextWordIsPromisedWithinTwoWorkingHours(t *testing.T) {
	for now, want := range map[string]string{
		"2026-03-02T09:30:00+08:00": "2026-03-02T11:30:00+08:00",
		"2026-03-02T11:00:20+08:00": "2026-03-02T14:30:00+08:00",
		"2026-03-02T17:30:00+08:00": "2026-03-03T10:30:00+08:00",
		"2026-02-20T23:10:00+08:00": "2026-02-24T11:00:00+08:00",
		"2026-02-28T09:00:00+08:00": "2026-02-28T11:00:00+08:00", // a make-up day
	} {
		require.Equal(t, want, nextWordAfter(instant(t, now), &Ticket{Type: TypeError}, nil, chineseDays()).Format(time.RFC3339), now)
	}
}

func TestTheNextWordOfAnOutageComesWithinHalfAnHour(t *testing.T) {
	at := nextWordAfter(instant(t, "2026-02-20T23:45:00+08:00"), &Ticket{Type: TypeOutage}, nil, chineseDays())
	require.Equal(t, "2026-02-21T00:15:00+08:00", at.Format(time.RFC3339))
}

func TestTheNextWordComesNoLaterThanThePromisedResponse(t *testing.T) {
	now := instant(t, "2026-03-02T09:30:00+08:00")
	clocks := []Clock{{Kind: ClockResponse, Target: time.Hour, DueAt: now.Add(time.Hour)}}
	require.Equal(t, "10:30", nextWordAfter(now, &Ticket{Type: TypeError}, clocks, chineseDays()).Format("15:04"))
	clocks[0].MetAt = now
	require.Equal(t, "11:30", nextWordAfter(now, &Ticket{Type: TypeError}, clocks, chineseDays()).Format("15:04"))
}
