package handlers

// mergingCommands are the verbs of this file.
func mergingCommands() []*command { return nil }

// mergingPresses are the buttons of this file.
var mergingPresses = map[string]pressed{}
