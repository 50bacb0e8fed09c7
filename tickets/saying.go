package tickets

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Word is a plain word a contact may say instead of a command.
type Word string

// The words that the desk understands.
const (
	WordProgress Word = "progress"
	WordNudge    Word = "nudge"
	WordUrgent   Word = "urgent"
	WordReally   Word = "really" // 确认紧急
	WordCalm     Word = "calm"   // 误触, not urgent after all
	WordPerson   Word = "person"
	WordWho      Word = "who"
	WordRecords  Word = "records"
	WordNew      Word = "new"
	WordSolved   Word = "solved"
	WordUnsolved Word = "unsolved"
	WordSkip     Word = "skip"
	WordMenu     Word = "menu"
	WordMore     Word = "more"    // the rarer words
	WordManager  Word = "manager" // 找产品经理
	WordLeader   Word = "leader"  // 找领导
	WordSame     Word = "same"    // the same as a colleague's matter
	WordOther    Word = "other"   // not the same
)

// wordForms lists what is understood as each word, folded by fold.
var wordForms = map[string]Word{
	"进度": WordProgress, "progress": WordProgress, "status": WordProgress,
	"催办": WordNudge, "催一下": WordNudge, "nudge": WordNudge, "remind": WordNudge,
	"紧急": WordUrgent, "urgent": WordUrgent, "emergency": WordUrgent,
	"确认紧急": WordReally, "yes, urgent": WordReally,
	"不紧急": WordCalm, "误触": WordCalm, "not urgent": WordCalm,
	"转人工": WordPerson, "人工": WordPerson, "person": WordPerson, "agent": WordPerson,
	"找人": WordWho, "who": WordWho,
	"记录": WordRecords, "records": WordRecords, "history": WordRecords,
	"新问题": WordNew, "new": WordNew, "new question": WordNew, "new issue": WordNew,
	"已解决": WordSolved, "解决了": WordSolved, "solved": WordSolved,
	"未解决": WordUnsolved, "没解决": WordUnsolved, "没有解决": WordUnsolved, "not solved": WordUnsolved, "unsolved": WordUnsolved,
	"是同一件": WordSame, "同一件": WordSame, "it is the same": WordSame,
	"不是": WordOther, "不是同一件": WordOther, "it is not": WordOther,
	"跳过": WordSkip, "skip": WordSkip,
	"更多": WordMore, "more": WordMore,
	"找产品经理": WordManager, "产品经理": WordManager, "product manager": WordManager, "talk to the product manager": WordManager,
	"找领导": WordLeader, "领导": WordLeader, "leader": WordLeader, "manager": WordLeader, "talk to a manager": WordLeader,
	"菜单": WordMenu, "帮助": WordMenu, "menu": WordMenu, "help": WordMenu,
}

// numberForm is a ticket number, or its counter alone.
var numberForm = regexp.MustCompile(`^(?:([A-Za-z]{2,8})-?)?0*(\d{1,6})$`)

// fold makes what people type comparable: half width, lower case, single spaces, no closing punctuation.
func fold(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(width.Fold.String(text)), " "))
	return strings.TrimRight(text, "。.!！?？~，, ")
}

// wordIn recognises a word, with the number that may follow it.
func wordIn(text string) (word Word, number string, ok bool) {
	folded := fold(text)
	if w, known := wordForms[folded]; known {
		return w, "", true
	}
	head, rest, found := strings.Cut(folded, " ")
	if !found || !numberForm.MatchString(rest) {
		return "", "", false
	}
	w, known := wordForms[head]
	latin := head[0] < utf8.RuneSelf && rest[0] >= '0' && rest[0] <= '9' // "status 500" speaks of an error page
	return w, strings.ToUpper(rest), known && !latin && (w == WordProgress || w == WordNudge)
}

// Number completes what a person typed as a ticket number: inside a customer's chat the bare counter will do.
func Number(typed, code string) (string, bool) {
	m := numberForm.FindStringSubmatch(fold(typed))
	if m == nil {
		return "", false
	}
	if m[1] != "" {
		code = strings.ToUpper(m[1])
	}
	if code == "" {
		return "", false
	}
	return code + "-" + strings.Repeat("0", max(0, 4-len(m[2]))) + m[2], true
}

// Mood is how words after a solution are meant.
type Mood int

// The moods.
const (
	MoodOther Mood = iota
	MoodThanks
	MoodTrouble
)

var (
	thanksForm = regexp.MustCompile(`^(谢谢|多谢|感谢|好的?|好了|可以了|收到|嗯+|行|辛苦|ok|okay|thanks?|thank you|got it|我?试试|稍后|明天再?看|正在试|了解|知道了|明白)`)
	troubleIn  = regexp.MustCompile(`还是|又|仍|依然|不行|没好|没用|打不开|报错|失败|卡|不能|无法|异常|出错|复发|[未没]有?解决|again|still|fail|error|not work|broken|does ?n.t`)
)

// harmless words hold a word of trouble without meaning any.
var harmless = regexp.MustCompile(`能不能|不再?(卡|报错|转圈)|没有?再?(报错|异常|失败|卡)|no (more )?errors?|(thanks|thank you) again`)

// moodOf tells thanks from trouble in what is said after a solution. It is deliberately simple: what is neither is a matter of its own.
func moodOf(text string) Mood {
	folded := harmless.ReplaceAllString(fold(text), "")
	switch {
	case troubleIn.MatchString(folded):
		return MoodTrouble
	case thanksForm.MatchString(folded) && len([]rune(folded)) <= 16:
		return MoodThanks
	}
	return MoodOther
}
