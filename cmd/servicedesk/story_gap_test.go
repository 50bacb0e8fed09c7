package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStoryWordsLostByTheLongConnectionAreRead: events raised while no connection is open are gone for good under the harder reading of the
// platform's documentation; the desk reads them from the history when it is connected again, and keeps once what it had kept before.
func TestStoryWordsLostByTheLongConnectionAreRead(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		s.post("/control/switches", map[string]any{"feishu.ws_offline_redelivery": false}, nil)
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("报表导出失败")
		card := s.Card("报表导出")
		zhang.Tells(card, "收到，第一句")
		li.Sees("第一句")
		lost := ""
		s.within(40*time.Second, "a word that no connection carried", func() bool {
			_, err := s.call(http.MethodDelete, s.sim+"/control/feishu/connections", nil, nil)
			s.no(err)
			s.Disturb("feishu", "drop", 1)
			lost += "又"
			zhang.Tells(card, "断线时"+lost+"说的一句")
			var now struct{ Open int }
			s.get(s.sim+"/control/feishu/connections", &now)
			return now.Open == 0
		})
		li.Sees("断线时" + lost + "说的一句")
		s.Settle()
		li.SeesTimes(1, "第一句")
		require.Empty(t, s.backlog().Inbox)
	})
}
