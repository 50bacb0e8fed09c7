package customers

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// filePolicy is one entry of the section policies:. Without type, tier or contract it is meant for any.
type filePolicy struct {
	Type       string `yaml:"type"`
	Tier       string `yaml:"tier"`
	Contract   string `yaml:"contract"`
	Response   string `yaml:"response"`
	Workaround string `yaml:"workaround"`
	Solution   string `yaml:"solution"`
	AllHours   bool   `yaml:"all_hours"`
}

// requestTypes are the types of the service catalogue, as files name them.
var requestTypes = []string{"outage", "error", "how_to", "consult", "requirement", "environment", "complaint", "idea"}

func (c *checker) checkPolicies(list []filePolicy) []Policy {
	seen := map[string]bool{}
	var out []Policy
	for i, f := range list {
		path := fmt.Sprintf("policies[%d]", i)
		p := c.checkPolicy(path, f)
		c.unique(seen, p.Key(), path, "import.policy_twice")
		out = append(out, p)
	}
	return out
}

func (c *checker) checkPolicy(path string, f filePolicy) Policy {
	p := Policy{PolicyKey: PolicyKey{Type: f.Type, Tier: Tier(f.Tier), Contract: f.Contract}, AllHours: f.AllHours}
	if f.Type != "" && !slices.Contains(requestTypes, f.Type) {
		c.fail(path+".type", "import.type", map[string]any{"Value": f.Type, "Allowed": strings.Join(requestTypes, ", ")})
	}
	if t := p.Tier; t != "" && t != TierA && t != TierB && t != TierC {
		c.fail(path+".tier", "import.tier", map[string]any{"Value": f.Tier})
	}
	if f.Contract != "" && f.Contract != AllHoursContract {
		c.fail(path+".contract", "import.contract", map[string]any{"Value": f.Contract})
	}
	sound := true
	for _, part := range []struct {
		name, text string
		into       *time.Duration
	}{{"response", f.Response, &p.Response}, {"workaround", f.Workaround, &p.Workaround}, {"solution", f.Solution, &p.Solution}} {
		d, ok := ParsePromise(part.text, f.AllHours)
		if !ok {
			c.fail(path+"."+part.name, "import.duration", map[string]any{"Value": part.text})
			sound = false
		}
		*part.into = d
	}
	if fault := p.Fault(); sound && fault != "" {
		c.fail(path, fault, nil)
	}
	return p
}
