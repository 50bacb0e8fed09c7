package tickets

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Date is a moment that somebody named, with the words in which he did.
type Date struct {
	At    time.Time
	Words string
}

// What a day without an hour means, as hours of that day (contract, point 14); an evening without one ends when quiet hours begin.
const (
	dayEnds, forenoonEnds, eveningEnds = 18, 12, quietFrom
)

const (
	digits  = `\d{1,2}`
	numeral = `[一二两三四五六七八九十]{1,3}`
	number  = `(?:` + digits + `|` + numeral + `)`

	// passedDay is a day that lies behind or comes again and again: no promise, and neither is the hour that follows.
	passedDay = `(?P<passed>昨[天日晚早]|前[天日晚]|刚才|刚刚|上上?个?(?:周|星期|礼拜)[一二三四五六日天]?|上个?月(?:` + number +
		`[日号])?|去年|每(?:天|日|周|星期|晚|月)[一二三四五六日天]?)`
	relativeDay = `(?P<rel>今天|今日|今晚|今早|今夜|明天|明日|明早|明晚|大后天|后天)`
	weekDay     = `(?P<which>下下|下|本|这)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天]|[1-6](?:[^\d]|$))`
	fullDate    = `(?P<year>20\d{2})(?:年|[-/.])(?P<ymonth>` + number + `)(?:月|[-/.])(?P<yday>` + number + `|三十一?|二十[一-九]?)[日号]?`
	monthDay    = `(?P<month>` + number + `)月(?P<day>` + number + `|三十一?|二十[一二三四五六七八九]?)[日号]?`
	shortDate   = `(?P<smonth>` + digits + `)[-/](?P<sday>` + digits + `)`
	dayOfMonth  = `(?P<dom>` + number + `|三十一?|二十[一二三四五六七八九]?)[日号]`
	monthEnd    = `(?P<monthend>(?:(?P<endof>` + number + `)|本|这个?|当|下个?)?月底)`
	weekEnd     = `(?P<weekend>[本这下]周内)`
)

// hours are the forms of a time of day; each group's name gets the suffix, because the pattern holds them twice.
func hours(suffix string) string {
	return strings.NewReplacer("#", suffix).Replace(
		`(?:(?P<off#>下班)|(?P<part#>上午|早上|早晨|清晨|一早|中午|下午|傍晚|晚上|夜里|凌晨)?\s*` +
			`(?:(?P<hour#>` + number + `)(?:[:：](?P<minute#>[0-5]\d)|` +
			`[点时](?:(?P<half#>半)|(?P<quarter#>[一三])刻|(?P<past#>` + number + `|[二三四五]十[一-九]?)分?|钟|整)?)|` +
			`(?P<bare#>上午|早上|早晨|清晨|一早|中午|下午|傍晚|晚上)))`)
}

var days = strings.Join([]string{passedDay, relativeDay, weekDay, fullDate, monthDay, shortDate, dayOfMonth, monthEnd, weekEnd}, "|")

var dateForm = regexp.MustCompile(`(?:` + days + `)(?:\s*[(（][^()（）]{1,8}[)）])?(?:\s*的?\s*` + hours("") + `)?|` + hours("2"))

var dateGroups = func() map[string]int {
	groups := map[string]int{}
	for i, name := range dateForm.SubexpNames() {
		if name != "" {
			groups[name] = i
		}
	}
	return groups
}()

