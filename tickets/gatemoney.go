package tickets

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// yuanForm is an amount as people write it: 5000, 5,000.50, ¥5000, 5000元, 1.5万.
var yuanForm = regexp.MustCompile(`^[¥¥]?(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,4}))?(万)?(?:元|块|人民币|rmb|cny|yuan)?$`)

// maxCents bounds an amount at a hundred million yuan.
const maxCents = 100_000_000_00

// ParseYuan reads an amount in yuan as exact 分 (1/100 yuan). false: it is none, not above zero, finer than a 分, or too large.
func ParseYuan(text string) (cents int64, ok bool) {
	m := yuanForm.FindStringSubmatch(strings.ToLower(width.Fold.String(strings.TrimSpace(text))))
	if m == nil {
		return 0, false
	}
	shift := 2 // decimal places of a 分
	if m[3] != "" {
		shift += 4
	}
	fraction := strings.TrimRight(m[2], "0")
	if len(fraction) > shift {
		return 0, false
	}
	digits := strings.ReplaceAll(m[1], ",", "") + fraction + strings.Repeat("0", shift-len(fraction))
	cents, err := strconv.ParseInt(digits, 10, 64)
	return cents, err == nil && cents > 0 && cents <= maxCents
}

// Yuan writes 分 as yuan: without a fraction where there is none.
func Yuan(cents int64) string {
	if cents%100 == 0 {
		return strconv.FormatInt(cents/100, 10)
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}
