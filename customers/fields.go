package customers

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Edit is one field and the value it is to have, as typed; an empty value clears it.
type Edit struct{ Field, Value string }

// Change is one field of a record that became another: the line of its history. Old and New are what people read, or names of the code
// (roles, kinds) that the catalogue has words for.
type Change struct {
	ID int64
	At time.Time
	// EditorID is the colleague; 0 = an import, and Editor is its file.
	EditorID int64
	Editor   string
	ImportID int64
	// Noun is what was changed; SubjectID its row, Subject its name then.
	Noun      Noun
	SubjectID int64
	Subject   string
	// CustomerID is the customer in whose history it stands; 0 = in none.
	CustomerID int64
	// Field is empty when the record itself came (New is its name) or went (Old is).
	Field    string
	Old, New string
}

// UndoMark begins the editor of what was changed by taking an import back; the file follows.
const UndoMark = "↶"

// Noun is a kind of record.
type Noun string

// The kinds.
const (
	NounCustomer Noun = "customer"
	NounContact  Noun = "contact"
	NounStaff    Noun = "staff"
	NounRole     Noun = "role" // who serves a customer in a role; the subject is the customer
	NounModule   Noun = "module"
)

// Misfit is a value that a field cannot have, or a field that the record does not have. Key names the sentence that says how to mend it.
type Misfit struct {
	Key   string
	Field string // as typed
	Value string
}

// Error implements error.
func (m *Misfit) Error() string { return m.Key + ": " + m.Field }

// field is an editable part of a record.
type field[T any] struct {
	name  string   // as in the store, in imports and in the catalogue: field.<noun>_<name>
	words []string // what people call it besides
	at    func(*T) *string
	// check gives the form in which a value is kept; nil takes all.
	check func(string) (string, bool)
	// key is the sentence about a misfit.
	key string
}

var customerFields = []field[Customer]{
	{name: "name", words: []string{"名称", "客户名称", "简称"}, at: func(c *Customer) *string { return &c.Name }, check: filled, key: "misfit.empty"},
	{name: "profile_about", words: []string{"简介", "基本情况", "概况", "规模", "about", "basics"}, at: func(c *Customer) *string { return &c.Profile.About }},
	{name: "profile_industry", words: []string{"行业", "industry"}, at: func(c *Customer) *string { return &c.Profile.Industry }},
	{name: "profile_business", words: []string{"业务", "主营", "主营业务", "business"}, at: func(c *Customer) *string { return &c.Profile.Business }},
	{name: "profile_architecture", words: []string{"架构", "系统架构", "architecture"}, at: func(c *Customer) *string { return &c.Profile.Architecture }},
	{name: "profile_projects", words: []string{"项目", "projects", "project"}, at: func(c *Customer) *string { return &c.Profile.Projects }},
	{name: "profile_preferences", words: []string{"偏好", "习惯", "preferences", "preference"},
		at: func(c *Customer) *string { return &c.Profile.Preferences }},
	{name: "profile_sites", words: []string{"地点", "地址", "站点", "sites", "site"}, at: func(c *Customer) *string { return &c.Profile.Sites }, check: list},
	{name: "profile_modules", words: []string{"模块", "modules", "module"}, at: func(c *Customer) *string { return &c.Profile.Modules }, check: list},
	{name: "profile_notes", words: []string{"备注", "notes", "note"}, at: func(c *Customer) *string { return &c.Profile.Notes }},
	{name: "locale", words: []string{"语言", "language"}, at: func(c *Customer) *string { return &c.Locale }, check: localeForm, key: "misfit.locale"},
	{name: "timezone", words: []string{"时区"}, at: func(c *Customer) *string { return &c.Timezone }, check: zoneForm, key: "misfit.timezone"},
}

