package customers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestDaysAsPeopleWriteThem(t *testing.T) {
	for said, want := range map[string]string{
		"1985-03-12": "1985-03-12", "1985/3/2": "1985-03-02", "1985年3月12日": "1985-03-12", "3-12": "03-12", "3月12日": "03-12", "02-29": "02-29",
		"２０２６－０２－０１": "2026-02-01", "农历八月十五": "农历八月十五", "农历8月15": "农历八月十五", "阴历正月初一": "农历正月初一", "农历闰六月初一": "农历闰六月初一",
		"农历腊月三十": "农历腊月三十", "农历十二月廿三": "农历腊月廿三", "农历十一月二十": "农历冬月二十", "农历九月二十一": "农历九月廿一", "农历一月十": "农历正月初十",
		" 农历八月十五 ": "农历八月十五",
	} {
		got, ok := customers.ParseDay(said)
		require.True(t, ok, said)
		require.Equal(t, want, got, said)
	}
	for _, said := range []string{"", "明天", "13-01", "2026-02-30", "2023-02-29", "农历十三月初一", "农历八月三十一", "农历八月", "八月十五", "1985-3-12-1", "农历〇月初一"} {
		_, ok := customers.ParseDay(said)
		require.False(t, ok, said)
	}
	for said, want := range map[string]bool{"2026-12-31": true, "12-31": false, "农历八月十五": false, "2026-02-29": false} {
		_, ok := customers.ParseDate(said)
		require.Equal(t, want, ok, said)
	}
}

func TestEditsOfContracts(t *testing.T) {
	c := customers.Customer{}
	changes, err := c.EditContract([]customers.Edit{{Field: "起", Value: "2026/1/1"}, {Field: "止", Value: "2026-12-31"}, {Field: "服务", Value: "7×24 驻场"},
		{Field: "时数", Value: "200小时"}})
	require.NoError(t, err)
	require.Len(t, changes, 5) // 7×24 is one of its own
	require.True(t, c.AllHours)
	require.Equal(t, customers.Contract{Start: "2026-01-01", End: "2026-12-31", Service: "7×24 驻场", Hours: 200}, c.Contract)
	require.True(t, c.Contract.OverOn("2027-01-01"))
	require.False(t, c.Contract.OverOn("2026-12-31"), "the last day counts")
	require.False(t, customers.Contract{}.OverOn("2026-12-31"))
	changes, err = c.EditContract([]customers.Edit{{Field: "时数", Value: ""}, {Field: "全天", Value: "否"}})
	require.NoError(t, err)
	require.Len(t, changes, 2)
	require.False(t, c.AllHours)
	for _, wrong := range []customers.Edit{{"起", "2027-01-01"}, {"止", "31.12."}, {"时数", "很多"}, {"时数", "-1"}, {"全天", "也许"}, {"颜色", "红"}} {
		_, err := c.EditContract([]customers.Edit{wrong})
		var misfit *customers.Misfit
		require.ErrorAs(t, err, &misfit, wrong)
	}
}

func TestCustomersByName(t *testing.T) {
	all := []customers.Customer{{ID: 1, Code: "HL", Name: "恒力电缆"}, {ID: 2, Code: "HLH", Name: "恒力化纤"}, {ID: 3, Code: "HLX", Name: "恒力"}, {ID: 4, Code: "B", Name: "同名"}, {ID: 5, Code: "C", Name: "同名"}}
	ids := func(name string) (out []int64) {
		for _, c := range customers.Named(all, name) {
			out = append(out, c.ID)
		}
		return out
	}
	require.Equal(t, []int64{1}, ids("hl"))
	require.Equal(t, []int64{3}, ids("恒力"), "a whole name is meant before a part")
	require.Equal(t, []int64{2}, ids("化纤"))
	require.Equal(t, []int64{4, 5}, ids(" 同名 "))
	require.Empty(t, ids(""))
	require.Empty(t, ids("无"))
}

func TestGapsSkillsAndMasks(t *testing.T) {
	gaps := customers.Gaps([]customers.Customer{{ID: 1}, {ID: 2}}, []customers.Post{
		{1, customers.RoleOwner, "甲", true}, {1, customers.RoleAccountManager, "乙", true}, {1, customers.RoleLiaison, "丙", false},
		{2, customers.RoleOwner, "甲", true}, {2, customers.RoleAccountManager, "乙", true}, {2, customers.RoleLiaison, "丁", true},
	})
	require.Equal(t, []customers.Gap{{Customer: customers.Customer{ID: 1}, Role: customers.RoleLiaison, Left: "丙"}}, gaps)
	s := customers.Staff{Skills: map[string]int{"ERP": 3, "ERP/财务": 1}}
	require.Equal(t, []int{3, 1, 1, 0}, []int{s.Skill("ERP/库存"), s.Skill("ERP/财务"), s.Skill("ERP/财务/总账"), s.Skill("MES")})
	require.Equal(t, "ERP", customers.ModuleIn([]string{"ERP/财务"}, "erp"))
	require.Empty(t, customers.ModuleIn([]string{"ERP/财务"}, "ER"))
	require.Equal(t, "138****0001", customers.Masked("13800000001"))
	require.Equal(t, "****", customers.Masked("8888"))
}
