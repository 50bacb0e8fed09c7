package tickets

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestSkillIsThatOfTheModuleOrOfWhatStandsAboveIt(t *testing.T) {
	s := customers.Staff{Skills: map[string]int{"ERP": 1, "ERP/财务": 3}}
	require.Equal(t, 3, skillIn(s, "ERP/财务"))
	require.Equal(t, 1, skillIn(s, "ERP/库存"))
	require.Equal(t, 3, skillIn(s, "ERP/财务/总账"))
	require.Zero(t, skillIn(s, "MES"))
	require.Zero(t, skillIn(s, ""))
}

func TestOrderOfStandIns(t *testing.T) {
	colleague := func(name string, skill, load int, roles ...customers.Role) person {
		return person{Staff: customers.Staff{Name: name, Roles: roles}, skill: skill, load: load}
	}
	expert := colleague("expert", 3, 9, customers.RoleEngineer, customers.RoleSecondLevel)
	owner := colleague("owner", 1, 5, customers.RoleEngineer, customers.RoleOwner)
	idle := colleague("idle", 1, 0, customers.RoleEngineer)
	novice := colleague("novice", 0, 0, customers.RoleEngineer, customers.RoleOwner)
	full := colleague("full", 3, usualLoad, customers.RoleEngineer, customers.RoleOwner)
	onDuty := colleague("on duty", 1, 0, customers.RoleEngineer)
	onDuty.duty = true
	named := colleague("named", 1, 7, customers.RoleEngineer)
	named.acting = true

	for name, c := range map[string]struct {
		tier   customers.Tier
		module string
		people []person
		want   []string
	}{
		"a strategic customer gets the most skilled": {customers.TierA, "MES", []person{owner, idle, expert, novice}, []string{"expert", "owner", "idle", "novice"}},
		"others leave the experts free":              {customers.TierC, "MES", []person{expert, novice, idle, owner}, []string{"owner", "idle", "expert", "novice"}},
		"without a module owners come first":         {customers.TierA, "", []person{expert, idle, owner, novice}, []string{"novice", "owner", "idle", "expert"}},
		"who has too much comes last":                {customers.TierA, "MES", []person{full, novice}, []string{"novice", "full"}},
		"who is on duty is spared":                   {customers.TierB, "MES", []person{onDuty, idle}, []string{"idle", "on duty"}},
		"the directory's stand-in before his equals": {customers.TierB, "MES", []person{owner, named}, []string{"named", "owner"}},
	} {
		slices.SortStableFunc(c.people, order(c.tier, c.module))
		var got []string
		for _, p := range c.people {
			got = append(got, p.Name)
		}
		require.Equal(t, c.want, got, name)
	}
}
