package feishu

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// frame is one binary message of a long connection (proto2, package pbbp2).
type frame struct {
	SeqID, LogID uint64
	Service      int32
	Method       int32 // 0 control, 1 data
	Headers      []frameHeader
	Payload      []byte
	LogIDNew     string
}

type frameHeader struct{ Key, Value string }

const (
	methodControl = 0
	methodData    = 1
)

// errFrame says that bytes are no frame.
var errFrame = errors.New("malformed frame")

// header is the value of a header, "" when it is missing.
func (f frame) header(key string) string {
	for _, h := range f.Headers {
		if h.Key == key {
			return h.Value
		}
	}
	return ""
}

// marshal writes the frame.
func (f frame) marshal() []byte {
	b := appendVarint(nil, 1, f.SeqID)
	b = appendVarint(b, 2, f.LogID)
	b = appendVarint(b, 3, uint64(uint32(f.Service)))
	b = appendVarint(b, 4, uint64(uint32(f.Method)))
	for _, h := range f.Headers {
		pair := appendString(appendString(nil, 1, h.Key), 2, h.Value)
		b = protowire.AppendBytes(protowire.AppendTag(b, 5, protowire.BytesType), pair)
	}
	b = appendString(b, 6, "")
	b = appendString(b, 7, "")
	if f.Payload != nil {
		b = protowire.AppendBytes(protowire.AppendTag(b, 8, protowire.BytesType), f.Payload)
	}
	return appendString(b, 9, f.LogIDNew)
}

func appendVarint(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func appendString(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// parseFrame reads a frame; it needs the four required numbers and passes over unknown fields.
func parseFrame(b []byte) (frame, error) {
	var f frame
	var seen [5]bool
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return f, errFrame
		}
		b = b[n:]
		switch {
		case kind == protowire.VarintType && field <= 4:
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return f, errFrame
			}
			b, seen[field] = b[n:], true
			f.number(field, v)
		case kind == protowire.BytesType:
			v, n := protowire.ConsumeBytes(b)
			if n < 0 || f.bytes(field, v) != nil {
				return f, errFrame
			}
			b = b[n:]
		default:
			n := protowire.ConsumeFieldValue(field, kind, b)
			if n < 0 {
				return f, errFrame
			}
			b = b[n:]
		}
	}
	if !seen[1] || !seen[2] || !seen[3] || !seen[4] {
		return f, errFrame
	}
	return f, nil
}

func (f *frame) number(field protowire.Number, v uint64) {
	switch field {
	case 1:
		f.SeqID = v
	case 2:
		f.LogID = v
	case 3:
		f.Service = int32(v)
	case 4:
		f.Method = int32(v)
	}
}

func (f *frame) bytes(field protowire.Number, v []byte) error {
	switch field {
	case 5:
		h, err := parseHeader(v)
		f.Headers = append(f.Headers, h)
		return err
	case 8:
		f.Payload = append([]byte{}, v...)
	case 9:
		f.LogIDNew = string(v)
	}
	return nil
}

func parseHeader(b []byte) (frameHeader, error) {
	var h frameHeader
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return h, errFrame
		}
		b = b[n:]
		n = protowire.ConsumeFieldValue(field, kind, b)
		if n < 0 {
			return h, errFrame
		}
		if kind == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(b)
			switch field {
			case 1:
				h.Key = string(v)
			case 2:
				h.Value = string(v)
			}
		}
		b = b[n:]
	}
	return h, nil
}
