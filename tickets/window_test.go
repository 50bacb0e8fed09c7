package tickets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

func TestWindowKeepsTwoPlacesForConfirmAndSurvey(t *testing.T) {
	w := Window{}
	require.Zero(t, w.Places(noon), "who never wrote cannot be written to")
	w.Renew(noon)
	for sent, want := range []struct{ reply, confirm, survey int }{{3, 5, 5}, {2, 4, 4}, {1, 3, 3}, {0, 2, 2}, {0, 1, 1}, {0, 0, 0}} {
		w.Sent = sent
		require.Equal(t, want.reply, w.Free(UseReply, noon), "reply after %d", sent)
		require.Equal(t, want.reply, w.Free(UseNotice, noon), "notice after %d", sent)
		require.Equal(t, want.confirm, w.Free(UseConfirm, noon), "confirm after %d", sent)
		require.Equal(t, want.survey, w.Free(UseSurvey, noon), "survey after %d", sent)
	}
}

func TestWindowShutsAfterFortyEightHoursAndByThePlatformsWord(t *testing.T) {
	w := Window{}
	w.Renew(noon)
	require.Equal(t, WindowPlaces, w.Places(noon.Add(WindowDuration-time.Microsecond)))
	require.Zero(t, w.Places(noon.Add(WindowDuration)))
	w.Shut = true
	require.Zero(t, w.Places(noon))
	w.Renew(noon.Add(-time.Hour)) // a late message opens it, but does not turn its clock back
	require.Equal(t, WindowPlaces, w.Places(noon))
	require.Equal(t, noon, w.LastIn)
}

func TestATapMakesAShutWindowUncertainButRenewsNothing(t *testing.T) {
	w := Window{LastClick: noon}
	require.True(t, w.Uncertain(noon))
	require.Zero(t, w.Places(noon))
	require.False(t, w.Uncertain(noon.Add(WindowDuration)))
	w.Renew(noon)
	require.False(t, w.Uncertain(noon), "an open window is certain")
}
