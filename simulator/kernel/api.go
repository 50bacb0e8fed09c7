package kernel

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// maxAPIBody limits what a platform reads of one call, in bytes.
	maxAPIBody = 64 << 20
	// keptAnswer is how much of an answer is kept to find its code, in bytes.
	keptAnswer = 64 << 10
)

// API wraps a platform's API: each call is logged and passes the faults. prefix is the simulator's own part of the path
// ("/wecom"), which the platform's paths do not have; next sees the path without it. writeError answers with that
// platform's error body for a fault with a status or a code.
func (w *World) API(platform, prefix string, writeError func(http.ResponseWriter, Fault), next http.Handler) http.Handler {
	gate := &apiGate{world: w, platform: platform, writeError: writeError, next: next}
	return http.StripPrefix(prefix, gate)
}

type apiGate struct {
	world      *World
	platform   string
	writeError func(http.ResponseWriter, Fault)
	next       http.Handler
}

// ServeHTTP logs the call and lets it through the fault that meets it, if any.
func (g *apiGate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	seq := g.world.Calls.begin(g.platform, r.Method, path)
	rec := &recorder{ResponseWriter: w}
	defer func() { g.world.Calls.end(seq, rec.status, errcodeOf(rec.body.Bytes())) }()

	// The whole body is read first: only then does the server notice that a client has gone away.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAPIBody))
	if err != nil {
		http.Error(rec, "the body cannot be read: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	fault, met := g.world.Faults.Take(g.platform, path)
	if !met {
		g.next.ServeHTTP(rec, r)
		return
	}
	wait(r, fault.Delay)
	for k, v := range fault.Headers {
		rec.Header().Set(k, v)
	}
	if !fault.answers() && fault.Hang == 0 {
		g.next.ServeHTTP(rec, r)
		return
	}
	if fault.AfterEffect {
		g.next.ServeHTTP(&discarder{header: http.Header{}}, r)
	}
	wait(r, fault.Hang)
	if !fault.answers() {
		panic(http.ErrAbortHandler) // net/http's way to drop a connection without an answer
	}
	g.writeError(rec, fault)
}

// wait holds a call for machine time d, or until its client has gone.
func wait(r *http.Request, d Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-r.Context().Done():
	case <-time.After(time.Duration(d)):
	}
}

// recorder notes status and the beginning of a JSON answer on their way through.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write notes the beginning of a JSON answer.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if room := keptAnswer - r.body.Len(); room > 0 && strings.HasPrefix(r.Header().Get("Content-Type"), "application/json") {
		r.body.Write(b[:min(room, len(b))])
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Hijack hands the connection to a WebSocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h, ok := r.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("this connection cannot be taken over")
	}
	r.status = http.StatusSwitchingProtocols
	return h.Hijack()
}

// discarder swallows the answer of a call whose client hears of the fault instead.
type discarder struct{ header http.Header }

func (d *discarder) Header() http.Header         { return d.header }
func (d *discarder) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarder) WriteHeader(int)             {}
