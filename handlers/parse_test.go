package handlers

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWhateverBeginsWithASlashIsACommand(t *testing.T) {
	for text, want := range map[string]typed{
		"/回复 您好":          {"回复", "您好"},
		"／回复　您好":          {"回复", "您好"},
		"/ 回复 您好":         {"回复", "您好"},
		"  /HUIFU  a  b ": {"huifu", "a  b "},
		"／ＣＬＡＩＭ":          {"claim", ""},
		"/":               {"", ""},
		"/解决 第一行\n第二行":    {"解决", "第一行\n第二行"},
	} {
		got, ok := parseCommand(text)
		require.True(t, ok, text)
		require.Equal(t, want.verb, got.verb, text)
		require.Equal(t, strings.TrimSpace(want.rest), strings.TrimSpace(got.rest), text)
	}
	for _, text := range []string{"回复 /您好", "", "你好", "\\回复"} {
		_, ok := parseCommand(text)
		require.False(t, ok, text)
	}
}

func TestAliasesFindTheirVerbAndUnknownOnesTheirNeighbours(t *testing.T) {
	for _, verb := range []string{"接单", "jiedan", "claim"} {
		require.Equal(t, "claim", lookup(verb).name)
	}
	require.Nil(t, lookup("jiedna"))
	require.Contains(t, nearest("jiedna"), "/接单")
	require.Len(t, nearest("完全不认识"), 3)
}

func TestEveryNameOfAVerbIsItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, cmd := range commands {
		for _, n := range append([]string{cmd.verb}, cmd.aliases...) {
			require.Empty(t, seen[n], "%s is used by %s and %s", n, seen[n], cmd.name)
			seen[n] = cmd.name
		}
	}
}

func TestFieldsAreTakenOutOfTheWords(t *testing.T) {
	words, fields := cutFields(`重启服务 措施="清理缓存 重启" 工时=2 版本=3`, solveFields)
	require.Equal(t, "重启服务 版本=3", words)
	require.Equal(t, map[string]string{"措施": "清理缓存 重启", "工时": "2"}, fields)
}

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"/回复 HLDL-0001 您好", "／ ", "/\x00", "/解决 a=\"b", strings.Repeat("/", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cmd, ok := parseCommand(text)
		if !ok {
			return
		}
		_, after, _ := cutNumber(cmd.rest)
		words, _ := cutFields(after, solveFields)
		if utf8.ValidString(text) && !utf8.ValidString(words) {
			t.Fatalf("valid text became invalid: %q", words)
		}
		if len(nearest(cmd.verb)) != 3 {
			t.Fatal("three neighbours are promised")
		}
	})
}