var contractFields = []field[Customer]{
	{name: "contract_start", words: []string{"起", "开始", "start", "from"},
		at: func(c *Customer) *string { return &c.Contract.Start }, check: dateOrNone, key: "misfit.date"},
	{name: "contract_end", words: []string{"止", "到期", "结束", "end", "until", "to"},
		at: func(c *Customer) *string { return &c.Contract.End }, check: dateOrNone, key: "misfit.date"},
	{name: "contract_service", words: []string{"服务", "service"}, at: func(c *Customer) *string { return &c.Contract.Service }},
}

var contactFields = []field[Contact]{
	{name: "name", words: []string{"姓名"}, at: func(c *Contact) *string { return &c.Name }, check: filled, key: "misfit.empty"},
	{name: "kind", words: []string{"类型"}, at: func(c *Contact) *string { return (*string)(&c.Kind) }, check: kindForm, key: "misfit.kind"},
	{name: "mobile", words: []string{"手机", "电话", "phone"}, at: func(c *Contact) *string { return &c.Mobile }, check: mobileOrNone, key: "misfit.mobile"},
	{name: "email", words: []string{"邮箱", "邮件", "mail"}, at: func(c *Contact) *string { return &c.Email }, check: emailOrNone, key: "misfit.email"},
	{name: "birthday", words: []string{"生日"}, at: func(c *Contact) *string { return &c.Birthday }, check: dayOrNone, key: "misfit.day"},
	{name: "anniversary", words: []string{"纪念日"}, at: func(c *Contact) *string { return &c.Anniversary }, check: dayOrNone, key: "misfit.day"},
	{name: "locale", words: []string{"语言", "language"}, at: func(c *Contact) *string { return &c.Locale }, check: localeForm, key: "misfit.locale"},
	{name: "preferences", words: []string{"偏好", "preference"}, at: func(c *Contact) *string { return &c.Preferences }},
}

// Edit changes fields of the profile and gives the changes, none where the value was there already. With an error nothing is to be kept.
func (c *Customer) Edit(edits []Edit) ([]Change, error) { return apply(c, customerFields, edits) }

// EditContract changes the current contract. 全天 (7×24) and 时数 are its fields, too; a service named 7×24 is one.
func (c *Customer) EditContract(edits []Edit) (changes []Change, err error) {
	for _, e := range edits {
		var more []Change
		switch strings.ToLower(e.Field) {
		case "时数", "hours":
			more, err = c.editHours(e)
		case "全天", "all_hours":
			more, err = c.editAllHours(e, e.Value)
		default:
			if more, err = apply(c, contractFields, []Edit{e}); err == nil && len(more) > 0 && roundTheClock.MatchString(e.Value) {
				var all []Change
				all, err = c.editAllHours(e, "是")
				more = append(more, all...)
			}
		}
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	if t := c.Contract; t.Start != "" && t.End != "" && t.End < t.Start {
		return nil, &Misfit{Key: "misfit.span", Field: t.Start, Value: t.End}
	}
	return changes, nil
}

var roundTheClock = regexp.MustCompile(`(?i)7 ?[×x*✕] ?24|24 ?[×x*✕] ?7|全天候`)

func (c *Customer) editHours(e Edit) ([]Change, error) {
	if roundTheClock.MatchString(e.Value) {
		return c.editAllHours(e, "是")
	}
	value := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(e.Value), "小时"), "h")
	if value == "" {
		value = "0"
	}
	hours, err := strconv.Atoi(value)
	if err != nil || hours < 0 || hours > 1_000_000 {
		return nil, &Misfit{Key: "misfit.hours", Field: e.Field, Value: e.Value}
	}
	old := c.Contract.Hours
	if old == hours {
		return nil, nil
	}
	c.Contract.Hours = hours
	return []Change{{Field: "contract_hours", Old: HoursText(old), New: HoursText(hours)}}, nil
}

// HoursText is a number of hours as history keeps it; nothing for 0.
func HoursText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (c *Customer) editAllHours(e Edit, value string) ([]Change, error) {
	all, known := yesNo[strings.ToLower(value)]
	if !known {
		return nil, &Misfit{Key: "misfit.yes_no", Field: e.Field, Value: e.Value}
	}
	if c.AllHours == all {
		return nil, nil
	}
	c.AllHours = all
	return []Change{{Field: "all_hours", Old: strconv.FormatBool(!all), New: strconv.FormatBool(all)}}, nil
}

