package feishu

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// Limits of a card 2.0 ("卡片 JSON 2.0").
const (
	maxComponents = 200 // texts count
	maxRow        = 4   // buttons in a row; our own
	maxButton     = 100 // runes
	maxInput      = 1000
	maxTitle      = 200
)

// object is a JSON object of a card.
type object = map[string]any

// budget is what a card may spend on its lines.
type budget struct {
	runes   int // of one line
	lines   int
	columns int // labelled lines that get columns, which cost six components more
}

// budgets are tried one after the other until the card is small enough.
var budgets = []budget{{4000, 60, 20}, {4000, 40, 8}, {1000, 40, 8}, {300, 40, 0}, {100, 20, 0}, {40, 5, 0}}

// RenderCard writes a card as card JSON 2.0. What the card's texts hold stays words: they go into plain_text only, and people are mentioned only
// by Line.At. Lines too long for the 30 KB of a card are cut; a card that is still too large is an error of class tickets.Rerender.
func RenderCard(c tickets.Card) ([]byte, error) {
	for _, b := range budgets {
		card := cardOf(c, b)
		if content := encode(card); len(content) <= maxPost && components(card) <= maxComponents {
			return []byte(content), nil
		}
	}
	return nil, &bot.SendError{Failure: tickets.Failure{Class: tickets.Rerender, Certain: true, Reason: "card too large"}}
}

// bareCard is what remains of a card that was refused by form: its words.
func bareCard(c tickets.Card) []byte {
	return []byte(encode(cardOf(tickets.Card{
		Title: c.Title, Colour: c.Colour, Summary: c.Summary, Lines: []tickets.Line{{Text: plainLines(c)}},
	}, budget{runes: maxPost / 8, lines: 1})))
}

func cardOf(c tickets.Card, b budget) object {
	elements := linesOf(c.Lines, b)
	if c.Form != nil {
		elements = append(elements, formOf(*c.Form, b))
	}
	elements = append(elements, rowsOf(c.Buttons, button)...)
	if len(c.Folded) > 0 {
		elements = append(elements, object{
			"tag": "collapsible_panel", "expanded": false,
			"header":   object{"title": plain(orEllipsis(c.More), maxButton)},
			"elements": rowsOf(c.Folded, button),
		})
	}
	config := object{"update_multi": true}
	if c.Summary != "" {
		config["summary"] = object{"content": shorten(c.Summary, maxTitle)}
	}
	return object{
		"schema": "2.0",
		"config": config,
		"header": object{"template": template(c.Colour), "title": plain(c.Title, maxTitle)},
		"body":   object{"elements": elements},
	}
}

// template is the header's colour.
func template(c tickets.Colour) string {
	switch c {
	case tickets.ColourNew, tickets.ColourOurs, tickets.ColourAlarm, tickets.ColourWaiting, tickets.ColourSolved:
		return string(c)
	}
	return "default"
}

// components counts what Feishu counts: everything with a tag.
func components(v any) int {
	n := 0
	switch x := v.(type) {
	case object:
		if _, ok := x["tag"]; ok {
			n++
		}
		for _, child := range x {
			n += components(child)
		}
	case []object:
		for _, child := range x {
			n += components(child)
		}
	}
	return n
}

// linesOf sets labels and texts side by side, as long as the card has room for that many parts.
func linesOf(lines []tickets.Line, b budget) []object {
	elements := []object{}
	for i, l := range lines {
		if i == b.lines {
			return append(elements, div(plain("…", 1)))
		}
		switch {
		case l.Label != "" && l.Text != "" && b.columns > 0:
			elements = append(elements, columns(l, b.runes))
			b.columns--
		case l.Label != "" || l.Text != "":
			elements = append(elements, div(plain(joinLabel(l), b.runes)))
		}
		if at := atMarkdown(l.At); at != "" {
			elements = append(elements, object{"tag": "markdown", "content": at})
		}
	}
	return elements
}

func columns(l tickets.Line, longest int) object {
	label := plain(l.Label, maxTitle)
	label["text_color"] = "grey"
	column := func(weight int, text object) object {
		return object{"tag": "column", "width": "weighted", "weight": weight, "elements": []object{div(text)}}
	}
	return object{
		"tag": "column_set", "flex_mode": "none",
		"columns": []object{column(1, label), column(4, plain(l.Text, longest))},
	}
}

func div(text object) object { return object{"tag": "div", "text": text} }

func plain(s string, longest int) object {
	return object{"tag": "plain_text", "content": shorten(clean(s), longest)}
}

