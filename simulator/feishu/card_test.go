package feishu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cardOf is a card 2.0 with these elements.
func cardOf(elements ...any) string {
	return encode(obj{"schema": "2.0", "header": obj{"title": plain("工单 HLDL-0001"), "template": "blue"}, "body": obj{"elements": elements}})
}

func plain(text string) obj { return obj{"tag": "plain_text", "content": text} }

func callbackButton(label string, value any) obj {
	return obj{"tag": "button", "text": plain(label), "behaviors": []any{obj{"type": "callback", "value": value}}}
}

func submitButton(label string) obj {
	return obj{"tag": "button", "name": "submit_" + fmt.Sprint(len(label)), "text": plain(label), "form_action_type": "submit"}
}

func form(elements ...any) obj {
	return obj{"tag": "form", "name": "f", "elements": elements}
}

func panel(title string, elements ...any) obj {
	return obj{"tag": "collapsible_panel", "expanded": false, "header": obj{"title": plain(title)}, "elements": elements}
}

func columns(elements ...any) obj {
	var list []any
	for _, e := range elements {
		list = append(list, obj{"tag": "column", "width": "weighted", "weight": 1, "elements": []any{e}})
	}
	return obj{"tag": "column_set", "flex_mode": "flow", "columns": list}
}

func table(rows ...any) obj {
	return obj{"tag": "table", "page_size": 5, "columns": []any{obj{"name": "a", "display_name": "甲", "data_type": "text"}}, "rows": rows}
}

// nest wraps an element into n containers.
func nest(n int, e obj) obj {
	for range n {
		e = panel("p", e)
	}
	return e
}

func repeat(n int, e obj) []any {
	var list []any
	for range n {
		list = append(list, e)
	}
	return list
}

func TestCardRules(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	zhang := b.user("张伟")
	md := func(text string) obj { return obj{"tag": "markdown", "content": text} }
	input := func(name string) obj { return obj{"tag": "input", "name": name} }
	mdTable := "| a |\n|---|\n| 1 |"
	raw := func(v any) string { return encode(v) }
	for _, c := range []struct {
		name, card string
		code       int
		inner      int
	}{
		{"plain", cardOf(md("hello"), callbackButton("接单", obj{"a": 1})), 0, 0},
		{"too many bytes", cardOf(md(strings.Repeat("a", maxPost))), 230025, 0},
		{"no JSON", "{", 230099, cardJSON},
		{"unknown tag", cardOf(obj{"tag": "blink"}), 230099, cardTag},
		{"tag of 1.0", cardOf(obj{"tag": "action", "actions": []any{}}), 230099, cardTag},
		{"note of 1.0", cardOf(obj{"tag": "note"}), 230099, cardTag},
		{"unknown field", cardOf(obj{"tag": "markdown", "content": "x", "colour": "red"}), 230099, cardJSON},
		{"unknown root field", raw(obj{"schema": "2.0", "elements": []any{}}), 230099, cardJSON},
		{"unknown field of a column", cardOf(obj{"tag": "column_set", "columns": []any{obj{"tag": "column", "x": 1}}}), 230099, cardJSON},
		{"value of 1.0 on a button", cardOf(obj{"tag": "button", "text": plain("x"), "value": obj{}}), 230099, cardJSON},
		{"unknown behaviour", cardOf(obj{"tag": "button", "text": plain("x"), "behaviors": []any{obj{"type": "dance"}}}), 230099, cardJSON},
		{"unknown header colour", raw(obj{"schema": "2.0", "header": obj{"title": plain("x"), "template": "pink"}}), 230099, cardJSON},
		{"not shared", raw(obj{"schema": "2.0", "config": obj{"update_multi": false}}), 230099, cardJSON},
		{"200 components", cardOf(repeat(maxComponents-1, md("x"))...), 0, 0},
		{"201 components", cardOf(repeat(maxComponents, md("x"))...), 230099, cardElements},
		{"plain_text counts", cardOf(repeat(100, obj{"tag": "div", "text": plain("x")})...), 230099, cardElements},
		{"five containers deep", cardOf(nest(5, md("x"))), 0, 0},
		{"six containers deep", cardOf(nest(6, md("x"))), 230099, cardElements},
		{"five tables", cardOf(table(), table(), table(), table(), md(mdTable)), 0, 0},
		{"six tables", cardOf(table(), table(), table(), table(), table(), md(mdTable)), 230099, cardElements},
		{"table in a column", cardOf(columns(table())), 230099, cardElements},
		{"table row of another column", cardOf(table(obj{"b": 1})), 230099, cardRowName},
		{"at of a colleague", cardOf(md("<at id=" + zhang + "></at>")), 0, 0},
		{"at of nobody", cardOf(md("<at id=ou_nobody></at>")), 230099, cardPerson},
		{"at of nobody in lark_md", cardOf(obj{"tag": "div", "text": obj{"tag": "lark_md", "content": `<at id="ou_x"></at>`}}), 230099, cardPerson},
		{"the same in plain_text is words", cardOf(obj{"tag": "div", "text": plain("<at id=ou_nobody></at>")}), 0, 0},
		{"person of nobody", cardOf(obj{"tag": "person", "user_id": "ou_x"}), 230099, cardPerson},
		{"unknown image", cardOf(obj{"tag": "img", "img_key": "img_x"}), 230099, cardImage},
		{"chart without type", cardOf(obj{"tag": "chart", "chart_spec": obj{}}), 230099, cardChart},
		{"form", cardOf(form(input("a"), submitButton("好"))), 0, 0},
		{"form without submit", cardOf(form(input("a"))), 230099, cardElements},
		{"form without name", cardOf(obj{"tag": "form", "elements": []any{submitButton("好")}}), 230099, cardElements},
		{"field without name", cardOf(form(obj{"tag": "input"}, submitButton("好"))), 230099, cardElements},
		{"name twice", cardOf(form(input("a"), input("a"), submitButton("好"))), 230099, cardElements},
		{"form in a panel", cardOf(panel("p", form(input("a"), submitButton("好")))), 230099, cardElements},
		{"submit outside a form", cardOf(submitButton("好")), 230099, cardElements},
		{"multi select outside a form", cardOf(obj{"tag": "multi_select_static", "name": "m", "options": []any{}}), 230099, cardElements},
		{"element_id twice", cardOf(obj{"tag": "hr", "element_id": "x"}, obj{"tag": "hr", "element_id": "x"}), 230099, cardElements},
		{"malformed element_id", cardOf(obj{"tag": "hr", "element_id": "1x"}), 230099, cardElements},
		{"button text at its limit", cardOf(callbackButton(strings.Repeat("字", maxButtonText), obj{})), 0, 0},
		{"button text too long", cardOf(callbackButton(strings.Repeat("字", maxButtonText+1), obj{})), 230099, cardElements},
		{"input too long", cardOf(obj{"tag": "input", "name": "i", "max_length": maxInputLength + 1}), 230099, cardElements},
		{"template", raw(obj{"type": "template", "data": obj{"template_id": "AAq"}}), 230099, cardTemplate},
		{"card entity", raw(obj{"type": "card", "data": obj{"card_id": "7"}}), 230099, cardElements},
		{"1.0 forgives", raw(obj{"elements": []any{obj{"tag": "blink", "x": 1}}, "y": 2}), 0, 0},
		{"1.0 at of nobody", raw(obj{"elements": []any{md("<at id=ou_x></at>")}}), 230099, cardPerson},
	} {
		resp := b.send("chat_id", chat, "interactive", c.card, "")
		require.Equal(t, c.code, resp.Code, "%s: %s", c.name, resp.Msg)
		if c.inner != 0 {
			require.Contains(t, resp.Msg, fmt.Sprintf("ErrCode: %d;", c.inner), c.name)
		}
	}
}

