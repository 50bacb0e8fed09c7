package tickets

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseYuan(t *testing.T) {
	for text, cents := range map[string]int64{
		"5000": 5000_00, "5,000": 5000_00, "¥5000": 5000_00, "￥800.5": 800_50, "0.01": 1, "1.5万": 15000_00, "3万元": 30000_00,
		"12.3456万": 123456_00, "１２００元": 1200_00, "99.90 ": 99_90, "1,234,567.89": 1234567_89, "100RMB": 100_00, "5000.00": 5000_00,
	} {
		got, ok := ParseYuan(text)
		require.True(t, ok, text)
		require.Equal(t, cents, got, text)
	}
	for _, text := range []string{"", "很多", "0", "0.00", "-5", "1.005", "5,00", "1e6", "$5", "9999999999", "99999万", "1.23456万", "五千", "5000美元"} {
		_, ok := ParseYuan(text)
		require.False(t, ok, text)
	}
}

func TestYuan(t *testing.T) {
	require.Equal(t, "5000", Yuan(5000_00))
	require.Equal(t, "800.50", Yuan(800_50))
	require.Equal(t, "0.01", Yuan(1))
}

func TestNextLevel(t *testing.T) {
	for _, c := range []struct {
		name  string
		gates []Gate
		round int
		want  int
	}{
		{"nothing yet", nil, 0, 2},
		{"the first was answered", []Gate{{Level: 2}}, 0, 3},
		{"the last was answered", []Gate{{Level: 2}, {Level: 3}}, 0, 3},
		{"reopened", []Gate{{Level: 2}, {Level: 3}}, 1, 2},
		{"passed over the first", []Gate{{Level: 3, Round: 1}}, 1, 3},
	} {
		require.Equal(t, c.want, nextLevel(c.gates, c.round), c.name)
	}
}

func TestOnlyBudgetAndTimeArePersonal(t *testing.T) {
	for _, a := range GateAnswers {
		require.Equal(t, a == GateMoney || a == GateTakeOver, a.personal(), a)
	}
}

func TestLineForm(t *testing.T) {
	for _, text := range []string{"找领导：我要说明", "找产品经理 什么时候上线", "找领导，很急"} {
		require.True(t, lineForm.MatchString(text), text)
	}
	for _, text := range []string{"找领导", "找领导签字的单子打不开", "我要找领导 说明", "找领导：", "找产品经理  "} {
		require.False(t, lineForm.MatchString(text), text)
	}
}
