// Package words is the catalogue: every text a person reads, in every language the desk speaks.
// A text is named by its key and filled with named arguments; the tests keep the languages complete and the keys in use.
package words

import (
	"embed"
	"fmt"
	"io/fs"

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

// Each language is a folder; its files divide the texts by what they are about.
//
//go:embed zh-CN/*.yaml en/*.yaml
var files embed.FS

// localizers is filled once and only read afterwards.
var localizers = load()

func load() map[string]*i18n.Localizer {
	out := map[string]*i18n.Localizer{}
	for _, locale := range Locales {
		bundle := i18n.NewBundle(language.MustParse(locale))
		texts, err := readTexts(files, locale)
		if err == nil {
			err = bundle.AddMessages(language.MustParse(locale), messages(texts)...)
		}
		if err != nil {
			panic(fmt.Sprintf("catalogue %s: %v", locale, err)) // embedded at build time: cannot fail at a user's
		}
		out[locale] = i18n.NewLocalizer(bundle, locale)
	}
	return out
}

// readTexts reads all files of a language; the same key in two of them is an error.
func readTexts(from fs.FS, locale string) (map[string]string, error) {
	all := map[string]string{}
	names, err := fs.Glob(from, locale+"/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		texts := map[string]string{}
		if err := yaml.UnmarshalWithOptions(data, &texts, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, text := range texts {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s: %s stands in another file, too", name, key)
			}
			all[key] = text
		}
	}
	return all, nil
}

func messages(texts map[string]string) []*i18n.Message {
	list := make([]*i18n.Message, 0, len(texts))
	for key, text := range texts {
		list = append(list, &i18n.Message{ID: key, Other: text})
	}
	return list
}

// Texts are the texts of a language by key, as they stand in the catalogue.
func Texts(locale string) (map[string]string, error) { return readTexts(files, locale) }

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
