package feishu

import (
	"regexp"
	"strings"
)

var (
	atInMarkdown = regexp.MustCompile(`<at\s+(?:user_id|ids|id)=["']?([^"'\s>]*)["']?\s*(?:/>|>(.*?)</at>)`)
	emphasis     = []*regexp.Regexp{
		regexp.MustCompile(`\*\*([^*\s](?:[^*\n]*[^*\s])?)\*\*`),
		regexp.MustCompile(`~~([^~\s](?:[^~\n]*[^~\s])?)~~`),
		regexp.MustCompile(`\*([^*\s](?:[^*\n]*[^*\s])?)\*`),
		regexp.MustCompile("`([^`\n]+)`"),
	}
	images      = regexp.MustCompile(`!\[([^\]]*)\]\(([^()\s]*)\)`)
	headings    = regexp.MustCompile(`(?m)^#{1,6} `)
	markup      = regexp.MustCompile(`</?(?:font|text_tag|number_tag|b|i|u|s|strong|em|del|person|link|raw)(?:\s[^<>]*)?>`)
	brokenLines = regexp.MustCompile(`<br\s*/?>`)
	tableRule   = regexp.MustCompile(`(?m)^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
	tableLine   = regexp.MustCompile(`^[ \t]*\|.*\|[ \t]*$`)
)

// markdown gives the words that a person sees, the ids of those it notifies, and the first id that nobody has.
func (s *Server) markdown(text string) (words string, pings []string, unknown string) {
	words = atInMarkdown.ReplaceAllStringFunc(text, func(tag string) string {
		parts := atInMarkdown.FindStringSubmatch(tag)
		var names []string
		for _, id := range strings.Split(parts[1], ",") {
			name := s.nameOf(id)
			switch {
			case id == "all":
				name = "所有人"
			case name == "" && unknown == "":
				unknown = id
			}
			pings = append(pings, id)
			names = append(names, "@"+name)
		}
		return strings.Join(names, " ")
	})
	words = images.ReplaceAllString(words, "$1")
	words = links.ReplaceAllString(words, "$1")
	for _, e := range emphasis {
		words = e.ReplaceAllString(words, "$1")
	}
	words = headings.ReplaceAllString(words, "")
	words = brokenLines.ReplaceAllString(words, "\n")
	words = markup.ReplaceAllString(words, "")
	return s.entities(words), pings, unknown
}

// markdownTables counts the tables in a text: a rule of dashes below a line with bars.
func markdownTables(text string) int {
	n := 0
	lines := strings.Split(text, "\n")
	for i := 1; i < len(lines); i++ {
		if strings.Contains(lines[i], "|") && tableRule.MatchString(lines[i]) && tableLine.MatchString(lines[i-1]) {
			n++
		}
	}
	return n
}
