package feishu

import (
	"fmt"
	"strings"
)

// component checks what is particular to a tag.
func (k *cardChecker) component(tag string, e map[string]any, at place) error {
	for _, name := range []string{"text", "placeholder", "label", "hover_tips", "disabled_tips", "alt"} {
		if v, isText := e[name].(map[string]any); isText {
			if err := k.text(at.path+" -> "+name, v); err != nil {
				return err
			}
		}
	}
	if err := k.behaviors(e, at); err != nil {
		return err
	}
	switch tag {
	case "markdown":
		return k.markdown(e)
	case "div":
		return nil
	case "img":
		return k.image(str(e, "img_key"))
	case "img_combination":
		return k.imageList(e["img_list"])
	case "person":
		return k.person(str(e, "user_id"))
	case "person_list":
		return k.personList(e["persons"], "id")
	case "chart":
		if spec, ok := e["chart_spec"].(map[string]any); !ok || str(spec, "type") == "" {
			return badCard(cardChart, "chart spec is invalid")
		}
	case "table":
		return k.table(e, at)
	case "column_set":
		return k.columns(e, at)
	case "form":
		return k.form(e, at)
	case "interactive_container", "collapsible_panel":
		return k.container(tag, e, at)
	case "button":
		return k.button(e, at)
	case "input":
		if number(e["max_length"], 0) > maxInputLength {
			return badCard(cardElements, "ErrPath: %s; max_length is above %d", at.path, maxInputLength)
		}
	case "select_static", "multi_select_static", "overflow", "select_person", "multi_select_person", "select_img":
		return k.options(tag, e, at)
	}
	return nil
}

// behaviors checks what a click does.
func (k *cardChecker) behaviors(e map[string]any, at place) error {
	list, ok := e["behaviors"].([]any)
	if !ok {
		if e["behaviors"] != nil {
			return badCard(cardJSON, "parse card json err, ErrPath: %s -> behaviors; no list", at.path)
		}
		return nil
	}
	for _, v := range list {
		if err := k.part("behavior", at.path+" -> behaviors", v); err != nil {
			return err
		}
		b, _ := v.(map[string]any)
		switch str(b, "type") {
		case "callback":
		case "open_url":
			if str(b, "default_url") == "" && str(b, "url") == "" {
				return badCard(cardJSON, "ErrPath: %s -> behaviors; open_url without default_url", at.path)
			}
		default:
			return badCard(cardJSON, "ErrPath: %s -> behaviors; unknown type %s", at.path, str(b, "type"))
		}
	}
	return nil
}

func (k *cardChecker) image(key string) error {
	res, ok := k.s.resources.Get(key)
	if !ok || res.Kind != "image" || res.Owner != "" {
		return badCard(cardImage, "card contains invalid image keys")
	}
	k.c.keys = append(k.c.keys, key)
	return nil
}

func (k *cardChecker) imageList(v any) error {
	list, _ := v.([]any)
	for _, x := range list {
		obj, _ := x.(map[string]any)
		if err := k.image(str(obj, "img_key")); err != nil {
			return err
		}
	}
	return nil
}

func (k *cardChecker) person(id string) error {
	if k.s.nameOf(id) == "" {
		return badCard(cardPerson, "invalid user id %s", id)
	}
	return nil
}

// personList checks the ids of a list of objects.
func (k *cardChecker) personList(v any, field string) error {
	list, _ := v.([]any)
	for _, x := range list {
		obj, _ := x.(map[string]any)
		if err := k.person(str(obj, field)); err != nil {
			return err
		}
	}
	return nil
}

func (k *cardChecker) table(e map[string]any, at place) error {
	if !at.root {
		return badCard(cardElements, "ErrPath: %s; a table stands in the card's root only", at.path)
	}
	k.tables++
	columns, _ := e["columns"].([]any)
	if len(columns) == 0 || len(columns) > maxTableColumns || number(e["page_size"], 1) > maxTablePage {
		return badCard(cardElements, "ErrPath: %s; a table has 1 to %d columns and pages of at most %d rows", at.path, maxTableColumns, maxTablePage)
	}
	names := map[string]bool{}
	for _, v := range columns {
		if err := k.part("table column", at.path+" -> columns", v); err != nil {
			return err
		}
		column, _ := v.(map[string]any)
		names[str(column, "name")] = true
	}
	rows, ok := e["rows"].([]any)
	if !ok && e["rows"] != nil {
		return badCard(cardRows, "table rows is invalid")
	}
	for _, v := range rows {
		row, ok := v.(map[string]any)
		if !ok {
			return badCard(cardRows, "table rows is invalid")
		}
		for name := range row {
			if !names[name] {
				return badCard(cardRowName, "table rows name is invalid: %s", name)
			}
		}
	}
	return nil
}