var yesNo = map[string]bool{"是": true, "有": true, "yes": true, "true": true, "7×24": true, "7x24": true,
	"否": false, "无": false, "no": false, "false": false, "": false}

// Edit changes fields and gives the changes. 状态 (在职, 离职) is a field, too; now is when it was said.
func (c *Contact) Edit(edits []Edit, now time.Time) ([]Change, error) {
	var changes []Change
	for _, e := range edits {
		if f := strings.ToLower(e.Field); f != "状态" && f != "status" {
			more, err := apply(c, contactFields, []Edit{e})
			if err != nil {
				return nil, err
			}
			changes = append(changes, more...)
			continue
		}
		left, known := statusForms[strings.ToLower(e.Value)]
		if !known {
			return nil, &Misfit{Key: "misfit.status", Field: e.Field, Value: e.Value}
		}
		if left == c.Left() {
			continue
		}
		change := Change{Field: "status", Old: c.Status()}
		c.LeftAt = time.Time{}
		if left {
			c.LeftAt = now
		}
		change.New = c.Status()
		changes = append(changes, change)
	}
	return changes, nil
}

var statusForms = map[string]bool{"离职": true, "left": true, "在职": false, "active": false}

// Status is left or active.
func (c Contact) Status() string {
	if c.Left() {
		return "left"
	}
	return "active"
}

// apply sets fields one after the other. Misfits name the field as it was typed.
func apply[T any](row *T, fields []field[T], edits []Edit) ([]Change, error) {
	var changes []Change
	for _, e := range edits {
		at := slices.IndexFunc(fields, func(f field[T]) bool { return f.called(e.Field) })
		if at < 0 {
			return nil, &Misfit{Key: "misfit.field", Field: e.Field}
		}
		f := fields[at]
		value := strings.TrimSpace(e.Value)
		if f.check != nil {
			kept, ok := f.check(value)
			if !ok {
				return nil, &Misfit{Key: f.key, Field: e.Field, Value: value}
			}
			value = kept
		}
		target := f.at(row)
		if *target == value {
			continue
		}
		changes = append(changes, Change{Field: f.name, Old: *target, New: value})
		*target = value
	}
	return changes, nil
}

func (f field[T]) called(name string) bool {
	name = strings.ToLower(name)
	return name == f.name || slices.Contains(f.words, name)
}

func filled(s string) (string, bool) { return s, s != "" }

// list writes a list with 、 between its members.
func list(s string) (string, bool) { return strings.Join(Members(s), "、"), true }

// Members parts a list as people type it.
func Members(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;；\n", r) })
}

func localeForm(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "":
		return "", true
	case "zh-cn", "zh", "中文":
		return "zh-CN", true
	case "en", "英文", "english":
		return "en", true
	}
	return "", false
}

func zoneForm(s string) (string, bool) {
	_, err := time.LoadLocation(s)
	return s, err == nil
}

var kindForms = map[string]ContactKind{"技术": KindTechnical, "业务": KindBusiness, "决策": KindDecider, "决策人": KindDecider,
	"technical": KindTechnical, "business": KindBusiness, "decider": KindDecider}

func kindForm(s string) (string, bool) {
	kind, ok := kindForms[strings.ToLower(s)]
	return string(kind), ok
}

var (
	mobileForm = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,18}[0-9]$`)
	emailForm  = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
)

func mobileOrNone(s string) (string, bool) { return s, s == "" || mobileForm.MatchString(s) }

func emailOrNone(s string) (string, bool) { return s, s == "" || emailForm.MatchString(s) }

func dayOrNone(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	return ParseDay(s)
}

func dateOrNone(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	return ParseDate(s)
}

// Masked is a phone number as others may see it: the first three and the last four digits.
func Masked(number string) string {
	r := []rune(number)
	if len(r) < 8 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-7) + string(r[len(r)-4:])
}
