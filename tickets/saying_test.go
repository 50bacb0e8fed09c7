package tickets

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWordsAreUnderstoodHoweverTheyAreTyped(t *testing.T) {
	for text, want := range map[string]Word{
		"进度": WordProgress, " 进度。": WordProgress, "STATUS": WordProgress, "Ｓｔａｔｕｓ": WordProgress, "紧急！！": WordUrgent,
		"确认紧急": WordReally, "已解决": WordSolved, "Not  solved.": WordUnsolved, "转人工": WordPerson, "新问题": WordNew,
	} {
		got, number, ok := wordIn(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
		require.Empty(t, number)
	}
	for _, text := range []string{"进度怎么样了", "请问已解决了吗", "", "记录本丢了", "进度 明天"} {
		_, _, ok := wordIn(text)
		require.False(t, ok, text)
	}
	word, number, ok := wordIn("进度 hldl-12")
	require.True(t, ok)
	require.Equal(t, WordProgress, word)
	require.Equal(t, "HLDL-12", number)
}

func TestNumbersAreCompletedInsideACustomersChat(t *testing.T) {
	for typed, want := range map[string]string{"123": "HLDL-0123", "hdqp-7": "HDQP-0007", "HDQP0012": "HDQP-0012", "＃": "", "HLDL-": "", "12345": "HLDL-12345", "１２": "HLDL-0012"} {
		got, ok := Number(typed, "HLDL")
		require.Equal(t, want != "", ok, typed)
		require.Equal(t, want, got, typed)
	}
	_, ok := Number("123", "")
	require.False(t, ok, "without a customer a bare counter says nothing")
}

func TestThanksAndTroubleAreToldApart(t *testing.T) {
	for text, want := range map[string]Mood{
		"谢谢": MoodThanks, "好的，收到": MoodThanks, "OK": MoodThanks, "还是打不开": MoodTrouble, "好的，但是又报错了": MoodTrouble, "好的，不卡了，谢谢": MoodThanks, "Thanks again!": MoodOther, "没再报错": MoodOther,
		"It still fails": MoodTrouble, "另外想问怎么导出报表": MoodOther, "好多人都问怎么导出报表，能不能教一下我们": MoodOther,
	} {
		require.Equal(t, want, moodOf(text), text)
	}
}

func TestLongTextIsSplitOnRuneBordersAndLosesNothing(t *testing.T) {
	text := strings.Repeat("库存查询一直转圈🙂 ", 900)
	parts := SplitText(text, MaxCustomerText)
	require.Greater(t, len(parts), 1)
	for _, p := range parts {
		require.LessOrEqual(t, len(p), MaxCustomerText)
		require.True(t, utf8.ValidString(p))
	}
	require.Equal(t, text, strings.Join(parts, ""))
	require.Equal(t, []string{""}, SplitText("", 10))
	require.Equal(t, strings.Repeat("\x80", 25), strings.Join(SplitText(strings.Repeat("\x80", 25), 10), ""))
}

func TestShortenMarksTheCutAndKeepsOneLine(t *testing.T) {
	require.Equal(t, "一二 三", Shorten(" 一二\n三", 30))
	require.Equal(t, "一二…", Shorten("一二三四", 3))
}
