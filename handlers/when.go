package handlers

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// Dates and durations as people type them: 2026-12-05, 12-05, 12月5日, 周五, 下周五, 明天, with or without 18:00, 下午3点 or 下班前; 30m, 3h, 2d, 3小时, 一个半小时.
// Everything is read in the zone that now carries. What names no year, week or day means the next one that is not over.

// noon and dayEnd are what 上午 and 下班前 mean; a promised day without an hour is meant to its dayEnd.
const (
	noon   = 12 * time.Hour
	dayEnd = 18 * time.Hour
)

var (
	durationForm = regexp.MustCompile(`^(?i:(\d+(?:\.\d+)?|半|[一二两三四五六七八九十]+)个?(半)?\s*` +
		`(个?小时|个?钟头|hours?|hrs?|h|分钟|分|minutes?|mins?|m|天|日|days?|d|周|星期|weeks?|w)(半)?)`)

	fullDay    = regexp.MustCompile(`^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})[日号]?`)
	monthDay   = regexp.MustCompile(`^(\d{1,2})(?:[-/]|月)(\d{1,2})[日号]?`)
	dayOnly    = regexp.MustCompile(`^(\d{1,2})[日号]`)
	weekdayCN  = regexp.MustCompile(`^(下下|下|本|这)?个?(?:周|星期|礼拜)([一二三四五六日天])`)
	weekdayEN  = regexp.MustCompile(`^(?i)(next )?(mon|tue|wed|thu|fri|sat|sun)[a-z]*`)
	nearDays   = regexp.MustCompile(`^(?i)(大后天|后天|明天|明日|今天|今日|today|tomorrow)`)
	clockForm  = regexp.MustCompile(`^(?i)(凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?(\d{1,2})(?:[:点时](\d{2})分?|点(半)|[点时]整?)(?:\s*(am|pm))?`)
	partOfDay  = regexp.MustCompile(`^(凌晨|早上|上午|中午|下午|下班前|傍晚|晚上)`)
	partsHours = map[string]time.Duration{"凌晨": 6 * time.Hour, "早上": 9 * time.Hour, "上午": noon, "中午": noon, "下午": dayEnd, "下班前": dayEnd,
		"傍晚": 19 * time.Hour, "晚上": 21 * time.Hour}
	nearOffsets = map[string]int{"今天": 0, "今日": 0, "today": 0, "明天": 1, "明日": 1, "tomorrow": 1, "后天": 2, "大后天": 3}
	weekdays    = map[string]time.Weekday{"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 0, "天": 0,
		"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 0}
	chineseDigits = map[rune]float64{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
)

// longest bounds a duration, so that no sum overflows: ten years.
const longest = 10 * 366 * 24 * time.Hour

// parseDuration reads a whole word as a duration; parts may follow each other, as in 1h30m. A day has 24 hours.
func parseDuration(word string) (time.Duration, bool) {
	word = strings.TrimSpace(width.Fold.String(word))
	var sum time.Duration
	for word != "" {
		m := durationForm.FindStringSubmatch(word)
		if m == nil {
			return 0, false
		}
		n, ok := amount(m[1])
		if m[2] != "" || m[4] != "" {
			n += 0.5
		}
		part := n * float64(unitOf(m[3]))
		if !ok || part > float64(longest) {
			return 0, false
		}
		sum += time.Duration(part)
		word = strings.TrimSpace(word[len(m[0]):])
	}
	return sum, sum > 0 && sum <= longest
}

func amount(s string) (float64, bool) {
	if s == "半" {
		return 0.5, true
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n, true
	}
	tens, ones, isTens := strings.Cut(s, "十")
	if !isTens {
		tens, ones = "", s
	}
	n, ok := 0.0, true
	digit := func(s string, scale, missing float64) {
		if s == "" {
			n += missing
			return
		}
		runes := []rune(s)
		v := chineseDigits[runes[0]]
		ok = ok && len(runes) == 1 && v > 0
		n += scale * v
	}
	if isTens {
		digit(tens, 10, 10)
	}
	digit(ones, 1, 0)
	return n, ok && n > 0
}

func unitOf(s string) time.Duration {
	switch s = strings.ToLower(strings.TrimPrefix(s, "个")); {
	case strings.HasPrefix(s, "h"), s == "小时", s == "钟头":
		return time.Hour
	case strings.HasPrefix(s, "m"), s == "分钟", s == "分":
		return time.Minute
	case strings.HasPrefix(s, "w"), s == "周", s == "星期":
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// parseDay reads the day at the beginning of words and gives its midnight in now's zone, and what follows. A day that does not exist is none.
func parseDay(words string, now time.Time) (day time.Time, rest string, ok bool) {
	words = foldedStart(words)
	day, n, _ := cutDay(words, now)
	if n == 0 {
		return time.Time{}, words, false
	}
	return day, strings.TrimLeftFunc(words[n:], unicode.IsSpace), true
}

// parseMoment reads a day, an hour, or both at the beginning of words, and gives what follows. hour is meant by a day without an hour, as time
// since midnight. An hour without a day is the next such hour; a weekday whose hour is over is next week's.
func parseMoment(words string, now time.Time, hour time.Duration) (at time.Time, rest string, ok bool) {
	words = foldedStart(words)
	day, n, weekly := cutDay(words, now)
	rest = words
	if n > 0 {
		rest = strings.TrimLeftFunc(words[n:], unicode.IsSpace)
	}
	since, m := cutHour(rest)
	switch {
	case n == 0 && m == 0:
		return time.Time{}, words, false
	case m == 0:
		return onClock(day, hour), rest, true
	}
	rest = strings.TrimLeftFunc(rest[m:], unicode.IsSpace)
	if n > 0 {
		at = onClock(day, since)
		if weekly && at.Before(now) {
			at = onClock(day.AddDate(0, 0, 7), since)
		}
		return at, rest, true
	}
	if at = onClock(midnight(now), since); !at.After(now) {
		at = onClock(midnight(now).AddDate(0, 0, 1), since)
	}
	return at, rest, true
}

// parseEnd reads the end of a stretch that begins at from, after 到 or a dash where there is one. What names no year or week means the next one
// after the beginning: 周五 周一, 12-30 01-02.
func parseEnd(words string, now, from time.Time, hour time.Duration) (at time.Time, rest string, ok bool) {
	words = strings.TrimLeft(words, "到至~-—– ")
	at, rest, ok = parseMoment(words, now, hour)
	if !ok || !at.Before(from) || nearDays.MatchString(foldedStart(words)) {
		return at, rest, ok
	}
	return parseMoment(words, from, hour)
}

// foldedStart folds the full-width forms of what may be a date, and leaves the words behind it as they are.
func foldedStart(words string) string {
	words = strings.TrimLeftFunc(words, unicode.IsSpace)
	end := strings.IndexFunc(words, func(r rune) bool { return r != '\u3000' && width.Fold.String(string(r)) != string(r) })
	if end < 0 || end > 24 {
		return words
	}
	i, n := 0, 0
	for i = range words {
		if n++; n > 24 {
			return width.Fold.String(words[:i]) + words[i:]
		}
	}
	return width.Fold.String(words)
}

// cutDay gives the day at the beginning of s and how many bytes name it, 0 = none; weekly: a weekday of no certain week named it.
func cutDay(s string, now time.Time) (day time.Time, n int, weekly bool) {
	today := midnight(now)
	if m := fullDay.FindStringSubmatch(s); m != nil {
		day, n = dayOf(number(m[1]), number(m[2]), number(m[3]), now.Location(), len(m[0]))
		return day, n, false
	}
	if m := monthDay.FindStringSubmatch(s); m != nil {
		day, n = nextOf(today, len(m[0]), func(year int) (int, int) { return year, number(m[1]) }, number(m[2]), 1)
		return day, n, false
	}
	if m := dayOnly.FindStringSubmatch(s); m != nil {
		day, n = nextOf(today, len(m[0]), func(i int) (int, int) { return today.Year(), int(today.Month()) + i - today.Year() }, number(m[1]), 2)
		return day, n, false
	}
	if m := nearDays.FindString(s); m != "" {
		return today.AddDate(0, 0, nearOffsets[strings.ToLower(m)]), len(m), false
	}
	if m := weekdayCN.FindStringSubmatch(s); m != nil {
		day = inWeek(today, weekdays[m[2]], m[1])
		return day, len(m[0]), m[1] == ""
	}
	if m := weekdayEN.FindStringSubmatch(s); m != nil {
		week := ""
		if m[1] != "" {
			week = "下"
		}
		return inWeek(today, weekdays[strings.ToLower(m[2])], week), len(m[0]), m[1] == ""
	}
	return time.Time{}, 0, false
}

// nextOf is the first existing day among this and the next years or months that is not before today; 29 February may be far.
func nextOf(today time.Time, n int, at func(i int) (year, month int), day, most int) (time.Time, int) {
	for i := today.Year(); i <= today.Year()+8+most; i++ {
		year, month := at(i)
		first := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, today.Location())
		if month > 12 && i == today.Year() {
			break // no such month in any year
		}
		if found, ok := dayOf(first.Year(), int(first.Month()), day, today.Location(), n); ok > 0 && !found.Before(today) {
			return found, n
		}
	}
	return time.Time{}, 0
}

// inWeek is a weekday of this week (本, 这), of the next (下) or the one after (下下), whose weeks begin on Monday; else the next one from today on.
func inWeek(today time.Time, weekday time.Weekday, week string) time.Time {
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	day := monday.AddDate(0, 0, (int(weekday)+6)%7)
	switch week {
	case "":
		if day.Before(today) {
			day = day.AddDate(0, 0, 7)
		}
	case "下":
		day = day.AddDate(0, 0, 7)
	case "下下":
		day = day.AddDate(0, 0, 14)
	}
	return day
}

// cutHour gives the hour at the beginning of s as time since midnight, and how many bytes name it.
func cutHour(s string) (since time.Duration, n int) {
	if m := clockForm.FindStringSubmatch(s); m != nil {
		hour, minute := number(m[2]), number(m[3])
		if m[4] != "" {
			minute = 30
		}
		late := m[1] == "下午" || m[1] == "傍晚" || strings.HasPrefix(m[1], "晚") || strings.EqualFold(m[5], "pm")
		if late && hour < 12 {
			hour += 12
		}
		if hour > 24 || minute > 59 || hour == 24 && minute > 0 {
			return 0, 0
		}
		return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute, len(m[0])
	}
	if m := partOfDay.FindString(s); m != "" {
		return partsHours[m], len(m)
	}
	return 0, 0
}

func dayOf(year, month, day int, zone *time.Location, n int) (time.Time, int) {
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone)
	if int(at.Month()) != month || at.Day() != day || year < 2000 {
		return time.Time{}, 0
	}
	return at, n
}

func midnight(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}

// onClock is the wall clock's moment of a day, also where a zone's clock was moved on it.
func onClock(day time.Time, since time.Duration) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, int(since/time.Minute), 0, 0, day.Location())
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // the forms admit digits only; empty = 0
	return n
}
