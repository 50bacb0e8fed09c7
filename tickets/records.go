package tickets

// Records keeps what is edited about customers, contacts and staff, with every change old → new.
type Records interface{}

var directoryPlans []plan
