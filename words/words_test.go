package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/words"
)

func catalogue(t *testing.T, locale string) map[string]string {
	t.Helper()
	out, err := words.Texts(locale)
	require.NoError(t, err)
	return out
}

var field = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

func fields(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range field.FindAllStringSubmatch(text, -1) {
		out[m[1]] = true
	}
	return out
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	zh := catalogue(t, "zh-CN")
	for _, locale := range words.Locales {
		other := catalogue(t, locale)
		require.Len(t, other, len(zh), locale)
		for key, text := range zh {
			require.NotEmpty(t, strings.TrimSpace(other[key]), "%s: %s", locale, key)
			for name := range fields(other[key]) {
				require.True(t, fields(text)[name] || key == "list.comma", "%s: %s uses {{.%s}}, which zh-CN does not", locale, key, name)
			}
		}
	}
}

// grouped keys are completed at run time (state.<status> and the like).
var grouped = regexp.MustCompile(`^(state|next|type|role|entry|word|rate|who|button|usage|help|fail_type|media|alarm|platform|own|gate_word|gate_said|gate_kept|gate_noted|gate_answer|gate_role|kept_answer|source|pledged|watch|field|kind|standing|yes|gap|noun|` +
	`gate_noted|rule|ruleon|lack|team|change|origin|contact|buzz)\.`)

var keyForm = regexp.MustCompile(`^[a-z_]+\.[a-z0-9_]+$`)

func TestKeysInTheSourcesAndInTheCatalogueAgree(t *testing.T) {
	zh, used := catalogue(t, "zh-CN"), map[string]bool{}
	groups := map[string]bool{}
	for key := range zh {
		head, _, _ := strings.Cut(key, ".")
		groups[head] = true
	}
	for _, room := range []string{"tickets", "handlers", "customers"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				key, _ := strconv.Unquote(lit.Value)
				head, _, _ := strings.Cut(key, ".")
				if keyForm.MatchString(key) && groups[head] {
					used[key] = true
				}
				if key == "privacy" || key == "next_word" || key == "servicer" {
					used[key] = true
				}
				return true
			})
			return nil
		}))
	}
	for key := range used {
		_, known := zh[key]
		require.True(t, known, "%s is used in the sources, but not in the catalogue", key)
	}
	for key := range zh {
		require.True(t, used[key] || grouped.MatchString(key), "%s is in the catalogue, but nothing says it", key)
	}
}

func TestTextsAreFilledAndFallBack(t *testing.T) {
	require.Equal(t, "There is no HLDL-0009. Use /find to look for it.", words.In("en").T("refuse.no_ticket", words.Args{"Number": "HLDL-0009"}))
	require.Equal(t, words.In("zh-CN").T("word.who"), words.In("fr", "").T("word.who"))
	require.Equal(t, words.In("en").T("word.who"), words.In("", "en").T("word.who"))
	require.Equal(t, "a <b> & 'c'", strings.TrimPrefix(words.In("en").T("entry.words", words.Args{"Text": "a <b> & 'c'"}), "said: "))
}
