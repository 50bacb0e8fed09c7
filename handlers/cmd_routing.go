package handlers

// routingCommands are the verbs of this file.
func routingCommands() []*command { return nil }

// routingPresses are the buttons of this file.
var routingPresses = map[string]pressed{}
