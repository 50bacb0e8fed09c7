package kernel

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"sync"
)

// Switch is one reading of what the platforms' documents leave open.
type Switch struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Value   any    `json:"value"`
	Default any    `json:"default"`
}

// Switches are all of them; changed values are kept in the journal. Safe for concurrent use.
type Switches struct {
	kept *Table[json.RawMessage]

	mu  sync.RWMutex
	all map[string]*Switch
}

// NewSwitches returns the set without any switch defined.
func NewSwitches(j *Journal) *Switches {
	return &Switches{kept: NewTable[json.RawMessage](j, "switches"), all: map[string]*Switch{}}
}

// Define adds a switch; def, a bool, int or string, gives the default and the type of its values.
func (s *Switches) Define(name string, def any, meaning string) {
	s.mu.Lock()
	s.all[name] = &Switch{Name: name, Meaning: meaning, Value: def, Default: def}
	s.mu.Unlock()
	if raw, ok := s.kept.Get(name); ok {
		_ = s.put(name, raw) // a value of an older meaning gives way to the default
	}
}

// Set changes a switch and keeps it; errors: unknown name, value of another type.
func (s *Switches) Set(name string, raw json.RawMessage) error {
	if err := s.put(name, raw); err != nil {
		return err
	}
	s.kept.Put(name, raw)
	return nil
}

func (s *Switches) put(name string, raw json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sw, ok := s.all[name]
	if !ok {
		return fmt.Errorf("no switch %q: GET /control/switches lists them", name)
	}
	v := reflect.New(reflect.TypeOf(sw.Default))
	if err := json.Unmarshal(raw, v.Interface()); err != nil || string(raw) == "null" {
		return fmt.Errorf("switch %s takes a %T such as %v", name, sw.Default, sw.Default)
	}
	sw.Value = v.Elem().Interface()
	return nil
}

// Bool is the value of a boolean switch, false when there is none of that name.
func (s *Switches) Bool(name string) bool { v, _ := s.value(name).(bool); return v }

// Int is the value of a numeric switch, 0 when there is none of that name.
func (s *Switches) Int(name string) int { v, _ := s.value(name).(int); return v }

// String is the value of a textual switch, "" when there is none of that name.
func (s *Switches) String(name string) string { v, _ := s.value(name).(string); return v }

func (s *Switches) value(name string) any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if sw, ok := s.all[name]; ok {
		return sw.Value
	}
	return nil
}

// List gives all switches by name.
func (s *Switches) List() []Switch {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]Switch, 0, len(s.all))
	for _, sw := range s.all {
		list = append(list, *sw)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}
