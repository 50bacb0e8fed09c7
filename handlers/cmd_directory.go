package handlers

// directoryCommands are the verbs of this file.
func directoryCommands() []*command { return nil }

// directoryPresses are the buttons of this file.
var directoryPresses = map[string]pressed{}
