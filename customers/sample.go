package customers

import _ "embed"

// Sample is the directory of the demo: three customers, their contacts, and the staff who serve them.
//
//go:embed sample.yaml
var Sample []byte
