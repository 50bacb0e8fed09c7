package handlers

import (
	"regexp"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
	"servicedesk/words"
)

// editForm finds 名=值; a value with spaces is quoted. Other than in fieldForm the name may hold anything but spaces: modules do.
var editForm = regexp.MustCompile(`(?:^|\s)([^\s=＝"“”]+)[=＝](?:"([^"]*)"|“([^”]*)”|(\S*))`)

// cutEdits parts words and the fields after them. Words behind a field belong to no field: their value was not quoted.
func cutEdits(rest string) (name string, edits []customers.Edit, err error) {
	at := editForm.FindAllStringSubmatchIndex(rest, -1)
	if len(at) == 0 {
		return strings.TrimSpace(rest), nil, nil
	}
	name = strings.TrimSpace(rest[:at[0][0]])
	for i, m := range editForm.FindAllStringSubmatch(rest, -1) {
		edits = append(edits, customers.Edit{Field: m[1], Value: m[2] + m[3] + m[4]})
		end := len(rest)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if loose := strings.TrimSpace(rest[at[i][1]:end]); loose != "" {
			args := tickets.Args{"Words": loose, "Field": m[1], "Value": m[4] + " " + loose}
			return "", nil, tickets.Refuse(tickets.CodeInvalid, "refuse.loose_words", args)
		}
	}
	return name, edits, nil
}

// usage refuses and shows how a command is written.
func (c *call) usage(name string) error {
	return tickets.Refuse(tickets.CodeInvalid, "refuse.usage", tickets.Args{"Usage": c.say.T("usage." + name)})
}

// changed writes changes a line each: field: old → new.
func (c *call) changed(noun customers.Noun, changes []customers.Change) string {
	var lines []string
	for _, ch := range changes {
		ch.Noun = noun
		lines = append(lines, c.changeText(ch))
	}
	return strings.Join(lines, "\n")
}

// fieldName is what people call a field.
func (c *call) fieldName(noun customers.Noun, field string) string {
	return fieldName(c.say, noun, field)
}

func fieldName(say words.Locale, noun customers.Noun, field string) string {
	return say.T("field." + string(noun) + "_" + field)
}

// changeText is one change in words.
func (c *call) changeText(ch customers.Change) string { return ChangeText(c.say, ch) }

// ChangeText is one change of a record in words: field: old → new. Numbers of telephones are masked.
func ChangeText(say words.Locale, ch customers.Change) string {
	if ch.Field == "" && ch.Old == "" {
		return say.T("change.added", tickets.Args{"Name": ch.New})
	}
	if ch.Field == "" {
		return say.T("change.removed", tickets.Args{"Name": ch.Old})
	}
	args := tickets.Args{"Field": fieldName(say, ch.Noun, ch.Field), "Old": valueText(say, ch, ch.Old), "New": valueText(say, ch, ch.New)}
	return say.T("change.line", args)
}

func valueText(say words.Locale, ch customers.Change, value string) string {
	switch {
	case value == "" || ch.Field == "customer_id" && value == "0":
		return say.T("change.nothing")
	case ch.Field == "mobile":
		return customers.Masked(value)
	case ch.Field == "kind":
		return say.T("kind." + value)
	case ch.Field == "status":
		return say.T("standing." + value)
	case ch.Field == "all_hours" || ch.Field == "active":
		return say.T("yes." + value)
	}
	return value
}
