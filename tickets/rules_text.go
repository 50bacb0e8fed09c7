package tickets

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// typeNames are what people type for a type.
var typeNames = map[string]Type{
	"业务中断": TypeOutage, "中断": TypeOutage, "停机": TypeOutage, "outage": TypeOutage, "yewuzhongduan": TypeOutage,
	"报错": TypeError, "故障": TypeError, "error": TypeError, "baocuo": TypeError,
	"操作咨询": TypeHowTo, "操作": TypeHowTo, "how-to": TypeHowTo, "howto": TypeHowTo, "how_to": TypeHowTo, "caozuozixun": TypeHowTo,
	"业务咨询": TypeConsult, "咨询": TypeConsult, "consult": TypeConsult, "yewuzixun": TypeConsult,
	"需求": TypeRequirement, "requirement": TypeRequirement, "xuqiu": TypeRequirement,
	"环境": TypeEnvironment, "environment": TypeEnvironment, "huanjing": TypeEnvironment,
	"投诉": TypeComplaint, "complaint": TypeComplaint, "tousu": TypeComplaint,
	"建议": TypeIdea, "idea": TypeIdea, "suggestion": TypeIdea, "jianyi": TypeIdea,
}

// Types are all types in the order in which people choose.
var Types = []Type{TypeOutage, TypeError, TypeHowTo, TypeConsult, TypeRequirement, TypeEnvironment, TypeComplaint, TypeIdea}

// TypeNamed finds a type by what people call it.
func TypeNamed(name string) (Type, bool) {
	t, ok := typeNames[fold(name)]
	return t, ok
}

// PriorityNamed reads 1, P1 … 4, P4.
func PriorityNamed(name string) (Priority, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(fold(name), "p"))
	return Priority(n), err == nil && n >= 1 && n <= 4
}

// ModuleNamed finds a module by its name, by its last part, or by a piece that only one has.
func ModuleNamed(modules []string, name string) (string, bool) {
	said, found := fold(name), ""
	for _, m := range modules {
		full := fold(m)
		if full == said || strings.HasSuffix(full, "/"+said) {
			return m, true
		}
		if said != "" && strings.Contains(full, said) {
			if found != "" {
				return "", false
			}
			found = m
		}
	}
	return found, found != ""
}

var (
	ruleArrow  = regexp.MustCompile(`\s则\s|\s*(?:=>|->|→|⇒)\s*|\sthen\s`)
	ruleFields = regexp.MustCompile(`(\p{L}+)\s*[=＝]\s*(?:"([^"]*)"|“([^”]*)”|(\S+))`)
	ruleParts  = regexp.MustCompile(`[,，、|]`)
)

// ruleKeys are the names of conditions and effects as people type them.
var ruleKeys = map[string]string{
	"当": "on", "on": "on", "词": "words", "关键词": "words", "words": "words", "word": "words", "模块": "module", "module": "module",
	"类型": "type", "type": "type", "分层": "tier", "tier": "tier", "客户": "customer", "customer": "customer", "已开": "after", "after": "after",
	"缺": "lacks", "lacks": "lacks", "优先级": "priority", "priority": "priority", "派给": "to", "转派": "to", "to": "to", "assign": "to",
	"标签": "tag", "tag": "tag",
}

var ruleEvents = map[string]RuleEvent{"新单": RuleOpened, "opened": RuleOpened, "来信": RuleWords, "words": RuleWords,
	"改动": RuleChanged, "changed": RuleChanged, "超时": RuleTime, "time": RuleTime}

var lackNames = map[string]Lack{"响应": LackResponse, "response": LackResponse, "诊断": LackDiagnosis, "diagnosis": LackDiagnosis,
	"临时方案": LackWorkaround, "workaround": LackWorkaround}

// roleNames are the teams to which a rule may give a ticket.
var roleNames = map[string]customers.Role{"一线": customers.RoleEngineer, "first_level": customers.RoleEngineer,
	"二线": customers.RoleSecondLevel, "second_level": customers.RoleSecondLevel, "负责人": customers.RoleOwner, "owners": customers.RoleOwner,
	"值班": customers.RoleResponder, "responders": customers.RoleResponder}

