package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// figure is one line of the result: what we reach, what the machine allows in the same minutes, and what is asked.
type figure struct {
	Bench     string  `json:"bench"`
	Name      string  `json:"name"`
	Ours      float64 `json:"ours"`
	Unit      string  `json:"unit"`
	Limit     float64 `json:"limit,omitempty"`
	LimitName string  `json:"limit_name,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // of ours to the limit, the median over the rounds
	Bar       string  `json:"bar,omitempty"`
	Met       bool    `json:"met"`
	Note      string  `json:"note,omitempty"`
}

// bar is what is asked of a figure, or of its ratio to the limit.
type bar struct {
	ratio   bool
	atLeast bool
	value   float64
}

func atMost(v float64) *bar       { return &bar{value: v} }
func atLeast(v float64) *bar      { return &bar{value: v, atLeast: true} }
func ratioAtMost(v float64) *bar  { return &bar{value: v, ratio: true} }
func ratioAtLeast(v float64) *bar { return &bar{value: v, ratio: true, atLeast: true} }

func (w *bar) text() string {
	text := "≤ "
	if w.atLeast {
		text = "≥ "
	}
	if w.ratio {
		text = "ratio " + text
	}
	return text + number(w.value)
}

func (w *bar) met(f figure) bool {
	v := f.Ours
	if w.ratio {
		v = f.Ratio
	}
	if w.atLeast {
		return v >= w.value
	}
	return v <= w.value
}

// add judges a figure and prints it; without a bar it only informs.
func (b *bench) add(f figure, asked *bar) {
	f.Bench = b.current.id
	if f.Ratio == 0 && f.Limit != 0 {
		f.Ratio = f.Ours / f.Limit
	}
	f.Met = true
	if asked != nil {
		f.Bar, f.Met = asked.text(), asked.met(f)
	}
	b.figures = append(b.figures, f)
	fmt.Fprintln(b.out, f.line())
}

func (f figure) line() string {
	limit, ratio, verdict := "", "", ""
	if f.Limit != 0 {
		limit = fmt.Sprintf("limit %s (%s)", number(f.Limit), f.LimitName)
		ratio = fmt.Sprintf("ratio %.2f", f.Ratio)
	}
	if f.Bar != "" {
		verdict = "bar " + f.Bar + ": " + map[bool]string{true: "met", false: "MISSED"}[f.Met]
	}
	var parts []string
	for _, p := range []string{limit, ratio, verdict, f.Note} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return fmt.Sprintf("%-3s %-44s %9s %-8s %s", f.Bench, f.Name, number(f.Ours), f.Unit, strings.Join(parts, " · "))
}

// number writes three digits that count, and whole numbers whole.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// summary repeats all figures, and says how many bars were met.
func (b *bench) summary() {
	if len(b.figures) == 0 {
		return
	}
	fmt.Fprintln(b.out, "\nSummary")
	asked, met := 0, 0
	for _, f := range b.figures {
		fmt.Fprintln(b.out, f.line())
		if f.Bar != "" {
			asked++
			if f.Met {
				met++
			}
		}
	}
	fmt.Fprintf(b.out, "%d of %d bars met\n", met, asked)
}

func (b *bench) writeJSON(path string) error {
	data, err := json.MarshalIndent(map[string]any{"measured_at": time.Now().UTC(), "version": version, "figures": b.figures}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// percentile gives the value below which the share of the sorted values lies (nearest rank); zero for none.
func percentile[T cmp.Ordered](sorted []T, share float64) T {
	if len(sorted) == 0 {
		var none T
		return none
	}
	at := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[min(max(at, 0), len(sorted)-1)]
}

func median(values []float64) float64 {
	return percentile(slices.Sorted(slices.Values(values)), 0.5)
}

// millis are milliseconds with a fraction, micros microseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
