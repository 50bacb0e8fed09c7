package tickets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestTheNextWordIsPromisedWithinTwoHoursButNotForTheNight(t *testing.T) {
	for now, want := range map[string]string{
		"2026-03-02T09:30:00+08:00": "2026-03-02T11:30:00+08:00",
		"2026-03-02T18:59:30+08:00": "2026-03-02T20:59:00+08:00",
		"2026-03-02T19:00:00+08:00": "2026-03-03T09:00:00+08:00",
		"2026-03-31T23:10:00+08:00": "2026-04-01T09:00:00+08:00",
		"2026-03-03T05:00:00+08:00": "2026-03-03T09:00:00+08:00",
		"2026-03-03T06:00:00+08:00": "2026-03-03T08:00:00+08:00",
	} {
		at, err := time.Parse(time.RFC3339, now)
		require.NoError(t, err)
		d := &Desk{Config: DefaultConfig(), Now: func() time.Time { return at.UTC() }}
		require.Equal(t, want, d.nextWord(customers.Customer{}).Format(time.RFC3339), now)
	}
}
