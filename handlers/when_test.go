package handlers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30m": 30 * time.Minute, "3h": 3 * time.Hour, "2d": 48 * time.Hour, "3小时": 3 * time.Hour, "３小时": 3 * time.Hour, "1h30m": 90 * time.Minute,
		"1.5h": 90 * time.Minute, "半小时": 30 * time.Minute, "半天": 12 * time.Hour, "一个半小时": 90 * time.Minute, "两小时": 2 * time.Hour,
		"2个小时": 2 * time.Hour, "十五分钟": 15 * time.Minute, "二十分钟": 20 * time.Minute, "3 h": 3 * time.Hour, "2026 3h": 0, "1周": 7 * 24 * time.Hour, "45min": 45 * time.Minute,
		"3H": 3 * time.Hour, "2days": 48 * time.Hour, "": 0, "高铁": 0, "3": 0, "-3h": 0, "0h": 0, "99999999d": 0, "3h高铁": 0,
	} {
		got, ok := parseDuration(text)
		assert.Equal(t, want > 0, ok, text)
		if ok {
			assert.Equal(t, want, got, text)
		}
	}
}

func TestMoments(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	assert.NoError(t, err)
	now := time.Date(2026, 12, 2, 10, 0, 0, 0, zone) // a Wednesday
	for text, want := range map[string]string{
		"2026-12-05":           "2026-12-05 18:00",
		"2026-12-05 09:30":     "2026-12-05 09:30",
		"2026年12月5日":           "2026-12-05 18:00",
		"２０２６-１２-０５":           "2026-12-05 18:00",
		"12-05":                "2026-12-05 18:00",
		"12-01":                "2027-12-01 18:00",
		"12月5号 18:00":          "2026-12-05 18:00",
		"5号":                   "2026-12-05 18:00",
		"1号":                   "2027-01-01 18:00",
		"31号":                  "2026-12-31 18:00",
		"02-29":                "2028-02-29 18:00",
		"周五":                   "2026-12-04 18:00",
		"周二":                   "2026-12-08 18:00",
		"周三":                   "2026-12-02 18:00",
		"周三 09:00":             "2026-12-09 09:00",
		"本周五":                  "2026-12-04 18:00",
		"下周一 9点":               "2026-12-07 09:00",
		"下周日":                  "2026-12-13 18:00",
		"星期五下午3点半":             "2026-12-04 15:30",
		"明天":                   "2026-12-03 18:00",
		"明天18:00":              "2026-12-03 18:00",
		"后天 上午":                "2026-12-04 12:00",
		"大后天":                  "2026-12-05 18:00",
		"今天下班前":                "2026-12-02 18:00",
		"今天 24:00":             "2026-12-03 00:00",
		"18:00":                "2026-12-02 18:00",
		"09:00":                "2026-12-03 09:00",
		"晚上8点":                 "2026-12-02 20:00",
		"friday 17:00":         "2026-12-04 17:00",
		"tomorrow 5:00 pm":     "2026-12-03 17:00",
		"13-05":                "",
		"2026-02-30":           "",
		"2026-13-01":           "",
		"高铁":                   "",
		"":                     "",
		"25:00":                "",
		"02-30":                "",
		"1999-01-01":           "",
		"0号":                   "",
		"2026-00-10":           "",
		"12345678901234567890": "",
	} {
		at, _, ok := parseMoment(text, now, dayEnd)
		assert.Equal(t, want != "", ok, text)
		if ok {
			assert.Equal(t, want, at.Format("2006-01-02 15:04"), text)
		}
	}
	at, rest, ok := parseMoment("周五 15:00 ＡＢ 给补丁", now, dayEnd)
	assert.True(t, ok)
	assert.Equal(t, "2026-12-04 15:00", at.Format("2006-01-02 15:04"))
	assert.Contains(t, rest, "给补丁")
	friday := onClock(midnight(now).AddDate(0, 0, 2), 0)
	for text, want := range map[string]string{"周一": "2026-12-07", "到 后天": "2026-12-04", "明天": "2026-12-03", "01-02": "2027-01-02",
		"-12-06": "2026-12-06", "2026-12-01": "2026-12-01"} {
		at, _, ok := parseEnd(text, now, friday, 0)
		assert.True(t, ok, text)
		assert.Equal(t, want, at.Format(time.DateOnly), text)
	}
	day, rest, ok := parseDay("12-05 12-07", now)
	assert.True(t, ok)
	assert.Equal(t, "2026-12-05", day.Format(time.DateOnly))
	assert.Equal(t, "12-07", rest)
}
