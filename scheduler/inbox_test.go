package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

// fetching is a platform whose attachments can be fetched.
type fetching struct {
	*fakePlatform
	fetch func(ctx context.Context, n int, a tickets.Attachment) ([]byte, error)
	mu    sync.Mutex
	n     int
	most  int
	now   int
}

func (f *fetching) Fetch(ctx context.Context, _ tickets.Inbound, a tickets.Attachment) (io.ReadCloser, string, error) {
	f.mu.Lock()
	f.n++
	f.now++
	f.most = max(f.most, f.now)
	n := f.n
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.now--
		f.mu.Unlock()
	}()
	data, err := f.fetch(ctx, n, a)
	return io.NopCloser(bytes.NewReader(data)), "picture.png", err
}

// shelf is Files in memory.
type shelf struct {
	mu    sync.Mutex
	files map[string]string
}

func (s *shelf) Put(_ context.Context, name string, r io.Reader) (string, error) {
	data, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := "key-" + string(data)
	s.files[key] = name
	return key, err
}

// fetchRig is a rig whose Feishu has attachments; got collects what the desk was handed.
func fetchRig(t *testing.T, fetch func(ctx context.Context, n int, a tickets.Attachment) ([]byte, error)) (*rig, *fetching, func() []tickets.Attachment) {
	var mu sync.Mutex
	var got []tickets.Attachment
	f := &fetching{fetch: fetch}
	r := newRig(t, func(r *rig, o *scheduler.Options) {
		f.fakePlatform = r.feishu
		o.Platforms = map[tickets.Platform]bot.Platform{tickets.Feishu: f}
		o.Files = &shelf{files: map[string]string{}}
		r.desk.handle = func(in tickets.Inbound) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, in.Attached...)
			return nil
		}
	})
	return r, f, func() []tickets.Attachment {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

// An attachment is copied before the desk sees the message; a passing failure is tried again and keeps the order.
func TestAttachmentFetchedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, f, got := fetchRig(t, func(_ context.Context, n int, _ tickets.Attachment) ([]byte, error) {
			if n <= 4 {
				return nil, transient()
			}
			return []byte("pixels"), nil
		})
		r.start()
		r.keep(event(tickets.Feishu, "in:1", "m1", "topic:1", "image"), event(tickets.Feishu, "in:1", "m2", "topic:1", "words"))
		r.idle(time.Minute)
		want := []tickets.Attachment{{Remote: "media-m1", Image: true, Key: "key-pixels", Name: "picture.png"}}
		if !slices.Equal(got(), want) || f.n != 5 {
			t.Errorf("after %d fetches the desk got %+v, want %+v", f.n, got(), want)
		}
		if order := r.feishu.got("topic:1"); !slices.Equal(order, []string{"in:m1", "in:m2"}) {
			t.Errorf("order %v", order)
		}
		r.stop()
	})
}

// What the platform no longer has is lost, the words are not; a platform that never answers holds up one lane for minutes, not for ever.
func TestAttachmentLost(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		limit time.Duration
	}{
		"gone":       {&bot.SendError{Failure: tickets.Failure{Class: tickets.Rejected, Certain: true}}, time.Second},
		"unanswered": {transient(), 6 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, _, got := fetchRig(t, func(context.Context, int, tickets.Attachment) ([]byte, error) { return nil, test.err })
				r.start()
				r.keep(event(tickets.Feishu, "in:1", "m1", "topic:1", "image"))
				r.idle(test.limit)
				if want := []tickets.Attachment{{Remote: "media-m1", Image: true, Lost: true}}; !slices.Equal(got(), want) {
					t.Errorf("the desk got %+v, want %+v", got(), want)
				}
				r.stop()
			})
		})
	}
}

// A platform that hangs with attachments leaves workers for everybody else.
func TestHangingAttachmentsLeaveWorkers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, f, _ := fetchRig(t, func(ctx context.Context, _ int, _ tickets.Attachment) ([]byte, error) {
			<-ctx.Done()
			return nil, transient()
		})
		r.start()
		for i := range 40 {
			r.keep(event(tickets.Feishu, fmt.Sprint("slow:", i), fmt.Sprint("s", i), "topic:1", "image"))
		}
		time.Sleep(2 * time.Second)
		r.keep(event(tickets.Feishu, "quick", "q", "topic:2", "words"))
		time.Sleep(time.Second)
		if got := r.feishu.got("topic:2"); len(got) != 1 {
			t.Error("words waited behind other people's attachments")
		}
		if f.most > 8 {
			t.Errorf("%d fetches at once", f.most)
		}
		r.stop()
	})
}