var (
	// quotedNumber is what stands in quotes and is only a number or code: a date in it is none.
	quotedNumber = regexp.MustCompile(`["'“”‘’「『《【][\w\s.\-/:#年月日号]*\d[\w\s.\-/:#年月日号]*["'“”‘’」』》】]`)
	// codeBefore stands before a number that is a name: an order, a version.
	codeBefore = regexp.MustCompile(`(?:单号|编号|号码|批号|批次|版本|工单|订单|合同|代码|No\.?|ID|id|[vV])\s*[:：#]?\s*$`)
	// dayUse follows a lone day of the month that is meant as one: "3号机" is a machine.
	dayUse = regexp.MustCompile(`^\s*(?:之前|以前|前|内|上午|下午|晚上|中午|早上|凌晨|下班|给|发|交|完成|提供|上线|发布|出|到|解决|修复|更新|安排|联系|回复|答复|[,，。；;!！]|$)`)
	// dueUse follows a lone hour, or a date written with a hyphen, that is meant as one.
	dueUse = regexp.MustCompile(`^\s*(?:之前|以前|前|给|发|交|回|提供|完成|上线|恢复|答复|联系|安排)`)
	// asking marks what the customer is asked to do by then: his promise, not ours.
	asking = regexp.MustCompile(`请您|麻烦您|烦请|请在|请于|请贵|需要您|您在|您于|您能`)
	// happened marks what has taken place already, unless ahead says that it is to come.
	happened = regexp.MustCompile(`^[^,，。;；!！\n]{0,12}?(?:已经|已|刚刚)|^(?:收到|看到|发现)|了\s*$`)
	ahead    = regexp.MustCompile(`[能会就可将再]`)
	// rangeAfter is a second moment behind this one, rangeBefore a first one before it: neither end of a range is a promise.
	rangeBefore = regexp.MustCompile(`(?:[-~—至]|[一二三四五六日天号点时半\d]到)\s*$`)
	rangeAfter  = regexp.MustCompile(`^\s*(?:[-~～—至到])\s*(?:\d|上午|下午|晚上|周|星期)`)
)

// DatesIn finds the moments after now that a text to a customer names and that could be promises; now is in the speaker's zone. Vague words
// (尽快, 下周), past moments, ranges, questions, and numbers that only look like dates give none.
func DatesIn(text string, now time.Time) []Date {
	var found []Date
	for _, clause := range clauses(text) {
		plain := quotedNumber.ReplaceAllString(width.Fold.String(clause), "■")
		if asks(plain) {
			continue
		}
		for _, m := range dateForm.FindAllStringSubmatchIndex(plain, -1) {
			d := dateMatch{plain, m}
			at, ok := d.at(now)
			if !ok || !at.After(now) || !d.meant() || repeated(found, at) {
				continue
			}
			found = append(found, Date{At: at, Words: strings.Trim(clause, " \t\r\n,，。；;!！")})
		}
	}
	return found
}

func repeated(found []Date, at time.Time) bool {
	for _, d := range found {
		if d.At.Equal(at) {
			return true
		}
	}
	return false
}

// clauses parts a text into what is said in one breath; quoted lines are somebody else's.
func clauses(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			continue
		}
		from := 0
		for i, r := range line {
			if strings.ContainsRune("，。；！？;!?\n", r) || r == ',' {
				end := i + utf8.RuneLen(r)
				out, from = append(out, line[from:end]), end
			}
		}
		out = append(out, line[from:])
	}
	return out
}

// asks reports whether a clause is a question.
func asks(clause string) bool {
	clause = strings.TrimRightFunc(clause, unicode.IsSpace)
	return strings.HasSuffix(clause, "?") || strings.HasSuffix(strings.TrimRight(clause, ",.。 "), "吗")
}

// dateMatch is one match of dateForm in a text.
type dateMatch struct {
	text string
	m    []int
}

func (d dateMatch) group(name string) string {
	i := dateGroups[name]
	if d.m[2*i] < 0 {
		return ""
	}
	return d.text[d.m[2*i]:d.m[2*i+1]]
}

// either is a group of the time of day, behind a day or alone.
func (d dateMatch) either(name string) string { return d.group(name) + d.group(name+"2") }

func (d dateMatch) before() string { return d.text[:d.m[0]] }
func (d dateMatch) after() string  { return d.text[d.m[1]:] }

// dayless reports whether only a time of day was named.
func (d dateMatch) dayless() bool {
	for _, name := range []string{"passed", "rel", "weekday", "year", "month", "smonth", "dom", "monthend", "weekend"} {
		if d.group(name) != "" {
			return false
		}
	}
	return true
}

