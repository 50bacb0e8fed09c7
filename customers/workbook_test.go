package customers_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"servicedesk/customers"
)

// book makes a workbook of sheets with rows.
func book(t *testing.T, sheets map[string][][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for name, rows := range sheets {
		_, err := f.NewSheet(name)
		require.NoError(t, err)
		for n, row := range rows {
			require.NoError(t, f.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &row))
		}
	}
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	return out.Bytes()
}

func TestAWorkbookSaysWhatAYAMLFileSays(t *testing.T) {
	data := book(t, map[string][][]any{
		"人员": {{"姓名", "手机", "角色", "技能", "团队", "工单上限"}, {"张伟", 13800000001, "工程师、服务负责人", "ERP=3，MES=1", "一组", 8}, {}, {"王芳", "13800000006", "liaison"}},
		"客户": {
			{"代码", "名称", "分层", "7×24", "行业", "合同起", "合同止", "服务负责人", "联络专员", "服务负责人代理"},
			{"HLDL", "恒力电缆", "A", true, "电线电缆", "2026-01-01", time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), "张伟", "王芳", "王芳"},
		},
		"联系人": {{"客户", "姓名", "类型", "生日"}, {"HLDL", "李工", "技术", "农历八月十五"}, {"恒力电缆", "周总", "决策", "6-18"}},
		"模块":  {{"模块"}, {"ERP"}, {"MES"}},
	})
	require.True(t, customers.IsWorkbook(data))
	dir, problems := customers.ParseWorkbook(data)
	require.Empty(t, problems)
	same, problems := customers.ParseDirectory([]byte(`
staff:
  - {name: 张伟, mobile: "13800000001", roles: [engineer, owner], skills: {ERP: 3, MES: 1}, teams: [一组], load_limit: 8}
  - {name: 王芳, mobile: "13800000006", roles: [liaison]}
customers:
  - code: HLDL
    name: 恒力电缆
    tier: A
    all_hours: true
    profile: {industry: 电线电缆}
    contract: {start: 2026-01-01, end: 2026-12-31}
    team: {owner: 张伟, liaison: 王芳}
    stand_ins: {owner: [王芳]}
    contacts:
      - {name: 李工, kind: technical, birthday: 农历八月十五}
      - {name: 周总, kind: decider, birthday: 06-18}
modules: [ERP, MES]
`))
	require.Empty(t, problems)
	require.Equal(t, same, dir)
}

func TestMistakesOfAWorkbookNameSheetAndRow(t *testing.T) {
	_, problems := customers.ParseWorkbook(book(t, map[string][][]any{
		"人员":  {{"姓名", "手机", "鞋码", "技能", "在职"}, {"张伟", "13800000001", 42, "ERP", "也许"}},
		"客户":  {{"代码", "名称", "合同止"}, {"hl", "一号", "年底"}, {"AB", "二号", ""}},
		"联系人": {{"客户", "姓名", "生日"}, {"三号", "某人"}, {"AB", "李工", "农历十三月初一"}},
		"随便":  {{"什么"}},
	}))
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s!%d %s %s", p.Sheet, p.Line, p.Field, p.Key))
	}
	require.ElementsMatch(t, []string{
		"人员!1 鞋码 import.column", "人员!2 skills import.skill", "人员!2 active import.bool", "随便!0  import.sheet",
		"客户!2 customers[0].code import.code", "客户!2 customers[0].contract.end misfit.date",
		"联系人!2 customer import.customer", "联系人!3 customers[1].contacts[0].birthday misfit.day",
	}, got)

	_, problems = customers.ParseWorkbook([]byte("PK\x03\x04 no workbook"))
	require.Len(t, problems, 1)
	require.Equal(t, "import.workbook", problems[0].Key)
}
