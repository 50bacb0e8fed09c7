package tickets

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var sampleModules = []string{"ERP/财务", "ERP/库存", "ERP/生产", "ERP/采购", "MES", "网络与服务器"}

// score judges every second text and gives how many were right, with the others.
func score(half int) (right, all int, wrong []string) {
	for i, text := range judgedTexts {
		if i%2 != half {
			continue
		}
		all++
		g := GuessOf(text.text, sampleModules)
		if g.Type == text.class {
			right++
			continue
		}
		wrong = append(wrong, string(text.class)+" taken for "+string(g.Type)+": "+text.text)
	}
	return right, all, wrong
}

func TestClassOfTextsTheTableWasTunedTo(t *testing.T) {
	right, all, wrong := score(0)
	if os.Getenv("SHOW") != "" {
		t.Logf("%d of %d\n%v", right, all, wrong)
	}
	require.GreaterOrEqual(t, right*100, all*95, wrong)
}

func TestClassOfUnseenTexts(t *testing.T) {
	right, all, wrong := score(1)
	t.Logf("%d of %d", right, all)
	require.GreaterOrEqual(t, right*100, all*85, wrong)
}

func TestClassOfLateTexts(t *testing.T) {
	for name, texts := range map[string][]judgedText{"late": lateTexts, "last": lastTexts} {
		right := 0
		var wrong []string
		for _, text := range texts {
			if g := GuessOf(text.text, sampleModules); g.Type == text.class {
				right++
			} else {
				wrong = append(wrong, string(text.class)+" taken for "+string(g.Type)+": "+text.text+"\n")
			}
		}
		t.Logf("%s: %d of %d\n%v", name, right, len(texts), wrong)
		require.GreaterOrEqual(t, right*100, len(texts)*85, "%s: %v", name, wrong)
	}
}

func TestWhatIsNoOutage(t *testing.T) {
	for text, class := range map[string]Type{
		"我每次都登不上系统":                 TypeError,
		"所有凭证都打不开":                  TypeError,
		"停产物料怎么设置不参与MRP":            TypeHowTo,
		"停线记录在哪里查":                  TypeHowTo,
		"如何统计产线停机原因":                TypeHowTo,
		"就我这台电脑打不开系统，其他人都可以":        TypeError,
		"如果系统停机我们怎么开单":              TypeHowTo,
		"生产订单停用后怎么恢复":               TypeHowTo,
		"全部工单都没有同步过来":               TypeError,
		"建议停线时自动通知班组长":              TypeIdea,
		"":                          TypeError,
		"在吗":                        TypeHowTo,
		"？？？":                       TypeHowTo,
		"12345":                     TypeError,
		"\xff\xfe broken utf-8":     TypeError,
		strings.Repeat("打不开", 3000): TypeError,
	} {
		require.Equal(t, class, GuessOf(text, sampleModules).Type, Shorten(text, 30))
	}
}

func TestModuleGuessed(t *testing.T) {
	for text, module := range map[string]string{
		"凭证过不了账":         "ERP/财务",
		"盘点单审核失败":        "ERP/库存",
		"BOM展开少料":        "ERP/生产",
		"供应商档案打不开":       "ERP/采购",
		"工位机扫码没反应":       "MES",
		"VPN连不上":         "网络与服务器",
		"打印机脱机":          "网络与服务器",
		"系统很慢":           "",
		"保存时提示服务器内部错误":   "",
		"purchase order": "ERP/采购",
	} {
		require.Equal(t, module, GuessOf(text, sampleModules).Module, text)
	}
	require.Empty(t, GuessOf("凭证", nil).Module)
}

func TestPriorityGuessed(t *testing.T) {
	for text, p := range map[string]Priority{
		"凭证保存报错":              3,
		"凭证保存报错，今天必须结账":       2,
		"凭证保存报错，不急，有空看一下":     4,
		"全厂停产，MES打不开":         1,
		"扫码枪没反应，再不修就要停线了":     1,
		"希望增加一个字段":            4,
		"希望尽快增加一个字段，领导急着要":    3,
		"你们态度太差":              2,
		"怎么反结账，月结等着用":         2,
		"please help, urgent": 2,
	} {
		require.Equal(t, p, GuessOf(text, sampleModules).Priority, text)
	}
}

func TestEveryGuessShowsItsReason(t *testing.T) {
	g := GuessOf("凭证保存的时候报错，今天必须报税", sampleModules)
	require.Equal(t, []string{"报错"}, g.TypeBy)
	require.Equal(t, []string{"今天必须"}, g.HurryBy)
	require.Equal(t, []string{"凭证"}, g.ModuleBy)
	require.Empty(t, GuessOf("12345", sampleModules).TypeBy)
}

func BenchmarkGuess(b *testing.B) {
	for b.Loop() {
		GuessOf("采购订单导出来的excel金额跟系统里不一样，昨天升级完之后就这样了，请问怎么处理", sampleModules)
	}
}
