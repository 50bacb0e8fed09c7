package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// MaxControlBody limits the body of a control call, in bytes: a video of 20 MB in base64 fits.
const MaxControlBody = 40 << 20

// Duration is written in JSON as Go writes it: "4h", "1m30s".
type Duration time.Duration

// MarshalJSON writes the duration as Go does.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a duration as Go writes it; "" is none.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return errors.New(`a duration is a string such as "30s" or "4h"`)
	}
	if s == "" {
		*d = 0
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf(`%q is no duration: write "30s" or "4h"`, s)
	}
	*d = Duration(v)
	return nil
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client is gone: nobody to tell
}

// Fail answers a control call with {"error": message}; the message says what is wrong and how to mend it.
func Fail(w http.ResponseWriter, status int, message string) {
	WriteJSON(w, status, map[string]string{"error": message})
}

// ReadJSON decodes a control call's body into v and answers 400 itself when it cannot; an empty body leaves v as it is.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxControlBody)).Decode(v)
	if err != nil && !errors.Is(err, io.EOF) {
		Fail(w, http.StatusBadRequest, "the body is not the JSON expected here: "+err.Error())
		return false
	}
	return true
}
