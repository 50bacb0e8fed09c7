package kernel

import (
	"fmt"
	"sync"
	"time"
)

// Modes of a disturbance.
const (
	Duplicate = "duplicate" // delivered twice
	Drop      = "drop"      // lost: counts as a failed attempt, so the platform's schedule delivers it again
	Reorder   = "reorder"   // held until after the platform's next delivery, one second of machine time at most
	Delayed   = "delay"     // delivered later by Delay of clock time
	Corrupt   = "corrupt"   // one byte of the encrypted body is damaged
)

const (
	reorderWait = time.Second // machine time
	// A delayed or reordered delivery that is then refused is sent again after lateRetry (clock time), lateTries in all.
	lateRetry = 15 * time.Second
	lateTries = 4
)

// Disturbance spoils the delivery of one platform's callbacks.
type Disturbance struct {
	Platform string   `json:"platform"`
	Mode     string   `json:"mode"`
	Times    int      `json:"times"` // deliveries it still takes; 0 = until cleared
	Delay    Duration `json:"delay,omitempty"`
}

func (d Disturbance) check() error {
	if d.Platform != WeCom && d.Platform != Feishu {
		return fmt.Errorf("platform is %q: write %q or %q", d.Platform, WeCom, Feishu)
	}
	if d.Times < 0 {
		return fmt.Errorf("times is %d: 0 means until cleared", d.Times)
	}
	switch d.Mode {
	case Duplicate, Drop, Reorder, Corrupt:
		return nil
	case Delayed:
		if d.Delay <= 0 {
			return fmt.Errorf(`mode delay needs "delay", such as "30s"`)
		}
		return nil
	}
	return fmt.Errorf("mode is %q: write duplicate, drop, reorder, delay or corrupt", d.Mode)
}

// Disturb passes callback deliveries through the disturbances in force. Safe for concurrent use.
type Disturb struct {
	clock *Clock

	mu   sync.Mutex
	list []Disturbance
	held map[string][]chan struct{} // per platform: closed when the next delivery has gone out
}

// NewDisturb returns a Disturb without disturbances.
func NewDisturb(clock *Clock) *Disturb {
	return &Disturb{clock: clock, held: map[string][]chan struct{}{}}
}

// Add puts a disturbance in force; the error says what it lacks.
func (d *Disturb) Add(x Disturbance) error {
	if err := x.check(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, x)
	return nil
}

// Clear ends all disturbances.
func (d *Disturb) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = nil
}

// List gives the disturbances in force, oldest first.
func (d *Disturb) List() []Disturbance {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Disturbance{}, d.list...)
}

// Deliver passes one delivery attempt through the disturbances: send performs it (corrupt: the sender must damage the
// payload) and tells whether the desk accepted it. A delivery that is held or delayed counts as accepted at once; when
// it is refused later, Deliver sends it again itself a few times.
func (d *Disturb) Deliver(platform string, send func(corrupt bool) bool) (accepted bool) {
	result := true
	d.DeliverThen(platform, send, func(ok, late bool) {
		switch {
		case !late:
			result = ok
		case !ok:
			d.sendAgain(send, 1)
		}
	})
	return result
}

// DeliverThen is Deliver for a sender who waits for the outcome of a late delivery, too: done is called exactly once,
// before DeliverThen returns (late false) or when a held or delayed delivery has been made (late true).
func (d *Disturb) DeliverThen(platform string, send func(corrupt bool) bool, done func(accepted, late bool)) {
	x := d.take(platform)
	switch x.Mode {
	case Drop:
		done(false, false)
	case Reorder:
		next := d.hold(platform)
		d.clock.Go(func() {
			select {
			case <-next:
			case <-time.After(reorderWait):
			}
			done(send(false), true)
		})
		return // what is held lets nothing else go
	case Delayed:
		d.clock.At(d.clock.Now().Add(time.Duration(x.Delay)), func() { done(send(false), true) })
		return
	case Corrupt:
		done(send(true), false)
	case Duplicate:
		first := send(false)
		done(send(false) || first, false)
	default:
		done(send(false), false)
	}
	d.release(platform)
}

// take gives the oldest disturbance that meets this platform and counts it; its Mode is "" when there is none.
func (d *Disturb) take(platform string) Disturbance {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, x := range d.list {
		if x.Platform != platform {
			continue
		}
		switch x.Times {
		case 0:
		case 1:
			d.list = append(d.list[:i:i], d.list[i+1:]...)
		default:
			d.list[i].Times--
		}
		return x
	}
	return Disturbance{}
}

func (d *Disturb) hold(platform string) <-chan struct{} {
	next := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[platform] = append(d.held[platform], next)
	return next
}

func (d *Disturb) release(platform string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, next := range d.held[platform] {
		close(next)
	}
	delete(d.held, platform)
}

func (d *Disturb) sendAgain(send func(bool) bool, tries int) {
	if tries >= lateTries {
		return
	}
	d.clock.At(d.clock.Now().Add(lateRetry), func() {
		if !send(false) {
			d.sendAgain(send, tries+1)
		}
	})
}
