package scheduler

import (
	"math/rand/v2"
	"time"
)

// backoff grows from Base by doubling up to Max.
type backoff struct{ Base, Max time.Duration }

// after is the pause behind the n-th failure in a row (n from 1), spread by ±20 % so that what failed together does not come back together.
func (b backoff) after(n int) time.Duration {
	d := b.Max
	if n < 1 {
		n = 1
	}
	if shift := n - 1; shift < 32 && b.Base<<shift > 0 && b.Base<<shift < b.Max {
		d = b.Base << shift
	}
	return d - d/5 + rand.N(2*d/5+1)
}

var (
	// laneBackoff rests a lane that could not even be looked at: mostly the database was away, so it is back soon after it.
	laneBackoff = backoff{Base: 250 * time.Millisecond, Max: 5 * time.Second}
	// eventBackoff and pullBackoff heal four failures in a row, time-outs included, within a minute.
	eventBackoff = backoff{Base: time.Second, Max: time.Minute}
	pullBackoff  = backoff{Base: 500 * time.Millisecond, Max: time.Minute}
	timerBackoff = backoff{Base: time.Second, Max: time.Minute}
	// recordBackoff paces the attempts to write down what has already happened outside.
	recordBackoff = backoff{Base: 50 * time.Millisecond, Max: 2 * time.Second}
	redisBackoff  = backoff{Base: time.Second, Max: 30 * time.Second}
)