// atMarkdown mentions people; an id that could be anything else than an id is left out.
func atMarkdown(ids []tickets.RemoteID) string {
	s := ""
	for _, id := range ids {
		if !isID(string(id)) {
			continue
		}
		if s != "" {
			s += " "
		}
		s += "<at id=" + string(id) + "></at>"
	}
	return s
}

func isID(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return false
		}
	}
	return s != ""
}

// rowsOf stands buttons in rows that wrap where the screen is narrow.
func rowsOf(buttons []tickets.Button, draw func(tickets.Button) object) []object {
	rows := []object{}
	for len(buttons) > 0 {
		n := min(len(buttons), maxRow)
		columns := []object{}
		for _, b := range buttons[:n] {
			columns = append(columns, object{"tag": "column", "width": "auto", "elements": []object{draw(b)}})
		}
		rows = append(rows, object{"tag": "column_set", "flex_mode": "flow", "columns": columns})
		buttons = buttons[n:]
	}
	return rows
}

func button(b tickets.Button) object {
	o := object{
		"tag": "button", "text": plain(orEllipsis(b.Text), maxButton), "type": "default",
		"behaviors": []object{{"type": "callback", "value": buttonValue(b)}},
	}
	if b.Style == "primary" || b.Style == "danger" {
		o["type"] = b.Style
	}
	if b.Confirm != "" {
		o["confirm"] = object{"title": plain(orEllipsis(b.Text), maxButton), "text": plain(b.Confirm, maxInput)}
	}
	return o
}

// buttonValue is what comes back when the button is pressed; see actionOf. It must be an object: the SDK does not take a string. Ids are
// written as strings, because clients read numbers as floating ones.
func buttonValue(b tickets.Button) object {
	v := object{"verb": b.Verb}
	if b.Ticket != 0 {
		v["ticket"] = strconv.FormatInt(int64(b.Ticket), 10)
	}
	if len(b.Args) > 0 {
		v["args"] = b.Args
	}
	return v
}

// formOf is the card's form. The names of inputs come back with what was typed, so they stay as they are.
func formOf(f tickets.Form, b budget) object {
	names := nameGiver{}
	elements := []object{}
	for _, in := range f.Inputs {
		names[in.Name] = true
		if len(in.Options) > 0 {
			if in.Label != "" {
				elements = append(elements, div(plain(in.Label, maxTitle)))
			}
			elements = append(elements, choice(in))
			continue
		}
		elements = append(elements, input(in, b.runes))
	}
	submit := func(b tickets.Button) object {
		o := button(b)
		o["name"] = names.give("submit")
		o["form_action_type"] = "submit"
		return o
	}
	name := f.Name
	if name == "" || names[name] {
		name = names.give("form")
	}
	names[name] = true
	return object{"tag": "form", "name": name, "elements": append(elements, rowsOf(f.Buttons, submit)...)}
}

func input(in tickets.Input, longest int) object {
	o := object{"tag": "input", "name": in.Name, "required": in.Required, "width": "fill", "max_length": maxInput}
	if in.Label != "" {
		o["label"], o["label_position"] = plain(in.Label, maxTitle), "top"
	}
	if in.Placeholder != "" {
		o["placeholder"] = plain(in.Placeholder, maxButton)
	}
	if in.Default != "" {
		o["default_value"] = shorten(clean(in.Default), min(longest, maxInput))
	}
	if in.Lines > 1 {
		o["input_type"], o["rows"] = "multiline_text", in.Lines
	}
	return o
}

func choice(in tickets.Input) object {
	options := []object{}
	for _, opt := range in.Options {
		options = append(options, object{"text": plain(opt.Text, maxButton), "value": opt.Value})
	}
	o := object{"tag": "select_static", "name": in.Name, "required": in.Required, "width": "fill", "options": options}
	if in.Placeholder != "" {
		o["placeholder"] = plain(in.Placeholder, maxButton)
	}
	if in.Default != "" {
		o["initial_option"] = in.Default
	}
	return o
}

// nameGiver makes names that no other element of the card has; it holds those that are taken.
type nameGiver map[string]bool

func (n nameGiver) give(stem string) string {
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s_%d", stem, i)
		if !n[name] {
			n[name] = true
			return name
		}
	}
}

// shorten cuts a text to so many runes.
func shorten(s string, longest int) string {
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest-1]) + "…"
}

// orEllipsis stands for a text that is missing: an empty one is refused.
func orEllipsis(s string) string {
	if s == "" {
		return "…"
	}
	return s
}
