package handlers

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// supervisionCommands are the verbs of this file.
func supervisionCommands() []*command {
	am, ls, pm := customers.RoleAccountManager, customers.RoleLiaison, customers.RoleProductManager
	return []*command{
		{name: "watch", verb: "督办", aliases: []string{"duban", "watch"}, who: []customers.Role{ls, am, pm}, run: runWatch},
		{name: "promise", verb: "承诺", aliases: []string{"chengnuo", "promise"}, who: engineers, onTicket: true, run: runPromise},
		{name: "kept", verb: "兑现", aliases: []string{"duixian", "kept"}, who: engineers, onTicket: true, run: runKept},
		{name: "broken", verb: "未兑现", aliases: []string{"weiduixian", "broken"}, who: engineers, onTicket: true, run: runBroken},
		{name: "log", verb: "代报", aliases: []string{"daibao", "log"}, who: with(engineers, ls), run: runLog},
		// whoever may not grant an exception asks for it by the same words
		{name: "waive", verb: "特批", aliases: []string{"tepi", "waive"}, who: with([]customers.Role{am, pm, ls}, engineers...), onTicket: true,
			run: runWaive},
	}
}

// supervisionPresses are the buttons of this file.
var supervisionPresses = map[string]pressed{
	"task_done":     pressTaskDone,
	"draft_approve": pressDraftApprove, "draft_edit": pressDraftEdit, "draft_drop": pressDraftDrop,
	"pledge_yes": pressPledge, "pledge_no": pressPledge,
	"waiver_yes": pressWaiver, "waiver_no": pressWaiver,
}

func runWatch(c *call, _ *tickets.Ticket, _ string) error {
	card, err := c.Watchlist(c.ctx, c.tx, c.who)
	if err != nil {
		return err
	}
	return c.show(card)
}

// runPromise records a promise, or lists the ticket's.
func runPromise(c *call, t *tickets.Ticket, rest string) error {
	if strings.TrimSpace(rest) == "" {
		return c.listPledges(t)
	}
	now := c.Now().In(c.Zone)
	at, text, ok := tickets.CutDate(rest, now)
	if !ok {
		if found := tickets.DatesIn(rest, now); len(found) == 1 { // the date may stand among the words
			at, text, ok = found[0].At, rest, true
		}
	}
	if !ok || text == "" {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.promise_usage", tickets.Args{"Usage": c.say.T("usage.promise")})
	}
	p, err := c.Promise(c.ctx, c.tx, c.who, t.ID, at, text, c.origin(false))
	if err != nil {
		return err
	}
	when, err := c.clockOf(t, p.DueAt)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.promise", tickets.Args{"Number": t.Number, "At": when, "Words": p.Words}))
}

func (c *call) clockOf(t *tickets.Ticket, at time.Time) (string, error) {
	customer, err := c.customerOf(t.CustomerID)
	return c.Clock(at, customer), err
}

// listPledges lists promises with due time and state, and how many each promiser kept.
func (c *call) listPledges(t *tickets.Ticket) error {
	all, err := c.PledgesOf(c.ctx, c.tx, t.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return c.reply(c.say.T("promise.none", tickets.Args{"Number": t.Number, "Usage": c.say.T("usage.promise")}))
	}
	lines := []string{c.say.T("promise.head", tickets.Args{"Number": t.Number, "Count": len(all)})}
	var promisers []customers.Staff
	known := map[int64]string{}
	for i, p := range all {
		if _, ok := known[p.StaffID]; !ok {
			s, err := c.tx.Staff(c.ctx, p.StaffID)
			if err != nil {
				return err
			}
			known[p.StaffID] = s.Name
			promisers = append(promisers, s)
		}
		when, err := c.clockOf(t, p.DueAt)
		if err != nil {
			return err
		}
		lines = append(lines, c.say.T("promise.line", tickets.Args{"Place": i + 1, "At": when, "Words": p.Words, "Name": known[p.StaffID],
			"State": c.say.T("pledged." + string(p.State))}))
	}
	for _, s := range promisers {
		kept, broken, err := c.tx.PledgeCounts(c.ctx, s.ID)
		if err != nil {
			return err
		}
		lines = append(lines, c.say.T("promise.count", tickets.Args{"Name": s.Name, "Kept": kept, "Broken": broken}))
	}
	return c.reply(strings.Join(lines, "\n"))
}

