package customers

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"
)

var (
	solarForm = regexp.MustCompile(`^(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?$`)
	lunarForm = regexp.MustCompile(`^(?:农历|阴历|lunar) ?(闰|leap )?([正一二三四五六七八九十冬腊]{1,2}|\d{1,2})[月-](初?[一二三四五六七八九十廿卅]{1,3}|\d{1,2})[日号]?$`)
)

// lunarDigits are the numerals of lunar dates.
var lunarDigits = map[rune]int{'正': 1, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

// ParseDay reads a day that comes back each year, with or without the year in which it began: 1985-03-12, 03-12, 3月12日, 农历八月十五,
// 农历闰六月初一. It gives the one form in which such days are kept; lunar months have 30 days at most, which of them is seen each year.
func ParseDay(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(width.Narrow.String(text)))
	if m := solarForm.FindStringSubmatch(text); m != nil {
		year := m[1]
		if year == "" {
			year = "2000" // a leap year: 29 February is a birthday, too
		}
		month, _ := strconv.Atoi(m[2]) // digits
		day, _ := strconv.Atoi(m[3])
		full := fmt.Sprintf("%s-%02d-%02d", year, month, day)
		if _, err := time.Parse(time.DateOnly, full); err != nil {
			return "", false
		}
		if m[1] == "" {
			return full[len("2000-"):], true
		}
		return full, true
	}
	m := lunarForm.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	month, day := lunarNumber(m[2]), lunarNumber(strings.TrimPrefix(m[3], "初"))
	if month < 1 || month > 12 || day < 1 || day > 30 {
		return "", false
	}
	leap := ""
	if m[1] != "" {
		leap = "闰"
	}
	return "农历" + leap + lunarMonths[month-1] + "月" + lunarDay(day), true
}

var lunarMonths = []string{"正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"}

// lunarNumber reads 八, 十五, 廿三, 三十, 冬, 15; 0 when it is no number.
func lunarNumber(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	switch s {
	case "冬":
		return 11
	case "腊":
		return 12
	}
	total, last := 0, 0
	for _, r := range s {
		switch r {
		case '十':
			total += max(1, last) * 10
			last = 0
		case '廿':
			total += 20
		case '卅':
			total += 30
		default:
			if last != 0 || lunarDigits[r] == 0 {
				return 0
			}
			last = lunarDigits[r]
		}
	}
	return total + last
}

// lunarDay writes a day of a lunar month as almanacs do: 初一, 十五, 廿三, 三十.
func lunarDay(day int) string {
	digits := []string{"十", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
	switch {
	case day <= 10:
		return "初" + digits[day]
	case day < 20:
		return "十" + digits[day-10]
	case day == 20:
		return "二十"
	case day < 30:
		return "廿" + digits[day-20]
	}
	return "三十"
}

// ParseDate reads a day with its year: 2026-12-31, 2026/12/31, 2026年12月31日.
func ParseDate(text string) (string, bool) {
	day, ok := ParseDay(text)
	return day, ok && len(day) == len(time.DateOnly) && day[4] == '-'
}
