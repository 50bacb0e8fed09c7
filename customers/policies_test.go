package customers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestDefaultPromises(t *testing.T) {
	strategic := customers.Customer{Tier: customers.TierA, AllHours: true}
	for name, c := range map[string]struct {
		customer customers.Customer
		kind     string
		want     string
	}{
		"outage of anybody":        {customers.Customer{Tier: customers.TierC}, "outage", "30m/4h/24h 7x24"},
		"error under contract":     {strategic, "error", "1h/–/8h 7x24"},
		"error of A":               {customers.Customer{Tier: customers.TierA}, "error", "1h/–/8h"},
		"error of B":               {customers.Customer{Tier: customers.TierB}, "error", "2h/–/16h"},
		"error of C":               {customers.Customer{Tier: customers.TierC}, "error", "4h/–/24h"},
		"consult under contract":   {strategic, "consult", "1h/–/16h"},
		"consult of B":             {customers.Customer{Tier: customers.TierB}, "consult", "4h/–/24h"},
		"how-to of C":              {customers.Customer{Tier: customers.TierC}, "how_to", "8h/–/40h"},
		"a visitor is served as C": {customers.Customer{}, "error", "4h/–/24h"},
	} {
		matching := customers.MatchPolicies(customers.DefaultPolicies(), customers.PolicyKeyOf(c.customer, c.kind))
		require.NotEmpty(t, matching, name)
		require.Equal(t, c.want, matching[0].Figures(), name)
	}
}

func TestTheMostSpecificPolicyHolds(t *testing.T) {
	all := customers.WithEdits([]customers.Policy{
		{PolicyKey: customers.PolicyKey{Tier: customers.TierB}, Response: 3 * time.Hour},
		{PolicyKey: customers.PolicyKey{Type: "consult"}, Response: 2 * time.Hour},
		{PolicyKey: customers.PolicyKey{Type: "consult", Tier: customers.TierB}, Response: time.Hour},
		{PolicyKey: customers.PolicyKey{Contract: customers.AllHoursContract}, Response: 20 * time.Minute},
	})
	first := func(c customers.Customer, kind string) time.Duration {
		return customers.MatchPolicies(all, customers.PolicyKeyOf(c, kind))[0].Response
	}
	b := customers.Customer{Tier: customers.TierB}
	require.Equal(t, time.Hour, first(b, "consult"))
	require.Equal(t, 3*time.Hour, first(b, "how_to"))
	require.Equal(t, 2*time.Hour, first(customers.Customer{Tier: customers.TierC}, "consult"))
	b.AllHours = true
	require.Equal(t, 20*time.Minute, first(b, "how_to"))
}

func TestPromisesAreReadAndChecked(t *testing.T) {
	for text, want := range map[string]time.Duration{"30m": 30 * time.Minute, "4h": 4 * time.Hour, "3小时": 3 * time.Hour, "90分钟": 90 * time.Minute,
		"1h30m": 90 * time.Minute, "2d": 16 * time.Hour, "2 工作日": 16 * time.Hour, "无": 0, "–": 0, "": 0} {
		got, ok := customers.ParsePromise(text, false)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	day, _ := customers.ParsePromise("1d", true)
	require.Equal(t, 24*time.Hour, day)
	for _, text := range []string{"soon", "4", "h", "-4h", "1e9h", "4h!", "999999h"} {
		_, ok := customers.ParsePromise(text, false)
		require.False(t, ok, text)
	}
	require.Empty(t, customers.Policy{Response: time.Hour, Solution: time.Hour}.Fault())
	require.Equal(t, "policy.response_over_solution", customers.Policy{Response: 2 * time.Hour, Solution: time.Hour}.Fault())
	require.Equal(t, "policy.workaround_over_solution", customers.Policy{Workaround: 2 * time.Hour, Solution: time.Hour}.Fault())
	require.Equal(t, "policy.nothing", customers.Policy{}.Fault())
}

func TestPoliciesOfAFile(t *testing.T) {
	dir, problems := customers.ParseDirectory([]byte(`
policies:
  - {type: outage, response: 15m, workaround: 2h, solution: 12h, all_hours: true}
  - {tier: B, contract: 7x24, response: 1h, solution: 1d}
`))
	require.Empty(t, problems)
	require.Equal(t, []string{"15m/2h/12h 7x24", "1h/–/8h"}, []string{dir.Policies[0].Figures(), dir.Policies[1].Figures()})

	_, problems = customers.ParseDirectory([]byte(`
policies:
  - {type: error, response: 9h, solution: 8h}
  - {type: breakdown, response: 1h}
  - {type: idea, tier: D, contract: weekdays, response: soon}
  - {type: idea, response: 1h}
  - {type: idea, response: 2h}
`))
	var lines []int
	var keys []string
	for _, p := range problems {
		lines, keys = append(lines, p.Line), append(keys, p.Key)
	}
	require.Equal(t, []int{3, 4, 5, 5, 5, 7}, lines)
	require.Equal(t, []string{"policy.response_over_solution", "import.type", "import.tier", "import.contract", "import.duration", "import.policy_twice"}, keys)
}