// An event that always fails rests longer and longer, is given up in the end, loudly, and lets the next ones through.
func TestEventGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		var tries []time.Time
		r.desk.handle = func(in tickets.Inbound) error {
			if in.ID == "bad" {
				tries = append(tries, time.Now())
				return errors.New("never")
			}
			return nil
		}
		r.start()
		r.keep(event(tickets.Feishu, "in:1", "bad", "topic:1", "words"), event(tickets.Feishu, "in:1", "good", "topic:1", "words"))
		r.idle(time.Hour)
		if len(tries) != 20 {
			t.Errorf("%d attempts, want 20", len(tries))
		}
		if d := tries[4].Sub(tries[0]); d > time.Minute {
			t.Errorf("the fifth attempt came after %v", d)
		}
		if got := r.feishu.got("topic:1"); !slices.Equal(got, []string{"in:good"}) {
			t.Errorf("got %v", got)
		}
		if st := r.s.Stats(); st.EventsDead != 1 || st.EventsDeferred != 19 || st.EventsDone != 1 {
			t.Errorf("stats %+v", st)
		}
		r.stop()
	})
}

// The desk acts once on an event although the bell rings often and the commit's answer is lost.
func TestEventActsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		lost := 0
		r.memory.failing(func(op string) (error, bool) {
			if op == "event" && lost < 2 {
				lost++
				return errors.New("connection reset"), true
			}
			return nil, false
		})
		r.start()
		e := event(tickets.Feishu, "in:1", "m1", "topic:1", "words")
		for range 50 {
			r.keep(e)
			r.bell.WakeInbox("in:1")
		}
		r.idle(time.Minute)
		if _, calls := r.feishu.count(); calls != 1 || r.desk.handled["m1"] != 1 {
			t.Errorf("handled %d times, %d calls", r.desk.handled["m1"], calls)
		}
		r.stop()
	})
}

// What is nothing for the desk is done with; what no platform here understands waits for one that does.
func TestIgnoredAndForeignEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		r.keep(event(tickets.Feishu, "in:1", "-", "topic:1", "words"), event("fax", "in:2", "m1", "topic:1", "words"))
		time.Sleep(30 * time.Minute)
		b, err := r.s.Backlog(t.Context())
		if err != nil || b.Inbox != 1 || len(r.desk.handled) != 0 {
			t.Errorf("backlog %+v, %v, handled %v", b, err, r.desk.handled)
		}
		if st := r.s.Stats(); st.EventsDead != 0 {
			t.Error("the foreign event was given up")
		}
		r.stop()
	})
}

// starting is a platform that understands nothing before it is told to.
type starting struct {
	*fakePlatform
	ready atomic.Bool
}

func (p *starting) Convert(raw []byte) (tickets.Inbound, bool, error) {
	if !p.ready.Load() {
		return tickets.Inbound{}, false, fmt.Errorf("who am I: %w", bot.ErrNotYet)
	}
	return p.fakePlatform.Convert(raw)
}

// An event that cannot be understood before something else is known waits for that, however long, and keeps its place.
func TestEventNotUnderstoodYet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &starting{}
		r := newRig(t, func(r *rig, o *scheduler.Options) {
			p.fakePlatform = r.feishu
			o.Platforms = map[tickets.Platform]bot.Platform{tickets.Feishu: p}
		})
		r.start()
		r.keep(event(tickets.Feishu, "in:1", "m1", "topic:1", "words"))
		time.Sleep(time.Hour)
		p.ready.Store(true)
		r.keep(event(tickets.Feishu, "in:1", "m2", "topic:1", "words"))
		r.idle(10 * time.Second)
		if order := r.feishu.got("topic:1"); !slices.Equal(order, []string{"in:m1", "in:m2"}) {
			t.Errorf("order %v", order)
		}
		if st := r.s.Stats(); st.EventsDead != 0 || st.EventsDeferred != 0 {
			t.Errorf("the wait counts as a failure of the event: %d dead, %d deferred", st.EventsDead, st.EventsDeferred)
		}
		r.stop()
	})
}

// The hook adds to the message before the desk sees it; its panic is the event's failure.
func TestEnrich(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := 0
		r := newRig(t, func(_ *rig, o *scheduler.Options) {
			o.Enrich = func(ctx context.Context, in *tickets.Inbound) {
				if _, ok := ctx.Deadline(); !ok {
					t.Error("no deadline")
				}
				if n++; n == 1 {
					panic("once")
				}
				in.Text += ", 李工"
			}
		})
		var got string
		r.desk.handle = func(in tickets.Inbound) error { got = in.Text; return nil }
		r.start()
		r.keep(event(tickets.Feishu, "in:1", "m1", "topic:1", "words"))
		r.idle(time.Minute)
		if got != "words, 李工" {
			t.Errorf("the desk got %q", got)
		}
		r.stop()
	})
}
