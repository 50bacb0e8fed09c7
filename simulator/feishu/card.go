package feishu

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// Limits of card JSON 2.0.
const (
	maxComponents   = 200
	maxDepth        = 5
	maxTables       = 5
	maxButtonText   = 100
	maxInputLength  = 1000
	maxTableColumns = 50
	maxTablePage    = 10
	maxHeaderTags   = 3
)

// Codes inside 230099.
const (
	cardJSON     = 200621 // does not parse, or a field that 2.0 does not know
	cardTag      = 200861 // a tag that 2.0 does not know
	cardElements = 11310  // too many, wrongly placed or wrongly named elements
	cardChart    = 200550
	cardImage    = 200570
	cardPerson   = 100290
	cardRows     = 200914
	cardRowName  = 200915
	cardTemplate = 200380
	cardVersion  = 200830
)

// prepareCard checks a card and reads what a person sees of it.
func (s *Server) prepareCard(c *content, body map[string]any) error {
	switch str(body, "type") {
	case "template":
		return badCard(cardTemplate, "template does not exist")
	case "card":
		return badCard(cardElements, "cardid is invalid")
	}
	if err := s.checkCard(c, body); err != nil {
		return err
	}
	v := s.viewCard(body)
	c.text, c.buttons = v.words(), v.buttons
	return nil
}

// checkCard validates a card and collects whom its markdown notifies and which images it shows.
func (s *Server) checkCard(c *content, card map[string]any) error {
	k := &cardChecker{s: s, c: c, v2: isV2(card), ids: map[string]bool{}, names: map[string]bool{}}
	var err error
	if k.v2 {
		err = k.card(card)
	} else {
		err = k.loose(card)
	}
	if err != nil {
		return err
	}
	if k.tables > maxTables {
		return badCard(cardElements, "card table number over limit")
	}
	if k.v2 && k.components > maxComponents {
		return badCard(cardElements, "element exceeds the limit")
	}
	return nil
}

func isV2(card map[string]any) bool { return str(card, "schema") == "2.0" }

// shared tells whether every receiver sees the card's updates: always in 2.0.
func shared(card map[string]any) bool {
	config, _ := card["config"].(map[string]any)
	multi, _ := config["update_multi"].(bool)
	return isV2(card) || multi
}

// cardChecker walks through one card.
type cardChecker struct {
	s          *Server
	c          *content
	v2         bool
	components int
	tables     int
	ids, names map[string]bool
}

// place is where an element stands.
type place struct {
	path  string
	depth int  // containers around it
	root  bool // directly in the body
	form  *formState
}

type formState struct{ submits int }

func (k *cardChecker) card(card map[string]any) error {
	if err := k.fields("card", "ROOT", card); err != nil {
		return err
	}
	for _, part := range []string{"config", "card_link", "header", "body"} {
		if err := k.part(part, "ROOT -> "+part, card[part]); err != nil {
			return err
		}
	}
	config, _ := card["config"].(map[string]any)
	if multi, set := config["update_multi"].(bool); set && !multi {
		return badCard(cardJSON, "cards of schema V2 are shared: update_multi must be true")
	}
	if header, ok := card["header"].(map[string]any); ok {
		if err := k.header(header); err != nil {
			return err
		}
	}
	body, _ := card["body"].(map[string]any)
	return k.elements(body, place{path: "ROOT -> body", root: true})
}

// part checks an optional object's fields.
func (k *cardChecker) part(kind, path string, v any) error {
	if v == nil {
		return nil
	}
	obj, ok := v.(map[string]any)
	if !ok {
		return badCard(cardJSON, "parse card json err: %s is no object", path)
	}
	return k.fields(kind, path, obj)
}

// fields refuses fields that a part does not have.
func (k *cardChecker) fields(kind, path string, obj map[string]any) error {
	return unknownField(partFields[kind], path, obj)
}

