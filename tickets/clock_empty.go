package tickets

import (
	"regexp"
	"strings"
)

// emptyWords are what an answer may consist of and still say nothing: greetings, "received", "one moment", thanks, and promises without a time.
var emptyWords = regexp.MustCompile(`^(?:您好|你好|hi|hello|dear|亲|老师|好的?|嗯+|哦|ok|okay|行|是的|可以|没问题|no problem|sure|` +
	`(?:已经?)?收到|(?:已经?)?知道|(?:已经?)?了解|(?:已经?)?记录|明白|got it|received|noted|` +
	`请?您?(?:再|先)?(?:稍等|稍候|稍后|等一下|等等|等下|等一会儿?|耐心等待)(?:片刻|一下|一会儿?|哈)?|(?:one|just a) moment|wait|hold on|please|` +
	`(?:我们?|我这边|这边)?(?:马上|立刻|立即|正在|在|会|将|现在|先|尽快|抓紧|去)+(?:给您?|为您|帮您|帮你)*` +
	`(?:处理|看看?|查看|查|跟进|排查|核实|回复|回复您|安排|解决)(?:一下|下|中|这个问题|问题)?|` +
	`(?:我们?|我)?(?:处理中|排查中|核实中|跟进中|看一下|看看|查一下)|` +
	`checking|looking(?: into it)?|working on it|we|are|will|i|am|it|on|` +
	`谢谢|感谢|多谢|辛苦|thanks?|thank you|您|了|的|啊|哈|吧|呢|哦|噢|~|[\s,，.。!！?？、;；:：…~～^_\-])+$`)

// emptyAnswer reports whether words to a customer say nothing: 收到, 稍等, 好的, 正在处理 and the like. Pictures without words are no empty answer.
func emptyAnswer(text string) bool {
	folded := strings.TrimSpace(fold(text))
	return folded != "" && len([]rune(folded)) <= 40 && emptyWords.MatchString(folded)
}
