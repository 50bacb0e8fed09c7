package worktime

import (
	"strings"

	"github.com/6tail/lunar-go/HolidayUtil"
)

// Statutory tells the State Council's holidays and make-up days (the bundled table; a make-up day is named 调休).
func Statutory(day string) (Exception, bool) {
	h := HolidayUtil.GetHoliday(day)
	if h == nil {
		return Exception{}, false
	}
	if h.IsWork() {
		return Exception{Day: day, Name: "调休", Work: true}, true
	}
	return Exception{Day: day, Name: strings.TrimSuffix(h.GetName(), "节节")}, true
}

// StatutoryKnown reports whether the bundled table holds a year.
func StatutoryKnown(year int) bool { return year >= 2002 && year <= 2026 }
