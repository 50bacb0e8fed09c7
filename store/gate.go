package store

import (
	"context"
	"slices"
	"sync"
)

// gate lets one in at a time: first those who go ahead, then in the order they came. Between two who go ahead one of the others gets in, as long
// as the next comes only when the last has left; so it is with groups.
type gate struct {
	mu            sync.Mutex
	taken         bool
	ahead, behind []chan struct{} // closed to let its owner in
}

// enter waits until nobody else is in; whoever got nil must leave.
func (g *gate) enter(ctx context.Context, ahead bool) error {
	g.mu.Lock()
	if !g.taken {
		g.taken = true
		g.mu.Unlock()
		return nil
	}
	queue := &g.behind
	if ahead {
		queue = &g.ahead
	}
	turn := make(chan struct{})
	*queue = append(*queue, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(*queue, turn)
	if i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
	}
	g.mu.Unlock()
	if i < 0 { // let in at the same moment
		g.leave()
	}
	return ctx.Err()
}

// leave lets the next one in.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&g.ahead, &g.behind} {
		if len(*queue) > 0 {
			close((*queue)[0])
			*queue = (*queue)[1:]
			return
		}
	}
	g.taken = false
}
