package tickets

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Two reports are alike when this share of the shorter one's word pairs stands in the other; a single common pair has to be more of it.
const (
	alikeShare    = 0.35
	alikeByOne    = 0.5
	alikeVerbatim = 4 // runes: the same words again, however everyday
)

// everyday words stand in half of all reports and say nothing about which matter is meant.
var everyday = regexp.MustCompile(`打不开|用不了|不能用|进不去|上不去|登不上|报错|出错|错误|失败|异常|故障|不能|无法|不了|不行|卡住|很卡|卡顿|卡死|一直|今天|昨天|刚才|刚刚|现在|` +
	`怎么|什么|为什么|请问|您好|你好|麻烦|谢谢|帮忙|看看|看一下|处理|我们|你们|公司|这边|系统|软件|页面|界面|问题|出现|提示|显示|全部|所有|都|也|还|又|就|了|的|吗|呢|啊|是|在|` +
	`\b(the|a|an|is|are|not|cannot|can|does|do|we|our|my|please|hello|hi|error|fails?|failed|page|system|problem|it|to|in|on|of|and)\b`)

// placeholder stands for what was no text.
var placeholder = regexp.MustCompile(`\[[^\]]*\]`)

// alike reports whether two texts of one customer's people may speak of the same matter. It only decides whether the contact is asked.
func alike(a, b string) bool {
	a, b = fold(placeholder.ReplaceAllString(a, " ")), fold(placeholder.ReplaceAllString(b, " "))
	if a == b && utf8.RuneCountInString(a) >= alikeVerbatim {
		return true
	}
	x, y := pairs(a), pairs(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	common := 0
	for p := range x {
		if y[p] {
			common++
		}
	}
	share := float64(common) / float64(max(1, len(x)))
	switch {
	case len(x) == 0: // says only that something does not work
		return moodOf(a) == MoodTrouble && moodOf(b) == MoodTrouble
	case common == 1:
		return share >= alikeByOne
	}
	return share >= alikeShare
}

// pairs are the neighbouring characters of a Chinese text, and whole words of others, without everyday words.
func pairs(text string) map[string]bool {
	found := map[string]bool{}
	apart := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, word := range strings.FieldsFunc(everyday.ReplaceAllString(text, " "), apart) {
		var run []rune
		latin := ""
		flush := func() {
			for i := 0; i+1 < len(run); i++ {
				found[string(run[i:i+2])] = true
			}
			if utf8.RuneCountInString(latin) > 1 {
				found[latin] = true
			}
			run, latin = nil, ""
		}
		for _, r := range word {
			switch han := unicode.Is(unicode.Han, r); {
			case han && latin != "", !han && len(run) > 0:
				flush()
			}
			if unicode.Is(unicode.Han, r) {
				run = append(run, r)
			} else {
				latin += string(r)
			}
		}
		flush()
	}
	return found
}

// sameMatter reports whether two open tickets may be one: both outages, the same module, or alike words.
func sameMatter(a, b *Ticket) bool {
	switch {
	case a.Type == TypeOutage && b.Type == TypeOutage:
		return true
	case a.Module != "" && a.Module == b.Module:
		return true
	}
	return alike(a.Title+" "+a.LastWords, b.Title+" "+b.LastWords) || alike(a.Title, b.Title)
}