func runKept(c *call, t *tickets.Ticket, rest string) error   { return c.settle(t, rest, true) }
func runBroken(c *call, t *tickets.Ticket, rest string) error { return c.settle(t, rest, false) }

// settle says how a promise ended: the last pending one, or the one with that place in the list.
func (c *call) settle(t *tickets.Ticket, rest string, kept bool) error {
	word, _ := cutWord(rest)
	place, _ := strconv.Atoi(word) // other words are a remark
	p, err := c.SettlePledge(c.ctx, c.tx, c.who, t.ID, place, kept)
	if err != nil {
		return err
	}
	key := "done.broken"
	if kept {
		key = "done.kept"
	}
	return c.reply(c.say.T(key, tickets.Args{"Number": t.Number, "Words": p.Words}))
}

// sources are what 来源 may say.
var sources = map[string]tickets.Source{
	"": tickets.SourcePhone, "电话": tickets.SourcePhone, "phone": tickets.SourcePhone, "邮件": tickets.SourceMail, "mail": tickets.SourceMail,
	"现场": tickets.SourceVisit, "visit": tickets.SourceVisit,
}

func runLog(c *call, _ *tickets.Ticket, rest string) error {
	said, fields := cutFields(rest, map[string]bool{"来源": true, "source": true})
	source, ok := sources[strings.ToLower(fields["来源"]+fields["source"])]
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.log_source", tickets.Args{"Source": fields["来源"] + fields["source"]})
	}
	customer, said, err := c.customerBefore(said)
	if err != nil {
		return err
	}
	name, text := cutWord(said)
	if text == "" {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.log_usage", tickets.Args{"Usage": c.say.T("usage.log")})
	}
	t, err := c.Log(c.ctx, c.tx, c.who, tickets.Logged{Customer: customer, Contact: strings.TrimPrefix(name, "@"), Text: text, Media: c.in.Attached,
		Source: source, From: c.origin(false)})
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.log", tickets.Args{"Number": t.Number, "Source": c.say.T("source." + string(source)), "Title": t.Title}))
}

// customerBefore takes a customer's name or code off; the name may hold spaces, so every border is tried.
func (c *call) customerBefore(said string) (customers.Customer, string, error) {
	word, rest := cutWord(said)
	if word == "" {
		return customers.Customer{}, "", tickets.Refuse(tickets.CodeInvalid, "refuse.log_usage", tickets.Args{"Usage": c.say.T("usage.log")})
	}
	customer, err := c.customerNamed(word)
	for name, after := word, rest; err != nil && after != ""; {
		var next string
		next, after = cutWord(after)
		name += " " + next
		if found, failed := c.customerNamed(name); failed == nil {
			return found, after, nil
		}
	}
	return customer, rest, err
}

// limitForm is a length of time as people type it.
var limitForm = regexp.MustCompile(`^(\d{1,4})(m|h|d|w|分钟|小时|天|周)$`)

var limitUnits = map[string]time.Duration{"m": time.Minute, "分钟": time.Minute, "h": time.Hour, "小时": time.Hour,
	"d": 24 * time.Hour, "天": 24 * time.Hour, "w": 7 * 24 * time.Hour, "周": 7 * 24 * time.Hour}

// cutLimit takes a length of time or a date off the end.
func cutLimit(rest string, now time.Time) (text string, until time.Time, ok bool) {
	words := strings.Fields(rest)
	for _, n := range []int{2, 1} {
		if len(words) <= n {
			continue
		}
		text, last := strings.Join(words[:len(words)-n], " "), strings.Join(words[len(words)-n:], " ")
		for _, lead := range []string{"至", "到"} {
			last = strings.TrimPrefix(last, lead)
		}
		if m := limitForm.FindStringSubmatch(last); m != nil {
			count, _ := strconv.Atoi(m[1]) // digits
			return text, now.Add(time.Duration(count) * limitUnits[m[2]]), true
		}
		if at, after, found := tickets.CutDate(last, now); found && after == "" {
			return text, at, true
		}
	}
	return rest, time.Time{}, false
}

