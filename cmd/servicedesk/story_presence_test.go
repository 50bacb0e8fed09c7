package main

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

// now is where the clock of both sides stands, in the desk's zone.
func (s *story) now() time.Time {
	s.t.Helper()
	var w struct{ Now time.Time }
	s.get(s.sim+"/control/state", &w)
	zone, err := time.LoadLocation("Asia/Shanghai")
	s.no(err)
	return w.Now.In(zone)
}

// ForwardTo moves the clock to the next time the wall clock shows that hour.
func (s *story) ForwardTo(hour int) {
	s.t.Helper()
	now := s.now()
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	s.Forward(at.Sub(now))
}

func TestStoryOfABusyOwner(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		zhang, direct := s.Feishu("张伟"), s.Direct("张伟")
		zhang.Asks("/在岗")
		direct.Sees("您本来就在岗")
		until := s.now().Add(3 * time.Hour).Format("15:04")
		zhang.Asks("/忙 高铁 3h")
		direct.Sees("张伟在高铁，到 ", until, "恒力电缆的服务负责人由李娜代", "小微机械的服务负责人由李娜代")
		// Who stands in is resolved anew: now 李娜 is away, too.
		s.Feishu("李娜").Asks("/busy 客户现场 2h")
		s.Direct("李娜").Sees("李娜在客户现场", "华东汽配的服务负责人由王芳代")
		zhang.Asks("/忙 高铁 到 23:50")
		direct.Sees("到 23:50", "恒力电缆的服务负责人由王芳代")
		zhang.Asks("/back")
		direct.SeesTimes(1, "欢迎回来，张伟")
		zhang.Asks("/在岗")
		direct.SeesTimes(2, "您本来就在岗")

		// It ends by itself.
		zhang.Asks("/忙 开会30m")
		direct.Sees("张伟在开会")
		s.Forward(31 * time.Minute)
		zhang.Asks("/在岗")
		direct.SeesTimes(3, "您本来就在岗")

		for _, faulty := range []string{"/忙", "/忙 高铁", "/忙 3h", "/忙 高铁 -3h", "/忙 高铁 9999d"} {
			zhang.Asks(faulty)
		}
		direct.SeesTimes(5, "还缺", "/忙 原因 时长", "例如 /忙 高铁 3h")
	})
}

func TestStoryOfALeave(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		sun, direct := s.Feishu("孙磊"), s.Direct("孙磊")
		first, last := s.now().AddDate(0, 0, 2), s.now().AddDate(0, 0, 4)
		sun.Asks("/请假 " + first.Format("01-02") + " " + last.Format("2006-01-02"))
		direct.Sees("您 "+first.Format("01-02"), "到 "+last.Format("01-02")+" 24:00 请假", "这段时间有您的值班")
		s.Direct("王芳").Sees("值班有空档", "该孙磊值班，但孙磊请假", "/值班 换")
		s.Direct("郑宇").Sees("值班有空档")
		sun.Asks("/请假 取消")
		direct.Sees("已撤回 1 次")
		sun.Asks("/leave cancel")
		direct.Sees("没有还没开始的请假")
		sun.Asks("/请假 今天 明天 12:00")
		direct.Sees("到 "+s.now().AddDate(0, 0, 1).Format("01-02")+" 12:00 请假", "先叫何静")
		sun.Asks("/值班")
		direct.Sees("现在值班：孙磊", "但孙磊请假")
		s.Forward(48 * time.Hour)
		sun.Asks("/在岗")
		direct.Sees("您本来就在岗")
		for _, faulty := range []string{"/请假", "/请假 改天", "/请假 2026-02-30", "/请假 明天 今天", "/请假 2020-01-01 2020-01-02"} {
			sun.Asks(faulty)
		}
		direct.SeesTimes(3, "没看懂起止")
		direct.SeesTimes(2, "要晚于起")
	})
}

func TestStoryOfADutyInTurns(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wang, direct := s.Feishu("王芳"), s.Direct("王芳")
		s.ForwardTo(10)
		wang.Asks("/值班")
		direct.Sees("紧急响应现在值班：孙磊", "何静")
		var shown post
		s.until("the roster comes as a picture", func() bool {
			for _, p := range direct.posts() {
				if p.ImageKey != "" {
					shown = p
				}
			}
			return shown.ImageKey != ""
		})
		img, err := png.Decode(bytes.NewReader(s.bytes("/control/feishu/resources/" + shown.ImageKey)))
		require.NoError(t, err)
		require.Greater(t, img.Bounds().Dx(), 400)
		s.Forward(7 * 24 * time.Hour)
		wang.Asks("/oncall")
		direct.Sees("紧急响应现在值班：何静")

		// 孙磊 takes over today; the swap counts at once and ends by itself.
		today := s.now()
		wang.Asks("/值班 换 " + today.Format("2006-01-02") + " @孙磊")
		direct.Sees("换好了", "由孙磊值班", "原来是何静")
		s.Direct("孙磊").Sees("紧急响应换班：孙磊", "王芳换了班")
		s.Direct("何静").Sees("紧急响应换班：孙磊")
		wang.Asks("/值班")
		direct.SeesTimes(2, "紧急响应现在值班：孙磊")
		wang.Asks("/值班 换 今天 孙磊")
		direct.Sees("本来就是孙磊值班")
		s.Forward(24 * time.Hour)
		wang.Asks("/值班")
		direct.SeesTimes(2, "紧急响应现在值班：何静")

		s.Feishu("张伟").Asks("/值班 换 明天 @孙磊")
		s.Direct("张伟").Sees("/值班 换 只有联络专员、管理员可以用")
		s.Feishu("张伟").Asks("/值班 明天")
		s.Direct("张伟").Sees("紧急响应现在值班")
		for faulty, answer := range map[string]string{
			"/值班 换 昨日 @孙磊": "没看懂", "/值班 换": "没看懂", "/值班 换 2020-01-01 孙磊": "已经过去了", "/值班 换 明天 张伟": "张伟不是紧急响应专员",
			"/值班 换 明天 无名氏": "没有“无名氏”", "/值班 改天": "没看懂",
		} {
			wang.Asks(faulty)
			direct.Sees(answer)
		}
		s.Feishu("孙磊").Asks("/请假 明天 后天")
		s.Direct("孙磊").Sees("记下了")
		wang.Asks("/值班 换 明天 孙磊")
		direct.Sees("孙磊", "请假，不能值班")
	})
}

