package feishu

import (
	"strings"

	"servicedesk/tickets"
)

// PlainCard is a card in words: title and lines. Its buttons are left out, since everything they do can be typed as well.
func PlainCard(c tickets.Card) string {
	return strings.TrimSpace(c.Title + "\n" + plainLines(c))
}

// plainLines is a card's body in words, a line each.
func plainLines(c tickets.Card) string {
	lines := make([]string, 0, len(c.Lines))
	for _, l := range c.Lines {
		if s := joinLabel(l); s != "" {
			lines = append(lines, s)
		}
	}
	return strings.Join(lines, "\n")
}

func joinLabel(l tickets.Line) string {
	switch {
	case l.Label == "":
		return l.Text
	case l.Text == "":
		return l.Label
	case strings.HasSuffix(l.Label, ":"), strings.HasSuffix(l.Label, "："):
		return l.Label + l.Text
	}
	return l.Label + ": " + l.Text
}

// mentioned are the people whom a card mentions, each once.
func mentioned(c tickets.Card) []tickets.RemoteID {
	var ids []tickets.RemoteID
	seen := map[tickets.RemoteID]bool{}
	for _, l := range c.Lines {
		for _, id := range l.At {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}
