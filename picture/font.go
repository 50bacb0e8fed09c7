// Package picture draws tables as pictures that are readable in a chat.
package picture

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// ErrNoFont says that the machine has no font with Chinese characters; the Debian package fonts-noto-cjk brings one.
var ErrNoFont = errors.New("no font with Chinese characters was found; install fonts-noto-cjk")

// fontFolders are where the systems keep fonts.
func fontFolders() []string {
	home, _ := os.UserHomeDir() // without a home there are the others
	return []string{"/usr/share/fonts", "/usr/local/share/fonts", filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"),
		"/System/Library/Fonts", "/Library/Fonts", `C:\Windows\Fonts`}
}

// likely are names of fonts with Chinese characters, the best first.
var likely = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(notosanscjk|notosanssc|sourcehansans)[^/]*regular[^/]*\.(ttc|otf|ttf)$`),
	regexp.MustCompile(`(?i)^(notosanscjk|notosanssc|sourcehansans|wqy|pingfang|msyh|simhei|droidsansfallback)[^/]*\.(ttc|otf|ttf)$`),
	regexp.MustCompile(`(?i)(cjk|hans)[^/]*\.(ttc|otf|ttf)$`),
}

// chinese is the font, looked for once.
var chinese = sync.OnceValues(func() (*sfnt.Font, error) {
	for _, path := range candidates(fontFolders()) {
		if f, err := open(path); err == nil {
			return f, nil
		}
	}
	return nil, ErrNoFont
})

// candidates are the fonts in some folders that may do, the best first.
func candidates(folders []string) []string {
	found := make([][]string, len(likely))
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil // what cannot be read holds no font for us
			}
			if i := slices.IndexFunc(likely, func(r *regexp.Regexp) bool { return r.MatchString(e.Name()) }); i >= 0 {
				found[i] = append(found[i], path)
			}
			return nil
		})
	}
	return slices.Concat(found...)
}

// open reads a font that has Chinese characters; of a collection, the one for mainland China. The file stays open: glyphs are read when drawn.
func open(path string) (*sfnt.Font, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := choose(file)
	if err != nil {
		_ = file.Close()
	}
	return f, err
}

func choose(file *os.File) (*sfnt.Font, error) {
	collection, err := opentype.ParseCollectionReaderAt(file)
	if err != nil {
		return nil, err
	}
	var best *sfnt.Font
	var buffer sfnt.Buffer
	for i := range collection.NumFonts() {
		f, err := collection.Font(i)
		if err != nil {
			continue
		}
		if glyph, err := f.GlyphIndex(&buffer, '值'); err != nil || glyph == 0 {
			continue
		}
		family, _ := f.Name(&buffer, sfnt.NameIDFamily) // nameless fonts draw as well
		if best == nil || strings.HasSuffix(family, " SC") && !strings.Contains(family, "Mono") {
			best = f
		}
	}
	if best == nil {
		return nil, ErrNoFont
	}
	return best, nil
}
