package customers_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestSampleDirectoryIsSound(t *testing.T) {
	dir, problems := customers.ParseDirectory(customers.Sample)
	require.Empty(t, problems)
	require.Len(t, dir.Staff, 11)
	require.Len(t, dir.Customers, 3)
	require.Equal(t, "张伟", dir.Customers[0].Team[customers.RoleOwner])
	require.True(t, dir.Customers[0].AllHours)
}

func TestEveryMistakeNamesItsLineAndField(t *testing.T) {
	file := `staff:
  - name: 甲
    mobile: "13900000000"
    roles: [engineer, boss]
  - name: 甲
customers:
  - code: hl
    name: 一号
    tier: D
    timezone: Asia/Nowhere
    team: {owner: 乙, cook: 甲}
    contacts:
      - {name: "", kind: friend}
`
	_, problems := customers.ParseDirectory([]byte(file))
	got := map[string]int{}
	for _, p := range problems {
		got[p.Field] = p.Line
	}
	require.Equal(t, map[string]int{
		"staff[0].roles[1]": 4, "staff[1].name": 5, "staff[1].mobile": 5,
		"customers[0].code": 7, "customers[0].tier": 9, "customers[0].timezone": 10,
		"customers[0].team.owner": 11, "customers[0].team.cook": 11,
		"customers[0].contacts[0].name": 13, "customers[0].contacts[0].kind": 13,
	}, got)
}

func TestUnknownKeysAndBrokenYAMLAreRefusedWithTheirLine(t *testing.T) {
	_, problems := customers.ParseDirectory([]byte("staff:\n  - name: 甲\n    mobil: x\n"))
	require.Len(t, problems, 1)
	require.Equal(t, 3, problems[0].Line)
	require.Equal(t, "mobil", problems[0].Field)

	_, problems = customers.ParseDirectory([]byte("staff: [" + strings.Repeat("[", 50)))
	require.Len(t, problems, 1)
	require.Equal(t, "import.syntax", problems[0].Key)
}