func runWaive(c *call, t *tickets.Ticket, rest string) error {
	text, until, ok := cutLimit(rest, c.Now().In(c.Zone))
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.waive_usage", tickets.Args{"Usage": c.say.T("usage.waive")})
	}
	asked, err := c.Waive(c.ctx, c.tx, c.who, t.ID, text, until, c.origin(false))
	if err != nil {
		return err
	}
	when, err := c.clockOf(t, until)
	if err != nil {
		return err
	}
	if asked.ID != 0 {
		return c.reply(c.say.T("done.waive_asked", tickets.Args{"Number": t.Number, "Name": asked.Name}))
	}
	return c.reply(c.say.T("done.waive", tickets.Args{"Number": t.Number, "Words": text, "Until": when}))
}

// idIn is a row's id that a button carries.
func idIn(a tickets.Action, name string) (int64, error) {
	id, err := strconv.ParseInt(a.Fields[name], 10, 64)
	if err != nil {
		return 0, tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	return id, nil
}

func pressTaskDone(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := idIn(a, "task")
	if err != nil {
		return "", err
	}
	task, err := c.FinishTask(c.ctx, c.tx, c.who, id)
	return c.say.T("done.task", tickets.Args{"Title": task.Title}), err
}

func pressDraftApprove(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := idIn(a, "draft")
	if err != nil {
		return "", err
	}
	told, calls, err := c.SettleDraft(c.ctx, c.tx, c.who, id, true, a.Fields["text"])
	if err != nil {
		return "", err
	}
	if calls > 0 {
		return c.say.T("done.draft_call", tickets.Args{"Told": told, "Calls": calls}), nil
	}
	return c.say.T("done.draft_told", tickets.Args{"Told": told}), nil
}

func pressDraftEdit(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := idIn(a, "draft")
	if err != nil {
		return "", err
	}
	return c.say.T("done.draft_edit"), c.EditDraft(c.ctx, c.tx, c.who, id, a.Key)
}

func pressDraftDrop(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := idIn(a, "draft")
	if err != nil {
		return "", err
	}
	_, _, err = c.SettleDraft(c.ctx, c.tx, c.who, id, false, "")
	return c.say.T("done.draft_drop"), err
}

func pressPledge(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := idIn(a, "pledge")
	if err != nil {
		return "", err
	}
	if said, err := c.tx.Pledge(c.ctx, id); err != nil || said.StaffID != c.who.ID { // whose words these are may always say what he meant
		if err := c.mustBeAllowed(lookup("promise")); err != nil {
			return "", err
		}
	}
	p, err := c.AnswerPledge(c.ctx, c.tx, c.who, id, a.Verb == "pledge_yes")
	if err != nil {
		return "", err
	}
	if a.Verb == "pledge_no" {
		return c.say.T("done.pledge_no"), nil
	}
	return c.say.T("done.pledge_yes", tickets.Args{"Words": p.Words}), nil
}

func pressWaiver(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := idIn(a, "waiver")
	if err != nil {
		return "", err
	}
	w, err := c.DecideWaiver(c.ctx, c.tx, c.who, id, a.Verb == "waiver_yes")
	if a.Verb == "waiver_no" {
		return c.say.T("done.waiver_no", tickets.Args{"Words": w.Text}), err
	}
	return c.say.T("done.waiver_yes", tickets.Args{"Words": w.Text}), err
}

// showTasks shows a colleague's open tasks, each with the button that reports it as done.
func (c *call) showTasks(tasks []tickets.Task) error {
	title := c.say.T("todo.tasks", tickets.Args{"Count": len(tasks)})
	card := tickets.Card{Title: title, Summary: title, Colour: tickets.ColourNew, More: c.say.T("button.more")}
	for i, task := range tasks {
		label, button := "", c.say.T("button.task_done")
		if len(tasks) > 1 {
			label = strconv.Itoa(i + 1)
			button += " " + label
		}
		card.Lines = append(card.Lines, tickets.Line{Label: label, Text: task.Title + " · " + tickets.Shorten(task.Text, 120)})
		if i < 3 {
			card.Buttons = append(card.Buttons, tickets.TaskButton(task, button))
		} else if i < 15 {
			card.Folded = append(card.Folded, tickets.TaskButton(task, button))
		}
	}
	return c.show(card)
}
