package tickets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/worktime"
)

func TestAClockKeepsUsedTimeOverPauses(t *testing.T) {
	cal, start := chineseDays(), instant(t, "2026-03-02T09:30:00+08:00")
	c := Clock{Kind: ClockSolution, Target: 8 * time.Hour}
	c.run(start, cal)
	require.True(t, c.DueAt.Equal(instant(t, "2026-03-03T10:00:00+08:00")))
	stage, at := c.nextStage(cal)
	require.Equal(t, 50, stage)
	require.True(t, at.Equal(start.Add(5*time.Hour+30*time.Minute)), "four working hours and the break")

	c.pause(start.Add(2*time.Hour), cal, PauseWaiting)
	require.Equal(t, 2*time.Hour, c.UsedBy(start.Add(90*time.Hour), cal), "it stands")
	require.Zero(t, c.wakesAt(cal))
	c.run(instant(t, "2026-03-05T09:00:00+08:00"), cal)
	require.True(t, c.DueAt.Equal(instant(t, "2026-03-05T16:30:00+08:00")))
	require.Len(t, c.Pauses, 1)
	require.False(t, c.Pauses[0].To.IsZero())
}

func TestStagesAreReachedOnceAndInOrder(t *testing.T) {
	cal, start := worktime.AllHours(time.UTC), instant(t, "2026-03-02T01:00:00Z")
	c := Clock{Kind: ClockResponse, Target: 100 * time.Minute}
	c.run(start, cal)
	for minutes, want := range map[int]int{0: 0, 49: 0, 50: 50, 79: 50, 80: 80, 99: 80, 100: 100, 5000: 100} {
		require.Equal(t, want, c.stageBy(start.Add(time.Duration(minutes)*time.Minute), cal), minutes)
	}
	for _, want := range []int{50, 80, 100} {
		stage, at := c.nextStage(cal)
		require.Equal(t, want, stage)
		require.Equal(t, time.Duration(want)*time.Minute, at.Sub(start))
		c.Stage = stage
	}
	stage, _ := c.nextStage(cal)
	require.Zero(t, stage)
}

func TestReopeningKeepsUsedTimeUnlessThePromiseWasBroken(t *testing.T) {
	cal, start := worktime.AllHours(time.UTC), instant(t, "2026-03-02T01:00:00Z")
	kept := Clock{Kind: ClockSolution, Target: 8 * time.Hour}
	kept.run(start, cal)
	kept.meet(start.Add(7*time.Hour), cal)
	kept.again(start.Add(20*time.Hour), cal)
	require.Equal(t, start.Add(21*time.Hour), kept.DueAt)
	require.Equal(t, []Pause{{From: start.Add(7 * time.Hour), To: start.Add(20 * time.Hour), Why: PauseSolved}}, kept.Pauses)

	broken := Clock{Kind: ClockSolution, Target: 8 * time.Hour}
	broken.run(start, cal)
	broken.Stage, broken.BreachedAt = 100, start.Add(8*time.Hour)
	broken.meet(start.Add(9*time.Hour), cal)
	broken.again(start.Add(20*time.Hour), cal)
	require.Equal(t, start.Add(28*time.Hour), broken.DueAt)
	require.Equal(t, 1, broken.Round)
	require.Zero(t, broken.Stage)
}

func TestAnotherPromiseKeepsUsedTime(t *testing.T) {
	cal, start := worktime.AllHours(time.UTC), instant(t, "2026-03-02T01:00:00Z")
	x := dial{work: cal, all: cal}
	ticket := &Ticket{ID: 1, Type: TypeError, Status: StatusInProgress, OpenedAt: start}
	var list []Clock
	now := start
	aim := func(p customers.Policy, after time.Duration) (changed bool) {
		now = start.Add(after)
		list, changed = reaim(list, ticket, p, now, x, x)
		return changed
	}
	require.True(t, aim(customers.Policy{Response: time.Hour, Solution: 8 * time.Hour}, 0))
	require.False(t, aim(customers.Policy{Response: time.Hour, Solution: 8 * time.Hour}, 30*time.Minute))

	require.True(t, aim(customers.Policy{Response: 30 * time.Minute, Workaround: 4 * time.Hour, Solution: 24 * time.Hour, AllHours: true}, 2*time.Hour))
	require.Equal(t, 2*time.Hour, clockOf(list, ClockResponse).UsedBy(now, cal))
	require.True(t, !clockOf(list, ClockResponse).wakesAt(cal).After(now), "it is late already, which is told at once")
	require.Equal(t, start.Add(4*time.Hour), clockOf(list, ClockWorkaround).DueAt, "what comes late has used what the ticket has")
	require.Equal(t, start.Add(24*time.Hour), clockOf(list, ClockSolution).DueAt)

	require.True(t, aim(customers.Policy{Response: 4 * time.Hour, Solution: 24 * time.Hour}, 3*time.Hour))
	require.False(t, clockOf(list, ClockWorkaround).Promised())
	require.Zero(t, clockOf(list, ClockWorkaround).wakesAt(cal))
	require.Equal(t, start.Add(4*time.Hour), clockOf(list, ClockResponse).DueAt)
}

