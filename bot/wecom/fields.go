package wecom

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// number reads an integer that WeCom writes as a number or as a string; anything else is 0.
type number int64

// UnmarshalJSON never fails: one odd field must not cost the message.
func (n *number) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `" `)
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = number(v)
	} else if f, err := strconv.ParseFloat(s, 64); err == nil {
		*n = number(f)
	} else {
		*n = 0
	}
	return nil
}

// fields is a JSON object read leniently: kinds and fields appear without notice, and numbers may come as strings.
type fields map[string]json.RawMessage

func parseFields(raw []byte) (fields, error) {
	var f fields
	err := json.Unmarshal(raw, &f)
	return f, err
}

// text is a string, or a number or boolean as it is written; "" for what is not there. It holds no NUL, which databases refuse, and no invalid
// UTF-8, which the decoder replaces.
func (f fields) text(name string) string {
	raw := bytes.TrimSpace(f[name])
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || bytes.Equal(raw, []byte("null")) {
		return ""
	}
	if raw[0] != '"' {
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ""
	}
	return strings.ReplaceAll(s, "\x00", "")
}

func (f fields) number(name string) int64 {
	var n number
	if raw, ok := f[name]; ok {
		_ = n.UnmarshalJSON(raw) // never fails
	}
	return int64(n)
}

// object is a nested object; empty for what is not there or no object.
func (f fields) object(name string) fields {
	if len(f[name]) == 0 {
		return nil
	}
	inner, err := parseFields(f[name])
	if err != nil {
		return nil
	}
	return inner
}

// objects are the objects of a nested list.
func (f fields) objects(name string) []fields {
	var raw []json.RawMessage
	if len(f[name]) == 0 || json.Unmarshal(f[name], &raw) != nil {
		return nil
	}
	list := make([]fields, 0, len(raw))
	for _, r := range raw {
		if inner, err := parseFields(r); err == nil {
			list = append(list, inner)
		}
	}
	return list
}
