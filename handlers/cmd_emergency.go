package handlers

// emergencyCommands are the verbs of this file.
func emergencyCommands() []*command { return nil }

// emergencyPresses are the buttons of this file.
var emergencyPresses = map[string]pressed{}