// thinRoster has shifts only, and an end: after it nobody has the duty. The night's hand-over lies where New York's clocks are moved (8 March 2026).
const thinRoster = `
duty:
  - name: 假日值班
    overrides:
      - {from: 2026-03-01, until: 2026-03-14 09:00, member: 孙磊}
  - {name: 夜班, role: responder, members: [何静, 孙磊], days: 1, start: 2026-03-02, handover: "02:30", timezone: America/New_York}
`

func TestStoryOfGapsInARoster(t *testing.T) {
	directory := append([]byte(strings.Split(string(customers.Sample), "# Emergencies")[0]), thinRoster...)
	stage{directory: directory}.stories(t, func(t *testing.T, s *story) {
		wang := s.Direct("王芳")
		s.Forward(3 * 24 * time.Hour)
		wang.SeesNot("值班有空档")
		s.Forward(4 * 24 * time.Hour)
		wang.SeesTimes(1, "假日值班：值班有空档", "03-14 09:00 至", "没有人值班", "/值班 换")
		s.Direct("郑宇").SeesTimes(1, "假日值班：值班有空档")
		s.Feishu("王芳").Asks("/值班")
		wang.Sees("假日值班现在值班：孙磊", "03-14 09:00 至", "没有人")
		// The night of 8 March has no 02:30; from then on it comes an hour sooner in Shanghai.
		s.Feishu("王芳").Asks("/值班 2026-03-06")
		wang.Sees("夜班现在值班：何静", "03-06 15:30 至 03-07 15:30  何静", "03-07 15:30 至 03-08 14:30  孙磊", "03-08 14:30 至 03-09 14:30  何静")
	})
}

func TestStoryOfABusyCalendar(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		zhang, li, direct := s.Feishu("张伟"), s.WeCom("李工"), s.Direct("张伟")
		now := s.now()
		busy := map[string]time.Time{"from": now.Add(-time.Minute), "to": now.Add(2 * time.Hour)}
		s.post("/control/feishu/users/"+zhang.id+"/busy", busy, nil)
		li.Says("领料单审核按钮是灰的")
		s.Card("领料单")
		zhang.Asks("/在岗")
		direct.Sees("欢迎回来，张伟")
		// He is there whatever his calendar says.
		s.Forward(time.Minute)
		li.Says("还是灰的")
		s.Card("领料单").Sees("还是灰的")
		zhang.Asks("/在岗")
		direct.Sees("您本来就在岗")

		// A calendar that does not answer keeps nobody waiting.
		s.Forward(3 * time.Hour)
		s.troubled = true
		s.Fault("feishu", "/open-apis/calendar/v4/freebusy", 0, map[string]any{"http_status": 500})
		li.Says("换台电脑也是灰的")
		s.Card("领料单").Sees("换台电脑也是灰的")
		s.Heal()
		zhang.Asks("/在岗")
		direct.SeesTimes(2, "您本来就在岗")
	})
}

func TestStoryOfTheCalendar(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		liu, direct := s.Feishu("刘洋"), s.Direct("刘洋")
		s.ForwardTo(10)
		for d := s.now().Weekday(); d == time.Saturday || d == time.Sunday; d = s.now().Weekday() {
			s.Forward(24 * time.Hour)
		}
		liu.Asks("/日历")
		direct.Sees("未来 60 天", "09:00–12:00", "13:30–18:00")
		liu.Asks("/日历 恒力电缆")
		direct.Sees("恒力电缆的工作时间", "Asia/Shanghai", "现在是工作时间")
		today := s.now()
		liu.Asks("/日历 HLDL 停工 " + today.Format("2006-01-02") + " " + today.AddDate(0, 0, 2).Format("01-02") + " 年度检修")
		direct.Sees("记下了：恒力电缆", "年度检修", "不计入工作时间")
		liu.Asks("/日历 恒力电缆")
		direct.Sees("现在不是工作时间", "自己的日子", today.Format("2006-01-02")+"–", "年度检修，不上班")
		liu.Asks("/日历 华东汽配")
		direct.Sees("华东汽配的工作时间", "现在是工作时间")
		liu.Asks("/日历 HLDL 停工 今天 后天 年度检修")
		direct.Sees("已经是年度检修")
		liu.Asks("/日历 HLDL 复工 今天 后天")
		direct.Sees("已去掉恒力电缆")
		liu.Asks("/日历 恒力电缆")
		direct.SeesTimes(2, "恒力电缆的工作时间", "现在是工作时间")

		liu.Asks("/日历 HLDL 停工 今天 昨天")
		liu.Asks("/日历 HLDL 停工 12-24 2020-12-20")
		direct.Sees("不能早于起")
		liu.Asks("/日历 HLDL 停工")
		direct.Sees("没看懂起止")
		liu.Asks("/日历 没有的客户")
		direct.Sees("没有客户“没有的客户”")
		liu.Asks("/日历 导入")
		direct.Sees("请在“导入”后面贴上")
		s.Feishu("张伟").Asks("/日历")
		s.Direct("张伟").Sees("/日历 只有管理员、产品经理可以用")
	})
}
