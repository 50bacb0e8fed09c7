package handlers

import (
	"slices"
	"strconv"
	"strings"

	"servicedesk/tickets"
)

// ruleVerbs are the second words of /规则.
var ruleVerbs = map[string]func(c *call, rules []tickets.Rule, rest string) error{
	"加": addRule, "add": addRule, "jia": addRule, "删": deleteRule, "delete": deleteRule, "shan": deleteRule,
	"序": moveRule, "move": moveRule, "xu": moveRule,
	"试算": tryRules, "try": tryRules, "shisuan": tryRules,
}

func runRules(c *call, _ *tickets.Ticket, rest string) error {
	rules, err := c.tx.Rules(c.ctx)
	if err != nil {
		return err
	}
	word, after := cutWord(rest)
	if word == "" {
		return c.listRules(rules)
	}
	run, ok := ruleVerbs[strings.ToLower(word)]
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.rule_verb", tickets.Args{"Word": word, "Usage": c.say.T("usage.rules")})
	}
	return run(c, rules, after)
}

// ruleText writes a rule as it may be typed again.
func (c *call) ruleText(r tickets.Rule) (string, error) {
	names := map[int64]string{}
	if r.Doc.To != 0 {
		s, err := c.tx.Staff(c.ctx, r.Doc.To)
		if err != nil {
			return "", err
		}
		names[s.ID] = s.Name
	}
	return tickets.RuleText(r, c.say, names), nil
}

func (c *call) listRules(rules []tickets.Rule) error {
	if len(rules) == 0 {
		return c.reply(c.say.T("rules.none", tickets.Args{"How": c.say.T("rules.how")}))
	}
	lines := []string{c.say.T("rules.head", tickets.Args{"Count": len(rules)})}
	for _, r := range rules {
		text, err := c.ruleText(r)
		if err != nil {
			return err
		}
		args := tickets.Args{"Place": r.Place, "Text": text, "By": r.MadeBy, "At": r.MadeAt.In(c.Zone).Format("2006-01-02")}
		lines = append(lines, c.say.T("rules.line", args))
	}
	lines = append(lines, c.say.T("rules.how"))
	return c.reply(strings.Join(lines, "\n"))
}

func addRule(c *call, rules []tickets.Rule, rest string) error {
	rule, err := c.ReadRule(c.ctx, c.tx, rest)
	if err != nil {
		return err
	}
	rule.Place, rule.MadeBy, rule.MadeAt = len(rules)+1, c.who.Name, c.Now()
	if err := c.tx.SaveRule(c.ctx, &rule); err != nil {
		return err
	}
	text, err := c.ruleText(rule)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.rule_added", tickets.Args{"Place": rule.Place, "Text": text}))
}

// placeIn reads the number of a rule.
func (c *call) placeIn(rules []tickets.Rule, word string) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > len(rules) {
		return 0, tickets.Refuse(tickets.CodeNotFound, "refuse.no_rule", tickets.Args{"Word": word, "Count": len(rules)})
	}
	return n, nil
}

func deleteRule(c *call, rules []tickets.Rule, rest string) error {
	n, err := c.placeIn(rules, strings.TrimSpace(rest))
	if err != nil {
		return err
	}
	text, err := c.ruleText(rules[n-1])
	if err != nil {
		return err
	}
	if err := c.tx.DeleteRule(c.ctx, rules[n-1].ID); err != nil {
		return err
	}
	if err := c.renumber(slices.Delete(rules, n-1, n)); err != nil {
		return err
	}
	return c.reply(c.say.T("done.rule_deleted", tickets.Args{"Place": n, "Text": text}))
}

func moveRule(c *call, rules []tickets.Rule, rest string) error {
	first, second := cutWord(rest)
	from, err := c.placeIn(rules, first)
	if err != nil {
		return err
	}
	to, err := c.placeIn(rules, second)
	if err != nil {
		return err
	}
	moved := rules[from-1]
	rules = slices.Insert(slices.Delete(rules, from-1, from), to-1, moved)
	if err := c.renumber(rules); err != nil {
		return err
	}
	return c.listRules(rules)
}

// renumber saves the places that are others now.
func (c *call) renumber(rules []tickets.Rule) error {
	for i := range rules {
		if rules[i].Place == i+1 {
			continue
		}
		rules[i].Place = i + 1
		if err := c.tx.SaveRule(c.ctx, &rules[i]); err != nil {
			return err
		}
	}
	return nil
}

// tryRules prints what would become of past tickets, by one rule or by all; it changes nothing.
func tryRules(c *call, rules []tickets.Rule, rest string) error {
	var rule *tickets.Rule
	if rest = strings.TrimSpace(rest); rest != "" {
		if _, err := strconv.Atoi(rest); err == nil {
			n, err := c.placeIn(rules, rest)
			if err != nil {
				return err
			}
			rule = &rules[n-1]
		} else {
			read, err := c.ReadRule(c.ctx, c.tx, rest)
			if err != nil {
				return err
			}
			read.Place = len(rules) + 1
			rule = &read
		}
	}
	diff, seen, err := c.TryRules(c.ctx, c.tx, rule, c.say)
	if err != nil {
		return err
	}
	args := tickets.Args{"Seen": seen, "Changed": len(diff), "Same": seen - len(diff)}
	lines := append([]string{c.say.T("rules.tried", args)}, diff...)
	return c.reply(strings.Join(append(lines, c.say.T("rules.unchanged")), "\n"))
}
