// Package words is the catalogue: every text a person reads, in every language the desk speaks.
// A text is named by its key and filled with named arguments; the tests keep the languages complete and the keys in use.
package words

import (
	"embed"
	"fmt"
	"path"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Default is the language of a desk that states none.
const Default = "zh-CN"

// Locales are the languages of the catalogue.
var Locales = []string{"zh-CN", "en"}

// Args fill a text by name.
type Args = map[string]any

//go:embed zh-CN.yaml en.yaml
var files embed.FS

// localizers is filled once and only read afterwards.
var localizers = load()

func load() map[string]*i18n.Localizer {
	out := map[string]*i18n.Localizer{}
	for _, locale := range Locales {
		bundle := i18n.NewBundle(language.MustParse(locale))
		bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
		if _, err := bundle.LoadMessageFileFS(files, path.Base(locale)+".yaml"); err != nil {
			panic(fmt.Sprintf("catalogue %s: %v", locale, err)) // embedded at build time: cannot fail at a user's
		}
		out[locale] = i18n.NewLocalizer(bundle, locale)
	}
	return out
}

// Locale is a language to speak; the zero value speaks the default one.
type Locale struct{ localizer *i18n.Localizer }

// In gives the language of a locale name; an unknown or empty one gives the first known of the others, at last the default.
func In(names ...string) Locale {
	for _, name := range append(names, Default) {
		if l, ok := localizers[name]; ok {
			return Locale{l}
		}
	}
	return Locale{}
}

// T is the text of a key. A key that is in no catalogue shows itself, which the tests make impossible.
func (l Locale) T(key string, args ...Args) string {
	cfg := &i18n.LocalizeConfig{MessageID: key}
	if len(args) > 0 {
		cfg.TemplateData = args[0]
	}
	if l.localizer == nil {
		l = In(Default)
	}
	text, err := l.localizer.Localize(cfg)
	if err != nil {
		return "‹" + key + "›"
	}
	return text
}

// Known reports whether the catalogue has the key.
func Known(key string) bool {
	_, err := localizers[Default].Localize(&i18n.LocalizeConfig{MessageID: key})
	return err == nil
}
