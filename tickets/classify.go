package tickets

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// clue is one line of the table by which words are judged: any one of the words found says that much for the class; near, if given, must
// stand in the same sentence, too. "…" inside a word stands for a few characters of the same sentence. A negative weight speaks against.
type clue struct {
	class  Type
	weight int
	words  []string
	near   []string
}

// hint is one line of the table of priorities: up is how much higher (or, negative, lower) it makes it.
type hint struct {
	up    int
	words []string
}

// topic is what people call the things of a module; it counts for every module whose name holds one of the names.
type topicWords struct {
	names []string
	words []string
	weak  []string // things that other modules have, too
}

// Guess is what words let one suppose of a ticket. Each part has the words that led to it; none: nothing did.
type Guess struct {
	Type      Type
	TypeBy    []string
	Priority  Priority
	HurryBy   []string // words that moved the priority away from what its type has
	Module    string
	ModuleBy  []string
	ModuleFor int // how much speaks for the module
}

// judgedLength is how much of a text is judged, in characters: whoever writes more has said by then what it is about.
const judgedLength = 2000

// surely is how much must speak for a module before a ticket goes past its owner because of it.
const surely = 3

// typeOrder decides between classes for which the same speaks: what does more harm when overlooked comes first.
var typeOrder = []Type{TypeOutage, TypeComplaint, TypeError, TypeEnvironment, TypeIdea, TypeRequirement, TypeHowTo, TypeConsult}

// ordinaryPriority is what a type has when nothing in the words speaks of hurry.
var ordinaryPriority = map[Type]Priority{TypeOutage: 1, TypeComplaint: 2, TypeRequirement: 4, TypeIdea: 4}

// priorityOf is the ordinary priority of a type.
func priorityOf(t Type) Priority {
	if p, ok := ordinaryPriority[t]; ok {
		return p
	}
	return defaultPriority
}

// GuessOf judges words by the tables; modules are the names of the directory. What cannot be guessed is an error of ordinary priority.
func GuessOf(text string, modules []string) Guess {
	if r := []rune(text); len(r) > judgedLength {
		text = string(r[:judgedLength])
	}
	sentences := sentencesOf(text)
	g := Guess{}
	g.Type, g.TypeBy = guessType(sentences)
	g.Priority, g.HurryBy = guessPriority(sentences, g.Type)
	g.Module, g.ModuleFor, g.ModuleBy = guessModule(sentences, modules)
	return g
}

// sentencesOf makes text comparable: half width, lower case, the same thing always said the same way, cut where a sentence ends.
func sentencesOf(text string) []string {
	text = sameWords.Replace(strings.ToLower(width.Fold.String(strings.ReplaceAll(text, "’", "'"))))
	text = strings.ReplaceAll(text, "?", "?\n")
	var out []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。!\n;｡", r) }) {
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			out = append(out, " "+s+" ")
		}
	}
	return out
}

func guessType(sentences []string) (Type, []string) {
	score, why := map[Type]int{}, map[Type][]string{}
	for _, c := range typeClues {
		if word, ok := c.found(sentences); ok {
			score[c.class] += c.weight
			if c.weight > 0 {
				why[c.class] = append(why[c.class], word)
			}
		}
	}
	best := TypeError
	for _, t := range typeOrder {
		if score[t] > 0 && (score[t] > score[best] || score[t] == score[best] && before(t, best)) {
			best = t
		}
	}
	return best, why[best]
}

func before(a, b Type) bool {
	for _, t := range typeOrder {
		if t == a || t == b {
			return t == a
		}
	}
	return false
}

func (c clue) found(sentences []string) (string, bool) {
	for _, s := range sentences {
		if word, _ := anyIn(s, c.words); word != "" {
			if len(c.near) == 0 {
				return word, true
			}
			if other, _ := anyIn(s, c.near); other != "" {
				return word + "…" + other, true
			}
		}
	}
	return "", false
}

func guessPriority(sentences []string, t Type) (Priority, []string) {
	p, up := priorityOf(t), 0
	var why []string
	for _, h := range hurryHints {
		for _, s := range sentences {
			if word, _ := anyIn(s, h.words); word != "" {
				why = append(why, word)
				if abs(h.up) > abs(up) {
					up = h.up
				}
				break
			}
		}
	}
	moved := min(4, max(1, p-Priority(up)))
	if moved == 1 && t != TypeOutage && up < mostHurry { // only what stands still, or is about to, comes first
		moved = min(p, 2)
	}
	if moved == p {
		return p, nil
	}
	return moved, why
}

func abs(n int) int { return max(n, -n) }

// guessModule is the module for which most speaks; between two, the one spoken of first.
func guessModule(sentences, modules []string) (best string, most int, why []string) {
	text := strings.Join(sentences, "\n")
	first := 0
	for _, module := range modules {
		score, at, by := moduleScore(text, module)
		if score > most || score == most && score > 0 && at < first {
			best, most, first, why = module, score, at, by
		}
	}
	if most < 2 {
		return "", 0, nil
	}
	return best, most, why
}

func moduleScore(text, module string) (score, first int, by []string) {
	first = len(text)
	note := func(words []string, weight int) {
		for _, w := range words {
			if at := strings.Index(text, w); at >= 0 && !held(by, w) {
				score, first, by = score+weight, min(first, at), append(by, strings.TrimSpace(w))
			}
		}
	}
	name := strings.ToLower(width.Fold.String(module))
	note(partsOf(name), 4)
	for _, t := range moduleWords {
		if word, _ := anyIn(name, t.names); word != "" {
			note(t.words, surely)
			note(t.weak, 1)
		}
	}
	return score, first, by
}

// partsOf are the names by which people call a module: 网络与服务器 is 网络 or 服务器; what stands above it says nothing of its own.
func partsOf(module string) []string {
	leaf := module[strings.LastIndex(module, "/")+1:]
	return strings.FieldsFunc(leaf, func(r rune) bool { return strings.ContainsRune("与和及、 &", r) })
}

// held reports whether a word is part of one that was counted.
func held(words []string, w string) bool {
	for _, known := range words {
		if strings.Contains(known, strings.TrimSpace(w)) {
			return true
		}
	}
	return false
}

// anyIn is the first of the words that a sentence holds, as people would quote it, and where; "" when there is none.
func anyIn(sentence string, words []string) (string, int) {
	for _, w := range words {
		if at, ok := wordAt(sentence, w); ok {
			return strings.TrimSpace(w), at
		}
	}
	return "", -1
}

// gap is how many characters "…" stands for at most.
const gap = 12

func wordAt(sentence, word string) (int, bool) {
	head, rest, gapped := strings.Cut(word, "…")
	if !gapped {
		at := strings.Index(sentence, word)
		return at, at >= 0
	}
	for from := 0; ; {
		at := strings.Index(sentence[from:], head)
		if at < 0 {
			return 0, false
		}
		at += from
		from = at + len(head)
		if next, ok := wordAt(sentence[from:], rest); ok && utf8.RuneCountInString(sentence[from:from+next]) <= gap {
			return at, true
		}
	}
}