func TestVisibleWordsOfACard(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	card := encode(obj{
		"schema": "2.0",
		"config": obj{"summary": obj{"content": "unseen"}},
		"header": obj{"title": plain("工单 <b>1</b>"), "subtitle": plain("恒力电缆"), "text_tag_list": []any{obj{"tag": "text_tag", "text": plain("紧急"), "color": "red"}}},
		"body": obj{"elements": []any{
			obj{"tag": "markdown", "content": "**库存** [链接](https://a.example) <font color='red'>红</font> <at id=" + b.user("张伟") + "></at>"},
			obj{"tag": "div", "text": plain("**不变** <at id=all></at>")},
			obj{"tag": "markdown", "content": "english", "i18n_content": obj{"zh_cn": "中文"}},
			columns(callbackButton("接单", obj{"do": "claim"}), obj{"tag": "person", "user_id": b.user("李娜")}),
			table(obj{"a": "格"}),
			panel("更多", callbackButton("转派", obj{"do": "assign"}), nest(2, callbackButton("历史", obj{}))),
			obj{"tag": "overflow", "options": []any{obj{"text": plain("合并"), "value": "merge"}}, "behaviors": []any{obj{"type": "callback"}}},
			form(obj{"tag": "input", "name": "reply", "label": plain("回复内容"), "placeholder": plain("写在这里")}, submitButton("发送")),
		}},
	})
	m := b.message(chat, b.sent(chat, "interactive", card))
	require.Equal(t, "工单 <b>1</b>\n恒力电缆\n紧急\n库存 链接 红 @张伟\n**不变** <at id=all></at>\n中文\n李娜\n甲\n格\n更多\np\np\n回复内容", m["text"])
	require.Equal(t, []any{"接单", "转派", "历史", "合并", "发送"}, m["buttons"])
	require.Equal(t, []any{b.user("张伟")}, m["mentions"], "plain text notifies nobody")
	require.Equal(t, "2.0", m["card"].(obj)["schema"])
}

func TestMarkdownTables(t *testing.T) {
	require.Equal(t, 2, markdownTables("| a | b |\n| --- | :-: |\n| 1 | 2 |\n\ntext\n| c |\n|-|\n"))
	require.Equal(t, 0, markdownTables("a | b\nno rule\n---\n|x|"))
}
