package tickets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/words"
)

var ruleNow = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

func TestRulesMatchByAllTheirConditions(t *testing.T) {
	facts := ruleFacts{text: "标签打印机 OFFLINE 了", customer: customers.Customer{Code: "HLDL", Tier: customers.TierA}, now: ruleNow}
	ticket := Ticket{Type: TypeError, Priority: 3, Module: "ERP/库存", OpenedAt: ruleNow.Add(-25 * time.Hour)}
	for name, c := range map[string]struct {
		doc  RuleDoc
		want bool
	}{
		"no condition":          {RuleDoc{}, true},
		"any of the words":      {RuleDoc{Words: []string{"扫码", "offline"}}, true},
		"none of the words":     {RuleDoc{Words: []string{"扫码"}}, false},
		"a module above":        {RuleDoc{Modules: []string{"ERP"}}, true},
		"a module like it":      {RuleDoc{Modules: []string{"ERP/库"}}, false},
		"type and tier":         {RuleDoc{Types: []Type{TypeError}, Tiers: []customers.Tier{"A", "B"}}, true},
		"type, but not tier":    {RuleDoc{Types: []Type{TypeError}, Tiers: []customers.Tier{"C"}}, false},
		"customer":              {RuleDoc{Customers: []string{"HLDL"}}, true},
		"another customer":      {RuleDoc{Customers: []string{"XWJX"}}, false},
		"open for so long":      {RuleDoc{After: 24 * time.Hour, Lacks: LackResponse}, true},
		"not for so long":       {RuleDoc{After: 48 * time.Hour}, false},
		"without a diagnosis":   {RuleDoc{Lacks: LackDiagnosis}, true},
		"without a workaround":  {RuleDoc{Lacks: LackWorkaround}, true},
		"module not known here": {RuleDoc{Modules: []string{"MES"}}, false},
	} {
		require.Equal(t, c.want, c.doc.matches(&ticket, facts), name)
	}
	ticket.RespondedAt = ruleNow
	require.False(t, RuleDoc{Lacks: LackResponse}.matches(&ticket, facts))
}

func TestRulesActInOrderAndOnce(t *testing.T) {
	rules := []Rule{
		{ID: 1, Event: RuleOpened, Doc: RuleDoc{Words: []string{"打印"}, Type: TypeEnvironment}},
		{ID: 2, Event: RuleOpened, Doc: RuleDoc{Types: []Type{TypeEnvironment}, Module: "网络与服务器", To: 7}},
		{ID: 3, Event: RuleOpened, Doc: RuleDoc{Modules: []string{"网络与服务器"}, Priority: 2, Tag: "现场"}},
		{ID: 4, Event: RuleWords, Doc: RuleDoc{Priority: 1}},
	}
	ticket := Ticket{Type: TypeError, Priority: 3}
	by := ruled(rules, RuleOpened, &ticket, ruleFacts{text: "打印不出来", now: ruleNow})
	require.Len(t, by.acted, 3)
	require.Empty(t, by.looping)
	require.EqualValues(t, 2, by.assign.ID)
	require.Equal(t, Ticket{Type: TypeEnvironment, Priority: 2, Module: "网络与服务器", Tags: "现场"}, ticket)
}

func TestRulesThatTriggerThemselvesStopAfterOnePass(t *testing.T) {
	raise := Rule{ID: 1, Event: RuleChanged, Doc: RuleDoc{Types: []Type{TypeError}, Raise: 1}}
	ticket := Ticket{Type: TypeError, Priority: 4}
	by := ruled([]Rule{raise}, RuleChanged, &ticket, ruleFacts{now: ruleNow})
	require.Equal(t, Priority(3), ticket.Priority)
	require.Equal(t, []Rule{raise}, by.looping)

	there := Rule{ID: 1, Event: RuleChanged, Doc: RuleDoc{Types: []Type{TypeError}, Type: TypeEnvironment}}
	back := Rule{ID: 2, Event: RuleChanged, Doc: RuleDoc{Types: []Type{TypeEnvironment}, Type: TypeError}}
	ticket = Ticket{Type: TypeError, Priority: 3}
	by = ruled([]Rule{back, there}, RuleChanged, &ticket, ruleFacts{now: ruleNow})
	require.Equal(t, []Rule{there, back}, by.acted, "each once")
	require.Equal(t, TypeError, ticket.Type)
	require.Equal(t, []Rule{there}, by.looping)

	opened := Rule{ID: 3, Event: RuleOpened, Doc: RuleDoc{Priority: 2}}
	ticket = Ticket{Type: TypeError, Priority: 3}
	by = ruled([]Rule{opened, raise}, RuleOpened, &ticket, ruleFacts{now: ruleNow})
	require.Len(t, by.acted, 2, "what a rule changes is a change")
	require.Equal(t, Priority(1), ticket.Priority)
	require.Empty(t, ruled(nil, RuleOpened, &ticket, ruleFacts{}).acted)
}

func TestRulesToAndFromAnOutage(t *testing.T) {
	require.Equal(t, Priority(1), RuleDoc{Type: TypeOutage}.result(Ticket{Type: TypeError, Priority: 3}).Priority)
	require.Equal(t, Priority(3), RuleDoc{Type: TypeError}.result(Ticket{Type: TypeOutage, Priority: 1}).Priority)
	require.Equal(t, Priority(1), RuleDoc{Type: TypeError}.result(Ticket{Type: TypeOutage, Priority: 1, Urgent: true}).Priority)
	require.Equal(t, Priority(4), RuleDoc{Raise: -1}.result(Ticket{Priority: 4}).Priority)
}

func TestRuleTextIsWhatMayBeTyped(t *testing.T) {
	r := Rule{Event: RuleTime, Doc: RuleDoc{Words: []string{"打印", "标 签"}, Types: []Type{TypeError, TypeOutage}, Tiers: []customers.Tier{"A"},
		After: 90 * time.Minute, Lacks: LackResponse, Raise: 1, ToRole: customers.RoleSecondLevel, Tag: "急"}}
	require.Equal(t, `当=超时 词="打印,标 签" 类型=报错,业务中断 分层=A 已开=90m 缺=响应 则 优先级=升 派给=二线 标签=急`, RuleText(r, words.In("zh-CN"), nil))
	for text, want := range map[string]time.Duration{"2d": 48 * time.Hour, "3小时": 3 * time.Hour, "30m": 30 * time.Minute, "1天": 24 * time.Hour} {
		got, ok := longTime(text)
		require.True(t, ok, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "0d", "x", "99999d", "-1h"} {
		_, ok := longTime(text)
		require.False(t, ok, text)
	}
}

func TestNamesOfModulesTypesAndPriorities(t *testing.T) {
	for name, want := range map[string]string{"财务": "ERP/财务", "erp/财务": "ERP/财务", "mes": "MES", "网络": "网络与服务器", "服务器": "网络与服务器"} {
		got, ok := ModuleNamed(sampleModules, name)
		require.True(t, ok, name)
		require.Equal(t, want, got)
	}
	for _, name := range []string{"", "ERP", "仓储"} { // nothing, several, none
		_, ok := ModuleNamed(sampleModules, name)
		require.False(t, ok, name)
	}
	for _, name := range []string{"业务中断", "Outage", "报错", "how-to"} {
		_, ok := TypeNamed(name)
		require.True(t, ok, name)
	}
	p, ok := PriorityNamed("P2")
	require.True(t, ok)
	require.Equal(t, Priority(2), p)
	_, ok = PriorityNamed("0")
	require.False(t, ok)
}