// meant reports whether the surroundings let it be a promise.
func (d dateMatch) meant() bool {
	before, _ := utf8.DecodeLastRuneInString(d.before())
	after, _ := utf8.DecodeRuneInString(d.after())
	if first := d.text[d.m[0]]; first < utf8.RuneSelf && joins(before) {
		return false
	}
	if last := d.text[d.m[1]-1]; last < utf8.RuneSelf && joins(after) {
		return false
	}
	switch {
	case codeBefore.MatchString(d.before()), asking.MatchString(d.before()), rangeAfter.MatchString(d.after()):
		return false
	case rangeBefore.MatchString(d.before()):
		return false
	case happened.MatchString(strings.TrimRight(d.after(), ",，。;；!！ \n")) && !ahead.MatchString(d.after()):
		return false
	case d.group("dom") != "" && d.either("hour") == "" && d.either("bare") == "":
		return dayUse.MatchString(d.after())
	case d.group("smonth") != "" && d.either("hour") == "" && d.either("bare") == "" && d.either("off") == "":
		return dueUse.MatchString(d.after())
	case d.dayless() && d.either("part") == "" && d.either("bare") == "" && d.either("off") == "":
		return dueUse.MatchString(d.after())
	}
	return true
}

// joins reports whether a character next to a number makes it part of a longer one.
func joins(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._/\\-#:%", r)
}

// at is the moment that was named; false: there is none.
func (d dateMatch) at(now time.Time) (time.Time, bool) {
	day, ok := d.day(now)
	if !ok {
		return time.Time{}, false
	}
	hour, minute, ok := d.clock()
	if !ok {
		return time.Time{}, false
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, now.Location())
	if !at.After(now) && d.group("weekday") != "" && d.group("which") == "" { // 周五, said on Friday night, is the next
		at = at.AddDate(0, 0, 7)
	}
	return at, true
}

// day is the day that was named, today when there is none.
func (d dateMatch) day(now time.Time) (time.Time, bool) {
	date := func(year int, month time.Month, day int) (time.Time, bool) {
		at := time.Date(year, month, day, 0, 0, 0, 0, now.Location())
		return at, at.Month() == month && at.Day() == day
	}
	today, _ := date(now.Year(), now.Month(), now.Day())
	switch {
	case d.group("passed") != "":
		return time.Time{}, false
	case d.group("rel") != "":
		return today.AddDate(0, 0, relativeDays[d.group("rel")]), true
	case d.group("weekday") != "":
		return d.dayOfWeek(today), true
	case d.group("weekend") != "":
		friday := today.AddDate(0, 0, 5-isoWeekday(today))
		if strings.HasPrefix(d.group("weekend"), "下") {
			friday = friday.AddDate(0, 0, 7)
		}
		return friday, true
	case d.group("year") != "":
		return date(count(d.group("year")), time.Month(count(d.group("ymonth"))), count(d.group("yday")))
	case d.group("month") != "" || d.group("smonth") != "":
		month, day := time.Month(count(d.group("month")+d.group("smonth"))), count(d.group("day")+d.group("sday"))
		at, ok := date(now.Year(), month, day)
		if ok && today.Sub(at) > 270*24*time.Hour { // 1月5日, said in December
			return date(now.Year()+1, month, day)
		}
		return at, ok
	case d.group("dom") != "":
		dom := count(d.group("dom"))
		if dom < now.Day() {
			return date(today.AddDate(0, 1, 1-now.Day()).Year(), today.AddDate(0, 1, 1-now.Day()).Month(), dom)
		}
		return date(now.Year(), now.Month(), dom)
	case d.group("monthend") != "":
		month := now.Month()
		switch {
		case strings.HasPrefix(d.group("monthend"), "下"):
			month++
		case d.group("endof") != "":
			if month = time.Month(count(d.group("endof"))); month < now.Month() {
				month += 12
			}
		}
		return time.Date(now.Year(), month+1, 0, 0, 0, 0, 0, now.Location()), count(d.group("endof")) <= 12
	}
	return today, true
}

