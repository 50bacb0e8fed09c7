package handlers

// presenceCommands are the verbs of this file.
func presenceCommands() []*command { return nil }

// presencePresses are the buttons of this file.
var presencePresses = map[string]pressed{}
