package customers

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// AllHoursContract is the contract under which every minute counts.
const AllHoursContract = "7x24"

// PolicyKey says for which matters a policy is meant; an empty part means any.
type PolicyKey struct {
	Type     string // request type, as tickets name it
	Tier     Tier
	Contract string // AllHoursContract
}

// Policy is what is promised for matters of its key. The promises are working time or, with AllHours, 7×24; 0 = not promised.
type Policy struct {
	PolicyKey
	Response   time.Duration
	Workaround time.Duration
	Solution   time.Duration
	AllHours   bool
}

// PolicyChange is the record of one edit: old and new are written as people read them, Old is empty for a new policy.
type PolicyChange struct {
	ID     int64
	At     time.Time // UTC
	By     string
	Policy PolicyKey
	Old    string
	New    string
}

// matches reports whether the policy is meant for such a matter.
func (k PolicyKey) matches(of PolicyKey) bool {
	return (k.Type == "" || k.Type == of.Type) && (k.Tier == "" || k.Tier == of.Tier) && (k.Contract == "" || k.Contract == of.Contract)
}

// weight orders matching policies: what names the type is more specific than what names the contract, and that than what names the tier.
func (k PolicyKey) weight() int {
	w := 0
	if k.Type != "" {
		w += 4
	}
	if k.Contract != "" {
		w += 2
	}
	if k.Tier != "" {
		w++
	}
	return w
}

// Key writes the key in one word, and ParsePolicyKey reads it.
func (k PolicyKey) Key() string { return k.Type + "/" + string(k.Tier) + "/" + k.Contract }

// ParsePolicyKey reads what Key wrote.
func ParsePolicyKey(s string) PolicyKey {
	kind, rest, _ := strings.Cut(s, "/")
	tier, contract, _ := strings.Cut(rest, "/")
	return PolicyKey{Type: kind, Tier: Tier(tier), Contract: contract}
}

// PolicyKeyOf is the key of a customer's matter of a type. Whoever is in no tier, such as a visitor, is served as tier C.
func PolicyKeyOf(c Customer, kind string) PolicyKey {
	k := PolicyKey{Type: kind, Tier: c.Tier}
	if k.Tier == "" {
		k.Tier = TierC
	}
	if c.AllHours {
		k.Contract = AllHoursContract
	}
	return k
}

// MatchPolicies are the policies meant for such a matter, the most specific first: that one holds.
func MatchPolicies(all []Policy, of PolicyKey) []Policy {
	var found []Policy
	for _, p := range all {
		if p.matches(of) {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b Policy) int { return cmp.Compare(b.weight(), a.weight()) })
	return found
}

// DefaultPolicies hold where nobody stated another. An outage is treated alike in every tier.
func DefaultPolicies() []Policy {
	const h = time.Hour
	list := []Policy{{PolicyKey: PolicyKey{Type: "outage"}, Response: 30 * time.Minute, Workaround: 4 * h, Solution: 24 * h, AllHours: true}}
	for _, of := range []struct {
		kind     string
		tier     Tier
		contract string
		response time.Duration
		solution time.Duration
	}{
		{"error", TierA, AllHoursContract, h, 8 * h}, {"error", TierA, "", h, 8 * h},
		{"error", TierB, "", 2 * h, 16 * h}, {"error", TierC, "", 4 * h, 24 * h},
		{"", TierA, "", h, 16 * h}, {"", TierB, "", 4 * h, 24 * h}, {"", TierC, "", 8 * h, 40 * h},
	} {
		key := PolicyKey{of.kind, of.tier, of.contract}
		list = append(list, Policy{PolicyKey: key, Response: of.response, Solution: of.solution, AllHours: of.contract != ""})
	}
	return list
}

// WithEdits are the policies in force: the default ones, and in their place or beside them what was edited.
func WithEdits(edited []Policy) []Policy {
	all := DefaultPolicies()
	for _, p := range edited {
		if i := slices.IndexFunc(all, func(d Policy) bool { return d.PolicyKey == p.PolicyKey }); i >= 0 {
			all[i] = p
		} else {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b Policy) int {
		return cmp.Or(cmp.Compare(rank(a.Type), rank(b.Type)), strings.Compare(a.Type, b.Type), cmp.Compare(rank(string(a.Tier)), rank(string(b.Tier))),
			strings.Compare(string(a.Tier), string(b.Tier)), strings.Compare(a.Contract, b.Contract))
	})
	return all
}

// rank puts the outage first and "any" last.
func rank(part string) int {
	switch part {
	case "outage":
		return 0
	case "":
		return 2
	}
	return 1
}

// Fault names what is wrong with the promises of a policy, as a key of the catalogue; empty = nothing. Each step lasts at least as long as
// the one before it.
func (p Policy) Fault() string {
	switch {
	case p.Response < 0 || p.Workaround < 0 || p.Solution < 0 || max(p.Response, p.Workaround, p.Solution) > maxPromise:
		return "policy.too_long"
	case p.Response == 0 && p.Workaround == 0 && p.Solution == 0:
		return "policy.nothing"
	case p.Solution > 0 && p.Response > p.Solution:
		return "policy.response_over_solution"
	case p.Workaround > 0 && p.Response > p.Workaround:
		return "policy.response_over_workaround"
	case p.Solution > 0 && p.Workaround > p.Solution:
		return "policy.workaround_over_solution"
	}
	return ""
}

// Figures are the promises in short, in no language: 30m/4h/24h 7x24.
func (p Policy) Figures() string {
	text := short(p.Response) + "/" + short(p.Workaround) + "/" + short(p.Solution)
	if p.AllHours {
		text += " " + AllHoursContract
	}
	return text
}

func short(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	text := strings.TrimSuffix(d.String(), "0s")
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// maxPromise bounds a promise: nobody promises more than half a year of working time.
const maxPromise = 1000 * time.Hour

// workingDay is what a day counts in a promise of working time.
const workingDay = 8 * time.Hour

var promiseUnits = []struct {
	name string
	long time.Duration
}{
	{"个小时", time.Hour}, {"小时", time.Hour}, {"hours", time.Hour}, {"hour", time.Hour}, {"h", time.Hour},
	{"分钟", time.Minute}, {"分", time.Minute}, {"minutes", time.Minute}, {"min", time.Minute}, {"m", time.Minute},
	{"个工作日", workingDay}, {"工作日", workingDay}, {"天", workingDay}, {"days", workingDay}, {"day", workingDay}, {"d", workingDay},
}

// ParsePromise reads the length of a promise: 30m, 4h, 2d, 1h30m, 3小时; 无, – or 0 = not promised. A day counts eight hours, or 24 in a 7×24
// promise.
func ParsePromise(s string, allHours bool) (time.Duration, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
	switch s {
	case "无", "–", "-", "0", "none", "":
		return 0, true
	}
	var sum time.Duration
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if end <= 0 || end > 5 {
			return 0, false
		}
		n := time.Duration(0)
		for _, digit := range s[:end] {
			n = 10*n + time.Duration(digit-'0')
		}
		i := slices.IndexFunc(promiseUnits, func(u struct {
			name string
			long time.Duration
		}) bool {
			return strings.HasPrefix(s[end:], u.name)
		})
		if i < 0 {
			return 0, false
		}
		unit := promiseUnits[i].long
		if unit == workingDay && allHours {
			unit = 24 * time.Hour
		}
		sum += n * unit
		s = s[end+len(promiseUnits[i].name):]
	}
	return sum, true
}