func unknownField(known map[string]bool, path string, obj map[string]any) error {
	names := make([]string, 0, len(obj))
	for name := range obj {
		if !known[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	sort.Strings(names)
	return badCard(cardJSON, "parse card json err, ErrPath: %s; unknown property %s", path, strings.Join(names, ", "))
}

func (k *cardChecker) header(h map[string]any) error {
	const path = "ROOT -> header"
	if t := str(h, "template"); t != "" && !templates[t] {
		return badCard(cardJSON, "ErrPath: %s; unknown template %s", path, t)
	}
	for _, name := range []string{"title", "subtitle"} {
		if err := k.text(path+" -> "+name, h[name]); err != nil {
			return err
		}
	}
	tags, _ := h["text_tag_list"].([]any)
	if len(tags) > maxHeaderTags {
		return badCard(cardElements, "ErrPath: %s; more than %d text tags", path, maxHeaderTags)
	}
	for _, t := range tags {
		tag, _ := t.(map[string]any)
		if err := k.part("text_tag", path+" -> text_tag_list", t); err != nil {
			return err
		}
		k.components++
		if err := k.text(path+" -> text_tag_list", tag["text"]); err != nil {
			return err
		}
	}
	return nil
}

// text checks a text object: plain_text, lark_md, or markdown in the title of a panel.
func (k *cardChecker) text(path string, v any) error {
	if v == nil {
		return nil
	}
	if err := k.part("text", path, v); err != nil {
		return err
	}
	t, _ := v.(map[string]any)
	k.components++
	switch str(t, "tag") {
	case "plain_text":
		return nil
	case "lark_md", "markdown":
		return k.markdown(t)
	}
	return badCard(cardTag, "ErrPath: %s; unsupported tag %s", path, str(t, "tag"))
}

// markdown checks the people a text names and counts its tables.
func (k *cardChecker) markdown(t map[string]any) error {
	contents := []string{str(t, "content")}
	local, _ := t["i18n_content"].(map[string]any)
	for _, v := range local {
		if text, ok := v.(string); ok {
			contents = append(contents, text)
		}
	}
	for i, text := range contents {
		_, pings, unknown := k.s.markdown(text)
		if unknown != "" {
			return badCard(cardPerson, "invalid user id %s", unknown)
		}
		if i == 0 {
			k.c.pings = append(k.c.pings, pings...)
			k.tables += markdownTables(text)
		}
	}
	return nil
}

// elements checks the elements of a container.
func (k *cardChecker) elements(parent map[string]any, at place) error {
	list, ok := parent["elements"].([]any)
	if !ok && parent["elements"] != nil {
		return badCard(cardJSON, "parse card json err, ErrPath: %s -> elements; no list", at.path)
	}
	for i, v := range list {
		e, ok := v.(map[string]any)
		if !ok {
			return badCard(cardJSON, "parse card json err, ErrPath: %s -> elements -> [%d]; no object", at.path, i)
		}
		here := at
		here.path = fmt.Sprintf("%s -> elements -> [%d](tag: %s)", at.path, i, str(e, "tag"))
		if err := k.element(e, here); err != nil {
			return err
		}
	}
	return nil
}

var elementID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,19}$`)

func (k *cardChecker) element(e map[string]any, at place) error {
	tag := str(e, "tag")
	known, ok := componentFields[tag]
	if !ok || removedIn2[tag] {
		return badCard(cardTag, "cards of schema V2 no longer support this capability; ErrPath: %s; ErrorValue: unsupported tag %s", at.path, tag)
	}
	k.components++
	own := make(map[string]any, len(e))
	for name, v := range e {
		if name != "tag" && name != "element_id" && name != "margin" {
			own[name] = v
		}
	}
	if err := unknownField(known, at.path, own); err != nil {
		return err
	}
	if err := k.identity(e, at); err != nil {
		return err
	}
	if containers[tag] {
		at.depth++
		if at.depth > maxDepth {
			return badCard(cardElements, "ErrPath: %s; containers nest deeper than %d", at.path, maxDepth)
		}
	}
	return k.component(tag, e, at)
}

// identity checks element_id and name: ids are unique in the card, so are names; in a form a name is needed.
func (k *cardChecker) identity(e map[string]any, at place) error {
	if v, set := e["element_id"]; set {
		id, _ := v.(string)
		if !elementID.MatchString(id) {
			return badCard(cardElements, "ErrPath: %s; element_id %q is malformed", at.path, id)
		}
		if k.ids[id] {
			return badCard(cardElements, "element_id(%s) duplicate", id)
		}
		k.ids[id] = true
	}
	name := str(e, "name")
	if name == "" {
		if at.form != nil && interactive[str(e, "tag")] {
			return badCard(cardElements, "ErrPath: %s; name is empty in a form", at.path)
		}
		return nil
	}
	if k.names[name] {
		return badCard(cardElements, "name(%s) duplicate", name)
	}
	k.names[name] = true
	return nil
}

// number reads a JSON number, def when there is none.
func number(v any, def float64) float64 {
	if n, ok := v.(float64); ok {
		return n
	}
	return def
}

func tooLong(t map[string]any, most int) bool {
	return utf8.RuneCountInString(str(t, "content")) > most
}
