package handlers

// promisesCommands are the verbs of this file.
func promisesCommands() []*command { return nil }

// promisesPresses are the buttons of this file.
var promisesPresses = map[string]pressed{}
