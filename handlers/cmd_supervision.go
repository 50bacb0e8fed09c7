package handlers

// supervisionCommands are the verbs of this file.
func supervisionCommands() []*command { return nil }

// supervisionPresses are the buttons of this file.
var supervisionPresses = map[string]pressed{}
