package worktime

import (
	"strings"
	"sync"

	"github.com/6tail/lunar-go/HolidayUtil"
)

// MakeUp is the usual name of a make-up day.
const MakeUp = "调休"

// The years of the bundled table.
const (
	firstStatutory = 2002
	lastStatutory  = 2026
)

// usualNames are those of the table that people write otherwise.
var usualNames = strings.NewReplacer("元旦节", "元旦", "国庆中秋", "国庆节、中秋节")

// statutory is the table by day; searching it anew for every day of a year would take longer than all sums of that year.
var statutory = sync.OnceValue(func() map[string]Exception {
	table := map[string]Exception{}
	for y := firstStatutory; y <= lastStatutory; y++ {
		days := HolidayUtil.GetHolidaysByYear(y)
		for e := days.Front(); e != nil; e = e.Next() {
			h, ok := e.Value.(*HolidayUtil.Holiday)
			if !ok {
				continue
			}
			ex := Exception{Day: h.GetDay(), Name: usualNames.Replace(h.GetName()), Work: h.IsWork()}
			if ex.Work {
				ex.Name = MakeUp
			}
			table[ex.Day] = ex
		}
	}
	return table
})

// Statutory tells the State Council's holidays and make-up days of the bundled table.
func Statutory(day string) (Exception, bool) {
	e, ok := statutory()[day]
	return e, ok
}

// StatutoryKnown reports whether the bundled table holds a year.
func StatutoryKnown(year int) bool { return year >= firstStatutory && year <= lastStatutory }
