// Package kernel holds what both simulated platforms share: clock, journal, faults, disturbances, the log of calls and
// the hub of events. It knows neither platform.
package kernel

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"sync"
)

// Names of the platforms in faults, disturbances, calls and events.
const (
	WeCom  = "wecom"
	Feishu = "feishu"
)

// World is what both platforms get.
type World struct {
	Clock    *Clock
	Journal  *Journal
	Faults   *Faults
	Calls    *CallLog
	Disturb  *Disturb
	Hub      *Hub
	Switches *Switches
	DeskURL  string     // base of the desk's callback addresses, without a trailing slash
	Rand     *rand.Rand // safe for concurrent use; for choices, not for secrets
	Log      *slog.Logger
}

// NewWorld joins clock and journal with everything else a world needs. A nil log discards.
func NewWorld(clock *Clock, journal *Journal, deskURL string, log *slog.Logger) *World {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &World{
		Clock:    clock,
		Journal:  journal,
		Faults:   &Faults{},
		Calls:    &CallLog{journal: journal, clock: clock},
		Disturb:  NewDisturb(clock),
		Hub:      NewHub(),
		Switches: NewSwitches(journal),
		DeskURL:  deskURL,
		Rand:     rand.New(newSource()),
		Log:      log,
	}
}

// NewID makes an id that nobody can guess and that never comes again: prefix and 32 hexadecimal digits.
func (w *World) NewID(prefix string) string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails (Go 1.24)
	return prefix + hex.EncodeToString(b[:])
}

// source is a random source for several goroutines.
type source struct {
	mu  sync.Mutex
	pcg *rand.PCG
}

func newSource() *source {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails (Go 1.24)
	return &source{pcg: rand.NewPCG(binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:]))}
}

// Uint64 is the source's next number.
func (s *source) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pcg.Uint64()
}
