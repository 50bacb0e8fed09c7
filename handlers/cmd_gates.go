package handlers

// gatesCommands are the verbs of this file.
func gatesCommands() []*command { return nil }

// gatesPresses are the buttons of this file.
var gatesPresses = map[string]pressed{}
