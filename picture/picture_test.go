package picture

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATableIsDrawn(t *testing.T) {
	table := Table{Title: "紧急响应 值班表", Head: []string{"时间", "值班", "说明"}, Rows: []Row{
		{Cells: []string{"03-02 09:00 — 03-09 09:00", "孙磊", "现在"}, Tint: Present},
		{Cells: []string{"03-09 09:00 — 03-16 09:00", "何静"}},
		{Cells: []string{"03-16 09:00 — 03-23 09:00", "孙磊", "请假，需要换班", "多出的一格"}, Tint: Alarm},
	}}
	data, err := table.PNG()
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	require.Greater(t, img.Bounds().Dx(), 500)
	require.Equal(t, titleRoom+4*line+margin, img.Bounds().Dy())
	dark := 0
	for y := titleRoom; y < titleRoom+line; y++ {
		for x := range img.Bounds().Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0xa000 {
				dark++
			}
		}
	}
	require.Greater(t, dark, 100, "the head is written")
}

func TestOtherFilesAreNoFonts(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "NotoSansCJK-Regular.ttc")
	require.NoError(t, os.WriteFile(path, []byte("no font"), 0o600))
	require.Equal(t, []string{path}, candidates([]string{folder, filepath.Join(folder, "missing")}))
	_, err := open(path)
	require.Error(t, err)
	_, err = open(filepath.Join(folder, "missing.ttc"))
	require.Error(t, err)
}
