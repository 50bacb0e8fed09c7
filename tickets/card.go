package tickets

// Colour is the header colour of a card; it shows the state.
type Colour string

// The colours and what they say.
const (
	ColourNew     Colour = "blue"
	ColourOurs    Colour = "orange"
	ColourAlarm   Colour = "red"
	ColourWaiting Colour = "grey"
	ColourSolved  Colour = "green"
)

// Card is a platform-neutral card: a header, a few lines, at most four visible buttons, the rest behind "more", and at most one form.
type Card struct {
	Title  string `json:"title"`
	Colour Colour `json:"colour"`
	// Summary is the one line shown in the chat list and notifications; it must hold no customer secret.
	Summary string `json:"summary,omitempty"`
	Lines   []Line `json:"lines,omitempty"`
	Form    *Form  `json:"form,omitempty"`
	// Buttons stand below; More is the label of a fold that holds the buttons in Folded.
	Buttons []Button `json:"buttons,omitempty"`
	More    string   `json:"more,omitempty"`
	Folded  []Button `json:"folded,omitempty"`
}

// Line is a labelled line of a card. Text is plain: markup in it stays words. At mentions people behind the text.
type Line struct {
	Label string     `json:"label,omitempty"`
	Text  string     `json:"text"`
	At    []RemoteID `json:"at,omitempty"`
	// Alarm turns the header of a ticket's card red.
	Alarm bool `json:"alarm,omitempty"`
}

// Button calls back with its verb, the ticket and arguments.
type Button struct {
	Text    string            `json:"text"`
	Verb    string            `json:"verb"`
	Ticket  TicketID          `json:"ticket,omitempty"`
	Args    map[string]string `json:"args,omitempty"`
	Style   string            `json:"style,omitempty"` // primary, danger or empty
	Confirm string            `json:"confirm,omitempty"`
}

// Form collects inputs; each of its buttons submits all of them.
type Form struct {
	Name    string   `json:"name"`
	Inputs  []Input  `json:"inputs"`
	Buttons []Button `json:"buttons"`
}

// Input is a text field or, with Options, a choice.
type Input struct {
	Name        string   `json:"name"`
	Label       string   `json:"label,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Default     string   `json:"default,omitempty"`
	Lines       int      `json:"lines,omitempty"` // rows; over 1 = multi-line
	Required    bool     `json:"required,omitempty"`
	Options     []Option `json:"options,omitempty"`
}

// Option is one choice of an Input.
type Option struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}
