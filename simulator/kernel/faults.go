package kernel

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Fault makes calls of one platform fail. Delay and Hang are machine time.
type Fault struct {
	Platform    string            `json:"platform"`
	Path        string            `json:"path"`  // prefix of the platform's own path
	Times       int               `json:"times"` // calls it still takes; 0 = until cleared
	HTTPStatus  int               `json:"http_status,omitempty"`
	ErrCode     int               `json:"errcode,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Delay       Duration          `json:"delay,omitempty"`        // waits, then goes on
	Hang        Duration          `json:"hang,omitempty"`         // holds the connection, then drops it without an answer
	AfterEffect bool              `json:"after_effect,omitempty"` // the call is done, then it fails
}

// answers tells whether the fault gives an answer of its own.
func (f Fault) answers() bool { return f.HTTPStatus != 0 || f.ErrCode != 0 }

// check says what a fault lacks.
func (f Fault) check() error {
	switch {
	case f.Platform != WeCom && f.Platform != Feishu:
		return fmt.Errorf("platform is %q: write %q or %q", f.Platform, WeCom, Feishu)
	case f.Times < 0:
		return errors.New("times is negative: 0 means until cleared")
	case f.HTTPStatus != 0 && (f.HTTPStatus < 200 || f.HTTPStatus > 599):
		return fmt.Errorf("http_status %d: name one of 200 to 599", f.HTTPStatus)
	case !f.answers() && f.Delay == 0 && f.Hang == 0:
		return errors.New("the fault does nothing: give http_status, errcode, delay or hang")
	}
	return nil
}

// Faults are the faults now in force. Safe for concurrent use.
type Faults struct {
	mu   sync.Mutex
	list []Fault
}

// Add puts a fault in force; the error says what it lacks.
func (f *Faults) Add(fault Fault) error {
	if err := fault.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fault)
	return nil
}

// Clear ends all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// List gives the faults in force, oldest first.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault{}, f.list...)
}

// Take gives the oldest fault that meets this call and counts it.
func (f *Faults) Take(platform, path string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.list {
		if fault.Platform != platform || !strings.HasPrefix(path, fault.Path) {
			continue
		}
		switch fault.Times {
		case 0:
		case 1:
			f.list = append(f.list[:i:i], f.list[i+1:]...)
		default:
			f.list[i].Times--
		}
		return fault, true
	}
	return Fault{}, false
}
