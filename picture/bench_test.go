package picture

import "testing"

func BenchmarkTable(b *testing.B) {
	table := Table{Title: "紧急响应 值班表", Head: []string{"时间", "值班", "说明"}}
	for range 8 {
		table.Rows = append(table.Rows, Row{Cells: []string{"03-02 09:30 – 03-09 09:00", "孙磊", "现在"}, Tint: Present})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.PNG(); err != nil {
			b.Fatal(err)
		}
	}
}
