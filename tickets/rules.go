package tickets

import (
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
)

// RuleEvent is when a rule is asked.
type RuleEvent string

// The events.
const (
	RuleOpened  RuleEvent = "opened"  // a ticket is new
	RuleWords   RuleEvent = "words"   // the customer wrote again
	RuleChanged RuleEvent = "changed" // type, priority or module changed, by a person or by a rule
	RuleTime    RuleEvent = "time"    // the ticket has been open for so long
)

// Rule is one line of the company's own rules; it is asked after those with a lower place.
type Rule struct {
	ID     int64
	Place  int
	Event  RuleEvent
	Doc    RuleDoc
	MadeBy string
	MadeAt time.Time // UTC
}

// RuleDoc is what a rule says. All conditions given must hold; of several values of one condition any will do.
type RuleDoc struct {
	// Conditions: words in what the customer said, module (what stands above it counts for all below), type, tier and customer (by code).
	Words     []string         `json:"words,omitempty"`
	Modules   []string         `json:"modules,omitempty"`
	Types     []Type           `json:"types,omitempty"`
	Tiers     []customers.Tier `json:"tiers,omitempty"`
	Customers []string         `json:"customers,omitempty"`
	// After is how long the ticket has been open (real time); Lacks what it has not got by then.
	After time.Duration `json:"after,omitempty"`
	Lacks Lack          `json:"lacks,omitempty"`

	// Effects.
	Type     Type     `json:"type,omitempty"`
	Priority Priority `json:"priority,omitempty"`
	// Raise is how much higher the priority becomes.
	Raise  int            `json:"raise,omitempty"`
	Module string         `json:"module,omitempty"`
	To     int64          `json:"to,omitempty"`     // the colleague who gets it
	ToRole customers.Role `json:"toRole,omitempty"` // or whoever has the role and is there
	Tag    string         `json:"tag,omitempty"`
}

// Lack is what a ticket may be without.
type Lack string

// The lacks.
const (
	LackResponse   Lack = "response"
	LackDiagnosis  Lack = "diagnosis"
	LackWorkaround Lack = "workaround"
)

// ruleFacts are what conditions ask about besides the ticket itself.
type ruleFacts struct {
	text     string // the customer's words
	customer customers.Customer
	now      time.Time
}

// matches reports whether all conditions hold.
func (r RuleDoc) matches(t *Ticket, f ruleFacts) bool {
	text := strings.ToLower(f.text)
	switch {
	case len(r.Words) > 0 && !slices.ContainsFunc(r.Words, func(w string) bool { return strings.Contains(text, strings.ToLower(w)) }),
		len(r.Modules) > 0 && !slices.ContainsFunc(r.Modules, func(m string) bool { return within(t.Module, m) }),
		len(r.Types) > 0 && !slices.Contains(r.Types, t.Type),
		len(r.Tiers) > 0 && !slices.Contains(r.Tiers, f.customer.Tier),
		len(r.Customers) > 0 && !slices.Contains(r.Customers, f.customer.Code),
		r.After > 0 && f.now.Before(t.OpenedAt.Add(r.After)):
		return false
	}
	switch r.Lacks {
	case LackResponse:
		return t.RespondedAt.IsZero()
	case LackDiagnosis:
		return t.DiagnosedAt.IsZero()
	case LackWorkaround:
		return t.WorkaroundAt.IsZero()
	}
	return true
}

// within reports whether a module is another or lies below it.
func within(module, above string) bool {
	return module == above || strings.HasPrefix(module, above+"/")
}

// result is the ticket as the rule leaves it. Whom it goes to is another matter: that is not decided by looking at the ticket alone.
func (r RuleDoc) result(t Ticket) Ticket {
	if r.Type != "" && r.Type != t.Type {
		t.Type = r.Type
		t.Priority = adapted(t, r.Type)
	}
	if r.Priority != 0 {
		t.Priority = r.Priority
	}
	t.Priority = min(4, max(1, t.Priority-Priority(r.Raise)))
	if r.Module != "" {
		t.Module = r.Module
	}
	if r.Tag != "" && !slices.Contains(strings.Fields(t.Tags), r.Tag) {
		t.Tags = strings.TrimSpace(t.Tags + " " + r.Tag)
	}
	return t
}

// adapted is the priority of a ticket that becomes another type: an outage comes first, and what is none any more stands back.
func adapted(t Ticket, to Type) Priority {
	switch {
	case to == TypeOutage || t.Urgent:
		return 1
	case t.Priority == 1:
		return priorityOf(to)
	}
	return t.Priority
}

// alters reports whether a rule would change what other rules look at.
func (r RuleDoc) alters(t *Ticket) bool {
	after := r.result(*t)
	return after.Type != t.Type || after.Priority != t.Priority || after.Module != t.Module || after.Tags != t.Tags
}

// assigns reports whether a rule says who gets the ticket.
func (r RuleDoc) assigns() bool { return r.To != 0 || r.ToRole != "" }

// ruling is what the rules made of a ticket.
type ruling struct {
	acted []Rule
	// looping are rules that would act again on what they and the others left; they are stopped after one pass.
	looping []Rule
	// assign is the last rule that says who gets it; ID 0: none does.
	assign Rule
}

// ruled asks the rules of an event about a ticket and changes it, then those of changes as long as something new comes of it. No rule acts
// twice for one cause: that is the protection against rules that trigger themselves or each other.
func ruled(rules []Rule, event RuleEvent, t *Ticket, f ruleFacts) ruling {
	var out ruling
	done := map[int64]bool{}
	pass := func(event RuleEvent) (altered bool) {
		for _, r := range rules {
			if r.Event != event || done[r.ID] || !r.Doc.matches(t, f) || !r.Doc.alters(t) && !r.Doc.assigns() {
				continue
			}
			done[r.ID] = true
			altered = altered || r.Doc.alters(t)
			*t = r.Doc.result(*t)
			out.acted = append(out.acted, r)
			if r.Doc.assigns() {
				out.assign = r
			}
		}
		return altered
	}
	for altered := pass(event) || event == RuleChanged; altered; {
		altered = pass(RuleChanged)
	}
	for _, r := range out.acted {
		if r.Doc.matches(t, f) && r.Doc.alters(t) {
			out.looping = append(out.looping, r)
		}
	}
	return out
}
