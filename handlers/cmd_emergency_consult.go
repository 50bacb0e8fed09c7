package handlers

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// minutesWords ask /会诊 to keep minutes.
var minutesWords = []string{"纪要", "minutes", "jiyao"}

// runConsult calls experts in, or closes the consultation with its minutes.
func runConsult(c *call, _ *tickets.Ticket, rest string) error {
	t, rest, err := c.emergencyMeant("consult", rest)
	if err != nil {
		return err
	}
	if word, text := cutWord(rest); slices.Contains(minutesWords, strings.ToLower(word)) {
		if t, err = c.Minutes(c.ctx, c.tx, c.who, t.ID, 0, text); err != nil {
			return err
		}
		return c.replyOutside(c.say.T("done.minutes", tickets.Args{"Number": t.Number}))
	}
	experts, brief, err := c.expertsMeant(rest)
	if err != nil {
		return err
	}
	if t, err = c.CallIn(c.ctx, c.tx, c.who, t.ID, experts, brief); err != nil {
		return err
	}
	return c.reply(c.say.T("done.consult", tickets.Args{"Number": t.Number}))
}

// expertsMeant are the colleagues whom the words mention, wherever; without any, those named at their head. The rest is the brief.
func (c *call) expertsMeant(rest string) (experts []customers.Staff, brief string, err error) {
	if rest == "" {
		return nil, "", tickets.Refuse(tickets.CodeInvalid, "refuse.no_expert", nil)
	}
	for _, id := range c.in.Mentions {
		s, err := c.tx.StaffByOpenID(c.ctx, id)
		if err != nil && !errors.Is(err, tickets.ErrNotFound) {
			return nil, "", err
		}
		if s.ID != 0 {
			experts, rest = append(experts, s), strings.ReplaceAll(rest, "@"+s.Name, " ")
		}
	}
	for rest = strings.TrimSpace(rest); len(experts) == 0 || strings.HasPrefix(rest, "@"); rest = strings.TrimSpace(rest) {
		name, after := cutWord(rest)
		expert, err := c.colleagueNamed(name)
		if err != nil {
			return nil, "", err
		}
		experts, rest = append(experts, expert), after
	}
	return experts, rest, nil
}

func pressMinutes(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := strconv.ParseInt(a.Fields["consult"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	if err := c.mustBeAllowed(lookup("consult")); err != nil {
		return "", err
	}
	if t, err = c.Minutes(c.ctx, c.tx, c.who, t.ID, id, a.Fields["text"]); err != nil {
		return "", err
	}
	return c.say.T("done.minutes", tickets.Args{"Number": t.Number}), nil
}

// enterRoom notes in which room it was said, if it was.
func (c *call) enterRoom() error {
	room, err := c.tx.RoomByChat(c.ctx, c.in.Channel)
	if errors.Is(err, tickets.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.room = room
	c.topic, err = c.tx.Ticket(c.ctx, room.TicketID)
	return err
}

// saidInRoom keeps what is said in a room on its ticket, inside. Words to the desk that begin with 进展 or 更新进展 go to the contacts; other
// words to it are asked back: in a room full of colleagues nothing may slip out.
func (c *call) saidInRoom() error {
	if c.in.ToDesk {
		if word, text := cutWord(c.in.Text); slices.Contains([]string{"进展", "更新进展", "update"}, strings.ToLower(strings.TrimRight(word, "：:"))) {
			if err := c.mustBeAllowed(lookup("update")); err != nil {
				return err
			}
			return runUpdate(c, nil, text)
		}
	}
	if c.in.Text != "" || len(c.in.Attached) > 0 {
		if _, _, err := c.Note(c.ctx, c.tx, c.who, c.topic.ID, c.said(c.in.Text, false)); err != nil {
			return err
		}
	}
	if c.in.ToDesk {
		return c.reply(c.say.T("hint.room"))
	}
	return nil
}
