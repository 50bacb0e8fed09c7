package pace

import "time"

// Window allows N calls in any span of the length Per.
//
// A plain sliding window would let a backlog use all places at once and then leave everybody, urgent or not, without one for the rest of
// the span. So only the first half of the places is given at once; those that remain are spread over the time until places come back.
// In a backlog that settles to one call every Per/N, which is the whole of what is permitted, and somebody urgent finds a place.
type Window struct {
	N   int
	Per time.Duration
}

// window counts the calls of one window.
type window struct {
	n       int
	per     time.Duration
	flying  int         // let through, not answered
	answers []time.Time // ascending; those within the span
	last    time.Time   // when a call was last let through
}

// slack is added to the span for clocks that do not tick alike.
func slack(per time.Duration) time.Duration { return min(per/50, 50*time.Millisecond) }

func newWindow(w Window) *window { return &window{n: max(w.N, 1), per: w.Per + slack(w.Per)} }

func (w *window) expire(now time.Time) {
	i := 0
	for i < len(w.answers) && !w.answers[i].Add(w.per).After(now) {
		i++
	}
	w.answers = w.answers[i:]
}

// next is when a call may go, which may lie in the past; known=false: all places hang on calls without an answer.
func (w *window) next(now time.Time, urgent bool) (at time.Time, known bool) {
	w.expire(now)
	used := w.flying + len(w.answers)
	free := w.n - used
	returns := w.last.Add(w.per) // when the next place comes back
	if len(w.answers) > 0 {
		returns = w.answers[0].Add(w.per)
	}
	switch {
	case free <= 0:
		return returns, len(w.answers) > 0
	case urgent || used < w.n/2:
		return now, true
	}
	// With as many pauses as places, plus one, the last place is still there for a while; when places come back evenly the pauses are
	// as long as the distance between them.
	return w.last.Add(returns.Sub(w.last) / time.Duration(free+1)), true
}

func (w *window) take(now time.Time) {
	w.flying++
	w.last = now
}

func (w *window) answered(now time.Time) {
	w.flying--
	w.answers = append(w.answers, now)
}