// ruleReader collects what a typed rule says.
type ruleReader struct {
	d       *Desk
	tx      Tx
	modules []string
	rule    Rule
}

// ReadRule understands "词=打印机,脱机 分层=A 则 类型=环境 派给=徐明". What is not understood is refused by name.
func (d *Desk) ReadRule(ctx context.Context, tx Tx, text string) (Rule, error) {
	at := ruleArrow.FindStringIndex(" " + text + " ")
	if at == nil {
		return Rule{}, Refuse(CodeInvalid, "refuse.rule_form", Args{"Verb": Verb("rules")})
	}
	padded := " " + text + " "
	conditions, effects := padded[:at[0]], padded[at[1]:]
	basis, err := tx.RoutingBasis(ctx, 0)
	if err != nil {
		return Rule{}, err
	}
	r := &ruleReader{d: d, tx: tx, modules: basis.Modules, rule: Rule{Event: RuleOpened}}
	if err := r.read(ctx, conditions, r.condition); err != nil {
		return Rule{}, err
	}
	if err := r.read(ctx, effects, r.effect); err != nil {
		return Rule{}, err
	}
	if doc := r.rule.Doc; doc.Type == "" && doc.Priority == 0 && doc.Raise == 0 && doc.Module == "" && doc.Tag == "" && !doc.assigns() {
		return Rule{}, Refuse(CodeInvalid, "refuse.rule_form", Args{"Verb": Verb("rules")})
	}
	if r.rule.Doc.After > 0 {
		r.rule.Event = RuleTime
	}
	if r.rule.Event == RuleTime && r.rule.Doc.After == 0 {
		return Rule{}, Refuse(CodeInvalid, "refuse.rule_time", nil)
	}
	return r.rule, nil
}

func (r *ruleReader) read(ctx context.Context, part string, take func(ctx context.Context, key, value string) (bool, error)) error {
	left := ruleFields.ReplaceAllString(part, "")
	if rest := strings.Trim(left, " ,，"); rest != "" && rest != "如果" && rest != "if" {
		return Refuse(CodeInvalid, "refuse.rule_word", Args{"Word": rest, "Verb": Verb("rules")})
	}
	for _, m := range ruleFields.FindAllStringSubmatch(part, -1) {
		value := m[2] + m[3] + m[4]
		ok, err := take(ctx, ruleKeys[strings.ToLower(m[1])], value)
		if err != nil {
			return err
		}
		if !ok {
			return Refuse(CodeInvalid, "refuse.rule_word", Args{"Word": m[1] + "=" + value, "Verb": Verb("rules")})
		}
	}
	return nil
}

func (r *ruleReader) condition(ctx context.Context, key, value string) (ok bool, err error) {
	doc := &r.rule.Doc
	if key == "on" {
		r.rule.Event, ok = ruleEvents[fold(value)]
		return ok, nil
	}
	for _, v := range ruleParts.Split(value, -1) {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		switch key {
		case "words":
			doc.Words, ok = append(doc.Words, v), true
		case "module":
			var m string
			if m, ok = r.moduleOrAbove(v); ok {
				doc.Modules = append(doc.Modules, m)
			}
		case "type":
			var t Type
			t, ok = TypeNamed(v)
			doc.Types = append(doc.Types, t)
		case "tier":
			tier := customers.Tier(strings.ToUpper(v))
			ok = tier == customers.TierA || tier == customers.TierB || tier == customers.TierC
			doc.Tiers = append(doc.Tiers, tier)
		case "customer":
			c, err := r.tx.FindCustomer(ctx, v)
			if isNotFound(err) {
				return false, Refuse(CodeNotFound, "refuse.no_customer", Args{"Name": v})
			}
			if err != nil {
				return false, err
			}
			doc.Customers, ok = append(doc.Customers, c.Code), true
		case "after":
			doc.After, ok = longTime(v)
		case "lacks":
			doc.Lacks, ok = lackNames[fold(v)]
		}
		if !ok {
			return false, nil
		}
	}
	return ok, nil
}

