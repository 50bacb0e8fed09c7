package feishu

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

var update = flag.Bool("update", false, "write the golden files anew")

// nasty is what a customer may write to see what happens.
const nasty = "**粗** <at id=all></at> <at user_id=\"all\">x</at> [链](http://x) `code` & <b>\n第二行 @所有人 \u202e👩‍👩‍👧"

var cards = map[string]tickets.Card{
	"ticket": {
		Title: "HLDL-0001 报错 P2", Colour: tickets.ColourNew, Summary: "HLDL-0001 新工单",
		Lines: []tickets.Line{
			{Label: "客户", Text: "恒力电缆 · 李工"},
			{Label: "最近", Text: nasty},
			{Label: "负责人", Text: "张伟", At: []tickets.RemoteID{"ou_zhang", "ou_li"}},
			{Text: "余 5 条 / 48 小时"},
		},
		Buttons: []tickets.Button{
			{Text: "接单", Verb: "claim", Ticket: 7, Style: "primary"},
			{Text: "回复客户", Verb: "reply_form", Ticket: 7},
			{Text: "解决", Verb: "solve_form", Ticket: 7},
		},
		More: "更多",
		Folded: []tickets.Button{
			{Text: "转派", Verb: "assign_form", Ticket: 7}, {Text: "等待", Verb: "wait", Ticket: 7},
			{Text: "改类", Verb: "type_form", Ticket: 7}, {Text: "备注", Verb: "note_form", Ticket: 7},
			{Text: "取消", Verb: "cancel", Ticket: 7, Style: "danger", Confirm: "真的取消这张工单吗？"},
			{Text: "发给客户", Verb: "send", Ticket: 7, Args: map[string]string{"message": "om_1"}},
		},
	},
	"form": {
		Title: "解决 HLDL-0001", Colour: tickets.ColourOurs,
		Form: &tickets.Form{
			Name: "solve",
			Inputs: []tickets.Input{
				{Name: "solution", Label: "方案", Placeholder: "客户会看到", Default: "重启了服务", Lines: 4, Required: true},
				{Name: "hours", Label: "工时"},
				{Name: "type", Label: "类型", Placeholder: "选一个", Default: "error", Required: true,
					Options: []tickets.Option{{Text: "业务中断", Value: "outage"}, {Text: "报错", Value: "error"}}},
			},
			Buttons: []tickets.Button{
				{Text: "提交", Verb: "solve", Ticket: 7, Style: "primary"},
				{Text: "存为备注", Verb: "note", Ticket: 7, Args: map[string]string{"from": "solve"}, Confirm: "只给同事看？"},
			},
		},
		Buttons: []tickets.Button{{Text: "取消", Verb: "close_form", Ticket: 7}},
	},
	"bare":        {Title: "HLDL-0002 已关闭", Colour: tickets.ColourWaiting},
	"odd_colours": {Title: "x", Colour: "pink", Lines: []tickets.Line{{Label: "只有标签"}, {At: []tickets.RemoteID{"ou_a", `ou_x></at><at id=all`, ""}}, {}}},
}

func TestRenderCardGolden(t *testing.T) {
	for name, card := range cards {
		got, err := RenderCard(card)
		require.NoError(t, err)
		var pretty bytes.Buffer
		require.NoError(t, json.Indent(&pretty, got, "", "  "))
		pretty.WriteByte('\n')
		path := filepath.Join("testdata", name+".golden.json")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(path, pretty.Bytes(), 0o644))
			continue
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), pretty.String(), name)
	}
}

// find gives the elements of a card that have a tag.
func find(t testing.TB, card []byte, tag string) []map[string]any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(card, &v))
	var found []map[string]any
	var walk func(any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			if x["tag"] == tag {
				found = append(found, x)
			}
			for _, child := range x {
				walk(child)
			}
		case []any:
			for _, child := range x {
				walk(child)
			}
		}
	}
	walk(v)
	return found
}

