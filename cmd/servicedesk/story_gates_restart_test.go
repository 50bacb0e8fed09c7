package main

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// mortal is a story whose desk is a process of its own that can be killed and started again.
func mortal(t *testing.T, database, queue string) (*story, *crash) {
	c := &crash{t: t, mode: "websocket", client: &http.Client{Timeout: crashPatience}}
	c.open(crashBinary(t), database, queue)
	s := &story{t: t, sim: c.server.URL, desk: c.desk.front.URL, log: &logBook{}, http: c.client, listed: map[string]bool{}}
	s.until("the desk is there", func() bool { return c.desk.steady(true) != nil })
	return s, c
}

// again kills the desk and starts it anew.
func (c *crash) again(s *story) {
	c.desk.kill()
	c.desk.start()
	s.until("the desk is back", func() bool { return c.desk.steady(true) != nil })
	s.Settle()
}

func TestStoryGatesAcrossDeaths(t *testing.T) {
	t.Parallel()
	ladder := func(t *testing.T, database, queue string) {
		s, c := mortal(t, database, queue)
		atWork(s)
		li, liu, zhao := s.WeCom("李工"), s.Direct("刘洋"), s.Direct("赵总")
		card := nudgedToGate(s, li, "排产结果总是少一台设备")
		liu.Sees("请您决定 HLDL-0001")
		c.again(s)
		s.Forward(2*time.Hour - time.Minute)
		c.again(s)
		zhao.SeesNot("请您决定")
		s.Forward(time.Minute)
		zhao.SeesTimes(1, "请您决定 HLDL-0001")
		c.again(s)
		s.Forward(3*time.Hour + 29*time.Minute)
		c.again(s)
		zhao.SeesTimes(1, "请您决定 HLDL-0001")
		s.Forward(time.Minute)
		asked := zhao.SeesTimes(1, "第 2 次请您决定")
		c.again(s)
		s.Feishu("赵总").PressesWith(asked.MessageID, "给人", map[string]string{"text": "徐明"})
		c.again(s)
		card.Sees("给人：徐明")
		li.SeesTimes(1, "赵总已安排徐明加入 HLDL-0001")
		s.Forward(20 * time.Minute)
		c.again(s)
		liu.SeesTimes(1, "请您决定")
		zhao.SeesTimes(2, "请您决定")
		li.SeesTimes(1, "分管领导赵总")
		card.SeesTimes(2, "已报给")
	}
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		ladder(t, "sqlite:"+filepath.Join(t.TempDir(), "desk.db"), "embedded")
	})
	t.Run("services", func(t *testing.T) {
		t.Parallel()
		ladder(t, testDatabase(t), testRedis(t))
	})
}
