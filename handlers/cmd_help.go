package handlers

import (
	"strings"

	"servicedesk/tickets"
)

// runHelp lists what the caller may do, or explains one verb.
func runHelp(c *call, _ *tickets.Ticket, rest string) error {
	if verb, _ := cutWord(strings.TrimLeft(rest, "/／")); verb != "" {
		cmd := lookup(strings.ToLower(verb))
		if cmd == nil {
			return c.unknown(verb)
		}
		args := tickets.Args{"Usage": c.say.T("usage." + cmd.name), "Help": c.say.T("help." + cmd.name), "Aliases": strings.Join(cmd.aliases, " /")}
		return c.reply(c.say.T("help.one", args))
	}
	lines := []string{c.say.T("help.head", tickets.Args{"Name": c.who.Name})}
	for _, cmd := range commands {
		if cmd.allowed(c.who) {
			lines = append(lines, c.say.T("help.line", tickets.Args{"Usage": c.say.T("usage." + cmd.name), "Help": c.say.T("help." + cmd.name)}))
		}
	}
	lines = append(lines, c.say.T("help.tail"))
	return c.reply(strings.Join(lines, "\n"))
}
