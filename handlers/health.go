package handlers

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyz says of each part whether it is good; 503 when the database, the queue or the schema is not.
func (o Options) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	status, parts := http.StatusOK, map[string]string{}
	for name, check := range o.Ready {
		parts[name] = "ok"
		if err := check(ctx); err != nil {
			parts[name] = err.Error()
			if required[name] || errors.Is(err, ErrUnderWay) {
				status = http.StatusServiceUnavailable
			}
		}
	}
	writeJSON(w, status, map[string]any{"ready": status == http.StatusOK, "parts": parts})
}

// ErrUnderWay is what a part says that is still starting: the desk is not ready before it has tried.
var ErrUnderWay = errors.New("under way")

// required parts make the desk unready; a platform that refuses is told, but the desk stays up.
var required = map[string]bool{"database": true, "queue": true, "schema": true}

// Metric is one figure for a scrape. It never carries customer text.
type Metric struct {
	Name, Help string
	Labels     map[string]string
	Value      float64
	// Counter only grows; otherwise it is a gauge.
	Counter bool
}

// scraped turns figures into Prometheus metrics at each scrape.
type scraped struct{ read func() []Metric }

// Describe sends nothing: the set of metrics is only known when it is read.
func (scraped) Describe(chan<- *prometheus.Desc) {}

// Collect reads the figures.
func (s scraped) Collect(out chan<- prometheus.Metric) {
	for _, m := range s.read() {
		kind := prometheus.GaugeValue
		if m.Counter {
			kind = prometheus.CounterValue
		}
		if metric, err := prometheus.NewConstMetric(prometheus.NewDesc(m.Name, m.Help, nil, m.Labels), kind, m.Value); err == nil {
			out <- metric
		}
	}
}

func metricsHandler(read func() []Metric) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if read != nil {
		registry.MustRegister(scraped{read})
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// verificationName is the form of the platforms' domain verification files; nothing else is ever served from the folder.
var verificationName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}\.(txt|html)$`)

func verificationFile(dir string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("file")
		if !verificationName.MatchString(name) {
			http.NotFound(w, r)
			return
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(data) // the client went away: nobody is left to tell
	}
}