func (k *cardChecker) columns(e map[string]any, at place) error {
	list, _ := e["columns"].([]any)
	at.root = false
	for i, v := range list {
		here := at
		here.path = fmt.Sprintf("%s -> columns -> [%d]", at.path, i)
		if err := k.part("column", here.path, v); err != nil {
			return err
		}
		column, _ := v.(map[string]any)
		if str(column, "tag") != "column" {
			return badCard(cardTag, "ErrPath: %s; unsupported tag %s", here.path, str(column, "tag"))
		}
		k.components++
		if err := k.identity(column, place{path: here.path}); err != nil {
			return err
		}
		if err := k.elements(column, here); err != nil {
			return err
		}
	}
	return nil
}

func (k *cardChecker) form(e map[string]any, at place) error {
	if !at.root {
		return badCard(cardElements, "ErrPath: %s; a form stands in the card's root only", at.path)
	}
	if str(e, "name") == "" {
		return badCard(cardElements, "ErrPath: %s; a form needs a name", at.path)
	}
	at.root, at.form = false, &formState{}
	if err := k.elements(e, at); err != nil {
		return err
	}
	if at.form.submits == 0 {
		return badCard(cardElements, "ErrPath: %s; a form needs a submit button", at.path)
	}
	return nil
}

func (k *cardChecker) container(tag string, e map[string]any, at place) error {
	if tag == "collapsible_panel" {
		path := at.path + " -> header"
		if err := k.part("panel header", path, e["header"]); err != nil {
			return err
		}
		header, _ := e["header"].(map[string]any)
		if err := k.text(path+" -> title", header["title"]); err != nil {
			return err
		}
	}
	at.root = false
	return k.elements(e, at)
}

func (k *cardChecker) button(e map[string]any, at place) error {
	text, _ := e["text"].(map[string]any)
	if tooLong(text, maxButtonText) {
		return badCard(cardElements, "ErrPath: %s; a button's text has at most %d characters", at.path, maxButtonText)
	}
	switch action := str(e, "form_action_type"); {
	case action == "":
	case action != "submit" && action != "reset":
		return badCard(cardJSON, "ErrPath: %s; unknown form_action_type %s", at.path, action)
	case at.form == nil:
		return badCard(cardElements, "ErrPath: %s; form_action_type outside a form", at.path)
	case action == "submit":
		at.form.submits++
	}
	return nil
}

func (k *cardChecker) options(tag string, e map[string]any, at place) error {
	if strings.HasPrefix(tag, "multi_select") && at.form == nil {
		return badCard(cardElements, "ErrPath: %s; %s stands in a form only", at.path, tag)
	}
	list, _ := e["options"].([]any)
	for i, v := range list {
		path := fmt.Sprintf("%s -> options -> [%d]", at.path, i)
		if err := k.part("option", path, v); err != nil {
			return err
		}
		option, _ := v.(map[string]any)
		if err := k.text(path+" -> text", option["text"]); err != nil {
			return err
		}
	}
	if strings.HasSuffix(tag, "person") {
		return k.personList(e["options"], "value")
	}
	return nil
}

// loose checks a 1.0 card, which forgives what it does not know: only tables, images and people count.
func (k *cardChecker) loose(v any) error {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			if err := k.loose(e); err != nil {
				return err
			}
		}
	case map[string]any:
		var err error
		switch str(x, "tag") {
		case "table":
			k.tables++
		case "markdown", "lark_md":
			err = k.markdown(x)
		case "img":
			err = k.image(str(x, "img_key"))
		case "person":
			err = k.person(str(x, "user_id"))
		}
		if err != nil {
			return err
		}
		for name, child := range x {
			if name == "value" || name == "chart_spec" || name == "rows" {
				continue
			}
			if err := k.loose(child); err != nil {
				return err
			}
		}
	}
	return nil
}
