package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"servicedesk/simulator/kernel"
)

const (
	// backlogPause lies between two looks at the desk's backlog (machine time).
	backlogPause = 20 * time.Millisecond
	// settleLimit is how long one moment's work may take the desk (machine time).
	settleLimit = 5 * time.Minute
)

// HTTPDesk moves a desk's virtual clock by its /debug/clock and /debug/backlog. A desk that is down or has no virtual
// clock is left alone: the simulator then moves by itself.
type HTTPDesk struct {
	base   string
	client *http.Client
}

var _ kernel.Desk = (*HTTPDesk)(nil)

// NewHTTPDesk returns the desk at a base address without a trailing slash.
func NewHTTPDesk(base string) *HTTPDesk {
	// Moving the desk's clock may do the work of a whole moment, so a call may take long.
	return &HTTPDesk{base: base, client: &http.Client{Timeout: settleLimit}}
}

// errAlone says that there is no desk to move.
var errAlone = errors.New("no desk with a virtual clock")

// NextDue is the next_due of GET /debug/clock.
func (d *HTTPDesk) NextDue(ctx context.Context) (time.Time, bool, error) {
	var clock struct {
		NextDue string `json:"next_due"` // null or "" when nothing waits
	}
	err := d.call(ctx, http.MethodGet, "/debug/clock", nil, &clock)
	if errors.Is(err, errAlone) || (err == nil && clock.NextDue == "") {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	t, err := time.Parse(time.RFC3339, clock.NextDue)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("next_due of /debug/clock: %w", err)
	}
	return t, true, nil
}

// Set is POST /debug/clock.
func (d *HTTPDesk) Set(ctx context.Context, t time.Time) error {
	err := d.call(ctx, http.MethodPost, "/debug/clock", map[string]string{"set": t.Format(time.RFC3339Nano)}, nil)
	if errors.Is(err, errAlone) {
		return nil
	}
	return err
}

// Settle waits until everything in GET /debug/backlog is 0, apart from what is held for a closed window.
func (d *HTTPDesk) Settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		backlog := map[string]int64{}
		err := d.call(ctx, http.MethodGet, "/debug/backlog", nil, &backlog)
		if errors.Is(err, errAlone) {
			return nil
		}
		if err != nil {
			return err
		}
		if idle(backlog) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the desk has work left (%v): %w", backlog, ctx.Err())
		case <-time.After(backlogPause):
		}
	}
}

func idle(backlog map[string]int64) bool {
	for kind, n := range backlog {
		if kind != "held" && n != 0 {
			return false
		}
	}
	return true
}

// call speaks to the desk; errAlone when it is down or does not know the path.
func (d *HTTPDesk) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, d.base+path, body)
	if err != nil {
		return err
	}
	resp, err := d.client.Do(req)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return errAlone
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return errAlone // it went down in the middle of its answer
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusMethodNotAllowed:
		return errAlone
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the desk answers %s %s with %s: %s", method, path, resp.Status, bytes.TrimSpace(raw[:min(len(raw), 300)]))
	case out == nil:
		return nil
	}
	return json.Unmarshal(raw, out)
}
