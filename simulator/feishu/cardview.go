package feishu

import (
	"fmt"
	"strings"
)

// cardView is what a person sees of a card, and what he can press.
type cardView struct {
	s        *Server
	v2       bool
	lines    []string
	buttons  []string // labels of everything that acts at a click, the ones folded away too
	controls []control
}

// control is a component that a person can act on.
type control struct {
	label  string
	tag    string
	name   string
	option string         // value of the option that label names; "" for the component itself
	elem   map[string]any // the component
	form   *formView      // around it, if any
	v2     bool           // of a card 2.0
}

// formView is a form with its fields in order.
type formView struct {
	name   string
	fields []map[string]any
}

// words are the visible words of header and body.
func (v *cardView) words() string { return strings.Join(v.lines, "\n") }

// viewCard reads a card, 1.0 or 2.0, as a client with the language zh_cn shows it.
func (s *Server) viewCard(card map[string]any) *cardView {
	v := &cardView{s: s, v2: isV2(card)}
	header, _ := card["header"].(map[string]any)
	v.text(header["title"])
	v.text(header["subtitle"])
	tags, _ := header["text_tag_list"].([]any)
	for _, t := range tags {
		tag, _ := t.(map[string]any)
		v.text(tag["text"])
	}
	if v.v2 {
		body, _ := card["body"].(map[string]any)
		v.elements(body["elements"], nil)
		return v
	}
	v.elements(card["elements"], nil)
	local, _ := card["i18n_elements"].(map[string]any)
	v.elements(local["zh_cn"], nil)
	return v
}

// say adds a visible line.
func (v *cardView) say(words string) {
	if strings.TrimSpace(words) != "" {
		v.lines = append(v.lines, words)
	}
}

// text adds the words of a text object.
func (v *cardView) text(x any) { v.say(v.wordsOf(x)) }

// wordsOf reads a text object; plain_text shows its characters as they are.
func (v *cardView) wordsOf(x any) string {
	t, _ := x.(map[string]any)
	words := localText(t)
	if tag := str(t, "tag"); tag == "lark_md" || tag == "markdown" {
		words, _, _ = v.s.markdown(words)
	}
	return words
}

// localText is a text's content in the client's language.
func localText(t map[string]any) string {
	local, _ := t["i18n_content"].(map[string]any)
	if words := str(local, "zh_cn"); words != "" {
		return words
	}
	return str(t, "content")
}

func (v *cardView) elements(x any, form *formView) {
	list, _ := x.([]any)
	for _, e := range list {
		if elem, ok := e.(map[string]any); ok {
			v.element(elem, form)
		}
	}
}

func (v *cardView) element(e map[string]any, form *formView) {
	switch tag := str(e, "tag"); tag {
	case "markdown":
		words, _, _ := v.s.markdown(localText(e))
		v.say(words)
	case "lark_md", "plain_text":
		v.text(e)
	case "person":
		v.say(v.s.nameOf(str(e, "user_id")))
	case "person_list":
		v.people(e["persons"])
	case "table":
		v.table(e)
	case "form":
		v.elements(e["elements"], &formView{name: str(e, "name")})
	case "action":
		v.elements(e["actions"], form)
	case "button":
		v.control(e, form, v.wordsOf(e["text"]), "")
	case "overflow":
		v.options(e, form)
	case "select_static", "select_person":
		v.selection(e, form)
	default:
		v.container(tag, e, form)
	}
}

// container reads what holds other elements or texts, and inputs.
func (v *cardView) container(tag string, e map[string]any, form *formView) {
	header, _ := e["header"].(map[string]any)
	v.text(header["title"])
	v.text(e["label"])
	v.text(e["text"])
	fields, _ := e["fields"].([]any)
	for _, f := range fields {
		field, _ := f.(map[string]any)
		v.text(field["text"])
	}
	if interactive[tag] || tag == "interactive_container" {
		v.control(e, form, "", "")
	}
	v.elements(e["elements"], form)
	columns, _ := e["columns"].([]any)
	for _, c := range columns {
		column, _ := c.(map[string]any)
		v.elements(column["elements"], form)
	}
	if extra, ok := e["extra"].(map[string]any); ok {
		v.element(extra, form)
	}
}

// control notes something to act on; a label makes it one of the buttons.
func (v *cardView) control(e map[string]any, form *formView, label, option string) {
	c := control{label: label, tag: str(e, "tag"), name: str(e, "name"), option: option, elem: e, form: form, v2: v.v2}
	v.controls = append(v.controls, c)
	if label != "" {
		v.buttons = append(v.buttons, label)
	}
	if form != nil && c.tag != "button" && option == "" {
		form.fields = append(form.fields, e)
	}
}

// options makes each option of a folded group of buttons a button.
func (v *cardView) options(e map[string]any, form *formView) {
	list, _ := e["options"].([]any)
	for _, o := range list {
		option, _ := o.(map[string]any)
		v.control(e, form, v.wordsOf(option["text"]), str(option, "value"))
	}
}

// selection reads a select: in a form it is a field, outside one each option acts at once, like a button.
func (v *cardView) selection(e map[string]any, form *formView) {
	chosen := str(e, "initial_option")
	list, _ := e["options"].([]any)
	for _, o := range list {
		option, _ := o.(map[string]any)
		value := str(option, "value")
		label := v.wordsOf(option["text"])
		if label == "" {
			label = v.s.nameOf(value)
		}
		if chosen != "" && value == chosen {
			v.say(label)
		}
		if form == nil {
			v.control(e, form, label, value)
		}
	}
	if form != nil {
		v.control(e, form, "", "")
	}
}

func (v *cardView) people(x any) {
	list, _ := x.([]any)
	var names []string
	for _, p := range list {
		person, _ := p.(map[string]any)
		names = append(names, v.s.nameOf(str(person, "id")))
	}
	v.say(strings.Join(names, " "))
}

// table shows a line for the columns' names and one for each row.
func (v *cardView) table(e map[string]any) {
	columns, _ := e["columns"].([]any)
	var names, head []string
	for _, c := range columns {
		column, _ := c.(map[string]any)
		names = append(names, str(column, "name"))
		head = append(head, str(column, "display_name"))
	}
	v.say(strings.Join(head, " "))
	rows, _ := e["rows"].([]any)
	for _, r := range rows {
		row, _ := r.(map[string]any)
		var cells []string
		for _, name := range names {
			cells = append(cells, v.cell(row[name]))
		}
		v.say(strings.Join(cells, " "))
	}
}

func (v *cardView) cell(x any) string {
	switch c := x.(type) {
	case nil:
		return ""
	case string:
		words, _, _ := v.s.markdown(c)
		return words
	case []any:
		var parts []string
		for _, p := range c {
			if obj, ok := p.(map[string]any); ok {
				parts = append(parts, str(obj, "text")+str(obj, "name")+v.s.nameOf(str(obj, "id")))
			}
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(x)
}
