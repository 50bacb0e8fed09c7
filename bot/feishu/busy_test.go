package feishu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

func TestBusyTimes(t *testing.T) {
	w := newWorld(t)
	who := w.users["张伟"]
	now := time.Now().UTC().Truncate(time.Second)
	busy, err := w.Busy(t.Context(), who, now, now.Add(24*time.Hour))
	require.NoError(t, err)
	require.Empty(t, busy)

	path := "/control/feishu/users/" + string(who)
	w.control("POST", path+"/busy", map[string]time.Time{"from": now.Add(-time.Hour), "to": now.Add(time.Hour)}, nil)
	w.control("POST", path+"/busy", map[string]time.Time{"from": now.Add(30 * time.Hour), "to": now.Add(31 * time.Hour)}, nil)
	busy, err = w.Busy(t.Context(), who, now, now.Add(24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, []tickets.Stretch{{From: now, Until: now.Add(time.Hour)}}, busy)

	_, err = w.Busy(t.Context(), who, now, now.Add(91*24*time.Hour))
	require.Error(t, err)
	require.NotEmpty(t, bot.FailureOf(err).Class)

	w.control("POST", path, map[string]string{"away": "resigned"}, nil)
	_, err = w.Busy(t.Context(), who, now, now.Add(time.Hour))
	require.Error(t, err)
}
