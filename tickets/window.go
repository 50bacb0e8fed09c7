package tickets

import "time"

// Limits of the WeCom kf sending window (developer.work.weixin.qq.com, document 94677).
const (
	WindowPlaces   = 5
	WindowDuration = 48 * time.Hour
	// Reserved places stay free for "solved?" and the survey.
	Reserved = 2
)

// Window is the ledger of one conversation: what may still be sent until the contact writes again.
type Window struct {
	// LastIn is when the contact last wrote (clock time, as the platform dates it); zero = never.
	LastIn time.Time
	// LastClick is when he last tapped a menu. Whether that renews the window is not documented; the ledger assumes it does not.
	LastClick time.Time
	// Sent counts messages since LastIn.
	Sent int
	// Shut is set when the platform refused although the ledger saw room (closed session, a human servicer holds it).
	Shut bool
}

// Renew opens the window: the contact wrote at the given time.
func (w *Window) Renew(at time.Time) {
	if at.After(w.LastIn) {
		w.LastIn = at
	}
	w.Sent, w.Shut = 0, false
}

// Places is how many messages may still be sent now.
func (w Window) Places(now time.Time) int {
	if w.Shut || w.LastIn.IsZero() || !now.Before(w.Closes()) || w.Sent >= WindowPlaces {
		return 0
	}
	return WindowPlaces - w.Sent
}

// Closes is when the window shuts by time.
func (w Window) Closes() time.Time { return w.LastIn.Add(WindowDuration) }

// Free is how many places a use may still take: some are kept for others.
func (w Window) Free(use Use, now time.Time) int {
	n := w.Places(now)
	switch use {
	case UseReply, UseNotice, UseCourtesy:
		n -= Reserved
	case UseLull:
		n -= Reserved + 1
	case UseAnswer, UseUpdate:
		n--
	case UseConfirm, UseSurvey, UseWelcome: // "solved?" may take the last place: without its answer there is no survey
	}
	return max(n, 0)
}

// Uncertain reports whether a tap may have renewed the window although the ledger says it is shut by time: one try is honest then.
func (w Window) Uncertain(now time.Time) bool {
	return !w.Shut && w.Sent < WindowPlaces && w.Places(now) == 0 && !w.LastClick.IsZero() && now.Before(w.LastClick.Add(WindowDuration))
}
