package tickets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheLadderClimbsEveryRungOfEveryResponder(t *testing.T) {
	const owner, first, second = 1, 2, 3
	type rung struct {
		id int64
		by Buzz
	}
	climb := func(e *Emergency, callees ...int64) (walked []rung) {
		for {
			id, by, ok := e.following(callees)
			if !ok {
				return walked
			}
			e.CalleeID, e.Buzz, e.Tried = id, by, with(e.Tried, id)
			walked = append(walked, rung{id, by})
		}
	}
	both := []rung{{first, BuzzApp}, {first, BuzzSMS}, {first, BuzzPhone}, {second, BuzzApp}, {second, BuzzSMS}, {second, BuzzPhone}}
	require.Equal(t, both, climb(&Emergency{}, first, second))
	require.Equal(t, both, climb(&Emergency{CalleeID: owner, Buzz: BuzzApp}, first, second), "the owner is asked by app alone")
	require.Equal(t, both[1:], climb(&Emergency{CalleeID: first, Buzz: BuzzApp, Tried: []int64{first}}, first, second),
		"an owner on duty was asked already")
	require.Equal(t, both[3:], climb(&Emergency{CalleeID: first, Buzz: BuzzSMS, Tried: []int64{first}}, second), "his duty ended meanwhile")
	require.Empty(t, climb(&Emergency{}), "nobody is on duty")
	require.Equal(t, both[:3], climb(&Emergency{Tried: []int64{second}}, first, second))
}

func TestActionsOfAReviewNeedDates(t *testing.T) {
	for actions, missing := range map[string]string{
		"张伟 配置日志轮转 2026-12-05":     "",
		"张伟 12-05 前扩容\n李娜 周五复核":    "",
		"12月5日 前加告警；明天 通知客户":       "",
		"扩容磁盘 2026-12-05\n加告警":     "加告警",
		"以后注意":                     "以后注意",
		"disk alarm 12-05; review": "review",
		"\n  \n":                   "",
	} {
		require.Equal(t, missing, undated(actions), actions)
	}
}

func TestWordsInAnEmergencyTakeTheSurveysPlaceButNotTheLast(t *testing.T) {
	w := Window{}
	w.Renew(noon)
	for sent, want := range []struct{ update, lull int }{{4, 2}, {3, 1}, {2, 0}, {1, 0}, {0, 0}, {0, 0}} {
		w.Sent = sent
		require.Equal(t, WindowPlaces-sent, w.Free(UseProgress, noon), "a person's update after %d", sent)
		require.Equal(t, want.update, w.Free(UseUpdate, noon), "update after %d", sent)
		require.Equal(t, want.lull, w.Free(UseLull, noon), "lull after %d", sent)
	}
}

func TestLanesOfRooms(t *testing.T) {
	require.Equal(t, int64(7), RoomLane(7).Room())
	require.Zero(t, DirectLane(7).Room())
	require.Equal(t, Feishu, RoomLane(7).Platform())
}

func TestWhoAnEmergencyConcerns(t *testing.T) {
	e := Emergency{Called: []int64{1, 2}}
	require.True(t, e.Concerns(2))
	require.False(t, e.Concerns(3))
	e.HolderID = 1
	require.True(t, e.Concerns(1))
	require.False(t, e.Concerns(2))
	require.True(t, e.Running())
	e.EndedAt = time.Now()
	require.False(t, e.Running())
}
