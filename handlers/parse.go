package handlers

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// typed is a command as it was typed. Rest keeps the words exactly as said.
type typed struct {
	verb string
	rest string
}

// parseCommand recognises what begins with a slash, full width or not, spaces after it or not. Whatever does is a command, known or not.
func parseCommand(text string) (typed, bool) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		if rest, ok = strings.CutPrefix(text, "／"); !ok {
			return typed{}, false
		}
	}
	verb, rest := cutWord(rest)
	return typed{verb: strings.ToLower(width.Fold.String(verb)), rest: rest}, true
}

// cutWord takes the first word off; what follows is trimmed of the spaces around it only.
func cutWord(s string) (word, rest string) {
	s = strings.TrimFunc(s, unicode.IsSpace)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeftFunc(s[i:], unicode.IsSpace)
}

// fullNumber is a ticket number with its customer code: a bare counter could as well be the words' own number.
var fullNumber = regexp.MustCompile(`^[A-Za-z]{2,8}-\d{1,6}$`)

// cutNumber takes a leading ticket number off.
func cutNumber(rest string) (number, after string, ok bool) {
	word, after := cutWord(rest)
	folded := width.Fold.String(word)
	if !fullNumber.MatchString(folded) {
		return "", rest, false
	}
	return folded, after, true
}

// fieldForm finds 名=值 with an optional quoted value.
var fieldForm = regexp.MustCompile(`(?:^|\s)(\p{L}+)[=＝](?:"([^"]*)"|“([^”]*)”|(\S*))`)

// cutFields takes the known fields out of the words and gives both.
func cutFields(rest string, known map[string]bool) (words string, fields map[string]string) {
	fields = map[string]string{}
	words = fieldForm.ReplaceAllStringFunc(rest, func(match string) string {
		m := fieldForm.FindStringSubmatch(match)
		if !known[m[1]] {
			return match
		}
		fields[m[1]] = m[2] + m[3] + m[4]
		return ""
	})
	return strings.TrimSpace(words), fields
}

// distance is the number of single-character edits between two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}
