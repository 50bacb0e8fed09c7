package tickets

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAlikeReports(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"库存查询页面打不开，一直转圈", "查库存的页面打不开了", true},
		{"库存查询页面打不开，一直转圈", "库存查询转圈，查不了", true},
		{"库存查询页面打不开", "我们这边库存也查不了，页面报错", true},
		{"ERP打不开了", "我们的erp系统用不了", true},
		{"ERP 登录不上去", "ERP无法登录，提示超时", true},
		{"打印机脱机，发货单打不出来", "发货单打印不了，打印机没反应", true},
		{"MES report page fails", "the MES report cannot open", true},
		{"系统打不开", "库存查询打不开", true}, // vague, and trouble: worth a question
		{"打不开了", "打不开了", true},
		{"库存查询页面打不开", "打印机打不开", false},
		{"采购单打印没有表头", "库存盘点数量对不上", false},
		{"工序报工提交失败", "质检单保存后消失", false},
		{"扫码枪全部连不上", "期初余额导入报错", false},
		{"您好", "库存查询打不开", false},
		{"您好，请问怎么导出报表", "怎么改密码", false},
		{"库存打印单是空白的", "库存查询没有结果", false},
		{"", "", false},
		{"", "库存查询打不开", false},
		{"[图片]", "[图片]", false},
	} {
		require.Equal(t, c.want, alike(c.a, c.b), "%s | %s", c.a, c.b)
		require.Equal(t, c.want, alike(c.b, c.a), "%s | %s", c.b, c.a)
	}
}

func TestSameMatter(t *testing.T) {
	require.True(t, sameMatter(&Ticket{Type: TypeOutage, Title: "断网"}, &Ticket{Type: TypeOutage, Title: "仓库全停"}))
	require.True(t, sameMatter(&Ticket{Module: "MES", Title: "甲"}, &Ticket{Module: "MES", Title: "乙"}))
	require.False(t, sameMatter(&Ticket{Title: "采购单打印没有表头"}, &Ticket{Module: "MES", Title: "库存盘点数量对不上"}))
}

func TestTheGraverOfTwoCounts(t *testing.T) {
	calm, grave := Gravity{TypeError, 3, false}, Gravity{TypeOutage, 1, true}
	require.Equal(t, grave, calm.with(grave))
	require.Equal(t, grave, grave.with(calm))
	require.Equal(t, calm, calm.with(Gravity{TypeHowTo, 4, false}))
}