var relativeDays = map[string]int{"今天": 0, "今日": 0, "今晚": 0, "今早": 0, "今夜": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3}

func isoWeekday(day time.Time) int { return (int(day.Weekday())+6)%7 + 1 }

func (d dateMatch) dayOfWeek(today time.Time) time.Time {
	named := d.group("weekday")
	r, _ := utf8.DecodeRuneInString(named)
	weekday := strings.IndexRune("一二三四五六日", r)/3 + 1
	switch {
	case r == '天':
		weekday = 7
	case r >= '1' && r <= '6':
		weekday = int(r - '0')
	}
	ahead := weekday - isoWeekday(today)
	switch d.group("which") {
	case "下":
		ahead += 7
	case "下下":
		ahead += 14
	case "":
		if ahead < 0 {
			ahead += 7
		}
	}
	return today.AddDate(0, 0, ahead)
}

// clock is the time of day that was named, or what the day, or the part of it, means without one.
func (d dateMatch) clock() (hour, minute int, ok bool) {
	part := d.either("part") + d.either("bare")
	evening := strings.ContainsAny(part, "晚夜") || strings.ContainsAny(d.group("rel"), "晚夜")
	morning := strings.ContainsAny(part, "早晨清") || part == "上午" || strings.HasSuffix(d.group("rel"), "早")
	if d.either("hour") == "" {
		switch {
		case d.either("off") != "":
			return dayEnds, 0, true
		case morning, part == "中午":
			return forenoonEnds, 0, true
		case evening:
			return eveningEnds, 0, true
		}
		return dayEnds, 0, true
	}
	hour = count(d.either("hour"))
	switch {
	case d.either("half") != "":
		minute = 30
	case d.either("quarter") != "":
		minute = 15 * count(d.either("quarter"))
	default:
		minute = count(d.either("minute") + d.either("past"))
	}
	switch {
	case evening && hour < 5: // after midnight
		hour += 24
	case part == "下午" || part == "傍晚" || evening:
		if hour <= 12 {
			hour += 12
		}
		if hour == 24 && !evening { // 下午12点
			hour = 12
		}
	case part == "中午" && hour < 5, part == "" && !morning && hour >= 1 && hour < 7 && d.either("minute") == "":
		hour += 12 // nobody promises three o'clock in the morning
	}
	return hour, minute, hour < 29 && minute < 60
}

// count reads a number of at most two digits, in either script; a year, too.
func count(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	tens, n, seen := 0, 0, false
	for _, r := range s {
		if r == '十' {
			if tens = n * 10; !seen {
				tens = 10
			}
			n, seen = 0, true
			continue
		}
		seen = true
		if r == '两' {
			r = '二'
		}
		n = strings.IndexRune("一二三四五六七八九", r)/3 + 1
	}
	return tens + n
}

// CutDate takes a date off the beginning of what a colleague typed: 周五 18:00 内容. ok is false when there is none.
func CutDate(text string, now time.Time) (at time.Time, rest string, ok bool) {
	text = strings.TrimSpace(text)
	folded := width.Fold.String(text)
	m := dateForm.FindStringSubmatchIndex(folded)
	if m == nil || m[0] != 0 {
		return at, text, false
	}
	if at, ok = (dateMatch{folded, m}).at(now); !ok {
		return at, text, false
	}
	rest = strings.TrimLeft(folded[m[1]:], " \t之以前内,，:：、")
	if len(rest) <= len(text) && strings.HasSuffix(text, rest) {
		return at, rest, true
	}
	skipped := utf8.RuneCountInString(folded) - utf8.RuneCountInString(rest) // folding keeps the number of characters
	return at, string([]rune(text)[min(skipped, utf8.RuneCountInString(text)):]), true
}