// moduleOrAbove takes ERP for all modules below it, too.
func (r *ruleReader) moduleOrAbove(name string) (string, bool) {
	for _, m := range r.modules {
		if above, _, below := strings.Cut(m, "/"); below && fold(above) == fold(name) {
			return above, true
		}
	}
	return ModuleNamed(r.modules, name)
}

func (r *ruleReader) effect(ctx context.Context, key, value string) (ok bool, err error) {
	doc := &r.rule.Doc
	switch key {
	case "type":
		doc.Type, ok = TypeNamed(value)
	case "priority":
		switch fold(value) {
		case "升", "+1", "raise":
			doc.Raise, ok = 1, true
		case "降", "-1", "lower":
			doc.Raise, ok = -1, true
		default:
			doc.Priority, ok = PriorityNamed(value)
		}
	case "module":
		doc.Module, ok = ModuleNamed(r.modules, value)
	case "tag":
		doc.Tag, ok = value, true
	case "to":
		if doc.ToRole, ok = roleNames[fold(value)]; ok {
			return true, nil
		}
		found, err := r.tx.FindStaff(ctx, strings.TrimPrefix(value, "@"))
		if err != nil {
			return false, err
		}
		if len(found) == 0 {
			return false, Refuse(CodeNotFound, "refuse.no_colleague", Args{"Name": value})
		}
		if !found[0].Serves() {
			return false, Refuse(CodeInvalid, "refuse.not_engineer", Args{"Name": found[0].Name})
		}
		doc.To, ok = found[0].ID, true
	}
	return ok, nil
}

var longForm = regexp.MustCompile(`^(\d{1,4})(m|min|分钟|h|小时|d|天)$`)

// longTime reads 30m, 3h, 2d, 3小时, 2天.
func longTime(text string) (time.Duration, bool) {
	m := longForm.FindStringSubmatch(fold(text))
	if m == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(m[1]) // digits
	unit := map[string]time.Duration{"m": time.Minute, "min": time.Minute, "分钟": time.Minute, "h": time.Hour, "小时": time.Hour}[m[2]]
	if unit == 0 {
		unit = 24 * time.Hour
	}
	return time.Duration(n) * unit, n > 0
}

// shortTime writes what longTime reads.
func shortTime(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/time.Minute)) + "m"
}

// RuleText writes a rule as it may be typed again, in the reader's language; staff are the names by id.
func RuleText(r Rule, say words.Locale, staff map[int64]string) string {
	var out []string
	put := func(key string, values ...string) {
		if v := strings.Join(values, ","); v != "" {
			out = append(out, say.T("rule."+key)+"="+quotedWord(v))
		}
	}
	doc := r.Doc
	if r.Event != RuleOpened {
		put("on", say.T("ruleon."+string(r.Event)))
	}
	put("words", doc.Words...)
	put("module", doc.Modules...)
	put("type", typeTexts(say, doc.Types)...)
	for _, t := range doc.Tiers {
		put("tier", string(t))
	}
	put("customer", doc.Customers...)
	if doc.After > 0 {
		put("after", shortTime(doc.After))
	}
	if doc.Lacks != "" {
		put("lacks", say.T("lack."+string(doc.Lacks)))
	}
	out = append(out, say.T("rule.then"))
	put("type", typeTexts(say, onlyKnown(doc.Type))...)
	switch {
	case doc.Priority != 0:
		put("priority", strconv.Itoa(int(doc.Priority)))
	case doc.Raise > 0:
		put("priority", say.T("rule.raise"))
	case doc.Raise < 0:
		put("priority", say.T("rule.lower"))
	}
	put("module", onlyWords(doc.Module)...)
	put("to", onlyWords(staff[doc.To])...)
	if doc.ToRole != "" {
		put("to", say.T("team."+string(doc.ToRole)))
	}
	put("tag", onlyWords(doc.Tag)...)
	return strings.Join(out, " ")
}

func typeTexts(say words.Locale, types []Type) []string {
	var out []string
	for _, t := range types {
		out = append(out, say.T("type."+string(t)))
	}
	return out
}

func onlyKnown(t Type) []Type {
	if t == "" {
		return nil
	}
	return []Type{t}
}

func onlyWords(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func quotedWord(s string) string {
	if strings.ContainsAny(s, " \t") {
		return `"` + s + `"`
	}
	return s
}