// Whatever words stand in a card, they stand in plain_text; markdown holds mentions alone.
func TestWordsAreInert(t *testing.T) {
	b := tickets.Button{Text: nasty, Verb: "x", Confirm: nasty}
	card, err := RenderCard(tickets.Card{
		Title: nasty, Summary: nasty, Lines: []tickets.Line{{Label: nasty, Text: nasty, At: []tickets.RemoteID{"ou_a"}}, {Text: nasty}},
		Form: &tickets.Form{Name: "f", Inputs: []tickets.Input{{Name: "a", Label: nasty, Placeholder: nasty, Default: nasty},
			{Name: "b", Label: nasty, Options: []tickets.Option{{Text: nasty, Value: nasty}}}}, Buttons: []tickets.Button{b}},
		Buttons: []tickets.Button{b}, More: nasty, Folded: []tickets.Button{b},
	})
	require.NoError(t, err)
	require.Empty(t, find(t, card, "lark_md"))
	for _, m := range find(t, card, "markdown") {
		require.Equal(t, "<at id=ou_a></at>", m["content"])
	}
	require.Len(t, find(t, card, "markdown"), 1)
	require.NotEmpty(t, find(t, card, "plain_text"))
}

func TestNamesAreUnique(t *testing.T) {
	var inputs []tickets.Input
	for _, name := range []string{"submit_1", "submit_3", "form_1", "f"} {
		inputs = append(inputs, tickets.Input{Name: name})
	}
	buttons := []tickets.Button{{Text: "a", Verb: "a"}, {Text: "b", Verb: "b"}, {Text: "c", Verb: "c"}}
	for _, form := range []string{"", "f", "g"} {
		card, err := RenderCard(tickets.Card{Form: &tickets.Form{Name: form, Inputs: inputs, Buttons: buttons}})
		require.NoError(t, err)
		seen := map[any]bool{}
		for _, tag := range []string{"input", "button", "form"} {
			for _, e := range find(t, card, tag) {
				require.NotEmpty(t, e["name"])
				require.False(t, seen[e["name"]], "%s twice", e["name"])
				seen[e["name"]] = true
			}
		}
	}
}

func TestLargeCards(t *testing.T) {
	var many []tickets.Line
	for i := range 300 {
		many = append(many, tickets.Line{Label: fmt.Sprint("第", i), Text: strings.Repeat("长", 50)})
	}
	buttons := make([]tickets.Button, 13)
	for i := range buttons {
		buttons[i] = tickets.Button{Text: fmt.Sprint("按钮", i), Verb: "v", Confirm: "真的？"}
	}
	for name, c := range map[string]tickets.Card{
		"one endless line":  {Title: "t", Lines: []tickets.Line{{Label: "最近", Text: strings.Repeat("长", 400_000)}}},
		"many long lines":   {Title: "t", Lines: slicesRepeat(tickets.Line{Label: "l", Text: strings.Repeat("\u0001", 4000)}, 30)},
		"hundreds of lines": {Title: "t", Lines: many, Buttons: buttons[:4], Folded: buttons[4:]},
		"endless title":     {Title: strings.Repeat("题", 5000), Summary: strings.Repeat("要", 5000)},
	} {
		card, err := RenderCard(c)
		require.NoError(t, err, name)
		require.LessOrEqual(t, len(card), 30<<10, name)
		require.True(t, json.Valid(card), name)
		n := 0
		for _, tag := range []string{"plain_text", "div", "column_set", "column", "button", "markdown", "collapsible_panel"} {
			n += len(find(t, card, tag))
		}
		require.LessOrEqual(t, n, 200, name)
		require.Contains(t, string(card), "…", "%s: what was cut is seen", name)
	}
	_, err := RenderCard(tickets.Card{Title: "t", Buttons: []tickets.Button{{Text: "x", Verb: strings.Repeat("v", 40<<10)}}})
	require.Equal(t, tickets.Rerender, bot.FailureOf(err).Class)
}

func slicesRepeat(l tickets.Line, n int) []tickets.Line {
	lines := make([]tickets.Line, n)
	for i := range lines {
		lines[i] = l
	}
	return lines
}

func TestPlainCard(t *testing.T) {
	require.Equal(t, "HLDL-0001 报错 P2\n客户: 恒力电缆 · 李工\n最近: "+nasty+"\n负责人: 张伟\n余 5 条 / 48 小时", PlainCard(cards["ticket"]))
	require.Equal(t, "t\n时间：明天\n只有标签", PlainCard(tickets.Card{Title: "t", Lines: []tickets.Line{
		{Label: "时间：", Text: "明天"}, {Label: "只有标签", At: []tickets.RemoteID{"ou_a"}}}}))
}

func BenchmarkRenderCard(b *testing.B) {
	for b.Loop() {
		if _, err := RenderCard(cards["ticket"]); err != nil {
			b.Fatal(err)
		}
	}
}
