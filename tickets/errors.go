package tickets

import "errors"

// Code classes an error for whoever has to answer it.
type Code string

// The codes.
const (
	CodeInvalid  Code = "invalid"   // what was asked cannot be understood or is incomplete
	CodeDenied   Code = "denied"    // the asker may not
	CodeConflict Code = "conflict"  // the state does not allow it
	CodeNotFound Code = "not_found" // there is no such thing for the asker
)

// Args fill a text of the catalogue.
type Args = map[string]any

// Verb is the English name of a command in Args: it is written as its reader types it.
type Verb string

// Error is a refusal that a person reads: Key names a text of the catalogue, which says how to mend it.
type Error struct {
	Code Code
	Key  string
	Args Args
}

// Error gives the key, for logs: the text itself is made for its reader's language.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Key }

// Refuse makes a refusal.
func Refuse(code Code, key string, args Args) error { return &Error{Code: code, Key: key, Args: args} }

// Named errors of the store.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflicts with what is stored")
)