func TestWhatIsPromisedAtNightAndOnHolidays(t *testing.T) {
	x := dial{work: chineseDays(), all: worktime.AllHours(DefaultConfig().Zone)}
	a, c := customers.Customer{Tier: customers.TierA, AllHours: true}, customers.Customer{Tier: customers.TierC}
	for name, want := range map[string]struct {
		customer customers.Customer
		kind     Type
		at       string
		due      []string
	}{
		"an outage of A on a holiday":      {a, TypeOutage, "2026-02-17T02:00:00+08:00", []string{"02-17 02:30", "02-17 06:00", "02-18 02:00"}},
		"an outage of C on a holiday":      {c, TypeOutage, "2026-02-17T02:00:00+08:00", []string{"02-17 02:30", "02-17 06:00", "02-18 02:00"}},
		"an error under a 7×24 contract":   {a, TypeError, "2026-02-17T02:00:00+08:00", []string{"02-17 03:00", "02-17 10:00"}},
		"an error of C":                    {c, TypeError, "2026-02-17T02:00:00+08:00", []string{"02-24 14:30", "02-27 10:30"}},
		"a consult of A on a holiday":      {a, TypeConsult, "2026-02-17T02:00:00+08:00", []string{"02-24 10:00", "02-26 10:00"}},
		"a consult of A late on a Friday":  {a, TypeConsult, "2026-03-06T17:30:00+08:00", []string{"03-09 09:30", "03-11 09:30"}},
		"a consult before a make-up day":   {a, TypeConsult, "2026-02-27T18:00:00+08:00", []string{"02-28 10:00", "03-03 10:00"}},
		"a how-to of C takes a day and up": {c, TypeHowTo, "2026-03-02T09:00:00+08:00", []string{"03-03 09:30", "03-09 11:30"}},
	} {
		matching := customers.MatchPolicies(customers.DefaultPolicies(), customers.PolicyKeyOf(want.customer, string(want.kind)))
		var due []string
		for _, clock := range begun(&Ticket{Type: want.kind, OpenedAt: instant(t, want.at)}, matching[0], x) {
			due = append(due, clock.DueAt.In(DefaultConfig().Zone).Format("01-02 15:04"))
		}
		require.Equal(t, want.due, due, name)
	}
}

func TestEmptyAnswers(t *testing.T) {
	for _, words := range []string{"收到", "收到。", "好的，收到", "稍等", "请稍等一下", "您好，请稍等", "好的", "嗯嗯", "OK", "马上看", "正在处理，请稍候",
		"已收到，我们会尽快处理", "您好，正在处理，请稍等片刻", "我看一下", "处理中", "Received, thanks", "one moment please", "好的 谢谢！"} {
		require.True(t, emptyAnswer(words), words)
	}
	for _, words := range []string{"", "请问是哪个期间？", "已经处理好了，请刷新", "请退出重新登录一次", "收到，是数据库锁表，预计 15:30 恢复", "解决了", "重启查询服务即可",
		"您好，请把报错截图发给我", "Please send me the log", "李工，正在查库存服务的日志，11 点前告诉您"} {
		require.False(t, emptyAnswer(words), words)
	}
}

func TestAFalsePauseIsOneWhereTheCustomerHadTheLastWord(t *testing.T) {
	words, reply, wait := Entry{Kind: EntryWords}, Entry{Kind: EntryReply}, Entry{Kind: EntryWaiting, Text: "等日志"}
	for name, c := range map[string]struct {
		past []Entry
		asks bool
		want bool
	}{
		"we asked, he is silent":            {[]Entry{words, reply}, false, false},
		"he answered":                       {[]Entry{words, reply, words}, false, true},
		"he answered, and is asked again":   {[]Entry{words, reply, words}, true, true},
		"the first question":                {[]Entry{words}, true, false},
		"nobody ever spoke to him":          {[]Entry{words}, false, true},
		"he was asked by the last pause":    {[]Entry{words, wait}, false, false},
		"he answered the last pause":        {[]Entry{words, wait, words}, false, true},
		"automatic words are nobody's":      {[]Entry{words, reply, words, {Kind: EntryNotice}}, false, true},
		"a pause without a reason asked no": {[]Entry{words, {Kind: EntryWaiting}}, false, true},
	} {
		require.Equal(t, c.want, falsePause(c.past, c.asks), name)
	}
}

func TestWindowsAreFoundFromTheCalendar(t *testing.T) {
	require.Equal(t, []string{"09:00–12:00", "13:30–18:00"}, windowsOf(chineseDays(), instant(t, "2026-02-20T10:00:00+08:00")))
}
