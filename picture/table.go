package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Table is what is drawn: a title, a head, and rows of as many cells.
type Table struct {
	Title string
	Head  []string
	Rows  []Row
}

// Row is one line. Tint is the colour behind it; the zero value is plain.
type Row struct {
	Cells []string
	Tint  Tint
}

// Tint says what a row is.
type Tint int

// The tints.
const (
	Plain   Tint = iota
	Present      // what is now
	Alarm        // what must be mended
	Changed      // what is other than usual
)

var tints = map[Tint]color.RGBA{
	Plain: {0xff, 0xff, 0xff, 0xff}, Present: {0xe1, 0xea, 0xff, 0xff}, Alarm: {0xfd, 0xe2, 0xe2, 0xff}, Changed: {0xff, 0xf3, 0xd6, 0xff},
}

var (
	ink  = color.RGBA{0x1f, 0x23, 0x29, 0xff}
	pale = color.RGBA{0x64, 0x6a, 0x73, 0xff}
	rule = color.RGBA{0xde, 0xe0, 0xe3, 0xff}
	band = color.RGBA{0xf2, 0xf3, 0xf5, 0xff}
)

// Measures in pixels, twice those of a phone's screen so that small characters stay sharp.
const (
	textSize  = 24.0
	titleSize = 30.0
	line      = 54
	padding   = 22
	margin    = 36
	titleRoom = 80
	mostRows  = 200
)

// PNG draws the table. Error: ErrNoFont.
func (t Table) PNG() ([]byte, error) {
	f, err := chinese()
	if err != nil {
		return nil, err
	}
	text, err := opentype.NewFace(f, &opentype.FaceOptions{Size: textSize, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	title, err := opentype.NewFace(f, &opentype.FaceOptions{Size: titleSize, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	err = encoder.Encode(&out, t.draw(text, title))
	return out.Bytes(), err
}

func (t Table) draw(text, title font.Face) image.Image {
	rows := t.Rows[:min(len(t.Rows), mostRows)]
	widths := t.widths(rows, text)
	width := 0
	for _, w := range widths {
		width += w
	}
	width = max(width, font.MeasureString(title, t.Title).Ceil())
	img := image.NewRGBA(image.Rect(0, 0, width+2*margin, titleRoom+(len(rows)+1)*line+margin))
	fill(img, img.Bounds(), tints[Plain])
	write(img, title, ink, margin, titleRoom-32, t.Title)
	y := titleRoom
	fill(img, image.Rect(margin, y, margin+width, y+line), band)
	t.cells(img, text, pale, y, widths, t.Head)
	for _, r := range rows {
		y += line
		fill(img, image.Rect(margin, y, margin+width, y+line), tints[r.Tint])
		fill(img, image.Rect(margin, y+line-1, margin+width, y+line), rule)
		t.cells(img, text, ink, y, widths, r.Cells)
	}
	return img
}

func (t Table) widths(rows []Row, face font.Face) []int {
	widths := make([]int, len(t.Head))
	measure := func(cells []string) {
		for i, c := range cells[:min(len(cells), len(widths))] {
			widths[i] = max(widths[i], font.MeasureString(face, c).Ceil()+2*padding)
		}
	}
	measure(t.Head)
	for _, r := range rows {
		measure(r.Cells)
	}
	return widths
}

func (t Table) cells(img draw.Image, face font.Face, c color.Color, y int, widths []int, cells []string) {
	x := margin
	for i, cell := range cells[:min(len(cells), len(widths))] {
		write(img, face, c, x+padding, y+line-(line-int(textSize))/2-4, cell)
		x += widths[i]
	}
}

func fill(img draw.Image, at image.Rectangle, c color.Color) {
	draw.Draw(img, at, image.NewUniform(c), image.Point{}, draw.Src)
}

// write draws words from x on, standing on y.
func write(img draw.Image, face font.Face, c color.Color, x, y int, words string) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(words)
}
