package wecom

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// WeCom's envelopes are flat XML without attributes, of which a few fields count. Reading just that form costs a tenth of encoding/xml, which would
// take more time than signature, cipher and HTTP together, and leaves nothing for entity or nesting tricks.

var errXML = errors.New("not the XML that WeCom sends")

const (
	// envelopeDepth allows <xml> and its fields; messageDepth also the lists inside a decrypted message.
	envelopeDepth = 2
	messageDepth  = 8
	// maxNesting is the most of any of them.
	maxNesting = 8
)

// scanXML calls field for every element directly below the root that holds text alone, with its text. It accepts an XML declaration, character
// data, CDATA, the predefined and the numeric references, and elements without attributes up to depth; anything else is errXML.
func scanXML(doc []byte, depth int, field func(name, value []byte)) error {
	s := xmlScanner{rest: bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf")), depth: depth, field: field}
	s.space()
	if bytes.HasPrefix(s.rest, []byte("<?xml ")) && !s.skipPast("?>") {
		return errXML
	}
	for s.space(); len(s.rest) > 0; {
		if s.level == 0 && (s.rooted || s.rest[0] != '<') {
			return errXML // text or a second element outside the root
		}
		if !s.step() {
			return errXML
		}
		if s.level == 0 {
			s.space()
		}
	}
	if !s.rooted || s.level != 0 {
		return errXML
	}
	return nil
}

type xmlScanner struct {
	rest  []byte
	depth int
	field func(name, value []byte)

	open   [maxNesting][]byte // names of the open elements
	level  int
	rooted bool   // the root was seen and closed
	value  []byte // text of the open element; shares the document's memory when it can
	plain  bool   // the open element had no child so far
}

// step takes one piece: a run of text, a CDATA section, or a tag.
func (s *xmlScanner) step() bool {
	switch {
	case s.rest[0] != '<':
		return s.text()
	case bytes.HasPrefix(s.rest, []byte("<![CDATA[")):
		return s.cdata()
	case bytes.HasPrefix(s.rest, []byte("</")):
		return s.closeTag()
	default:
		return s.openTag()
	}
}

func (s *xmlScanner) text() bool {
	end := bytes.IndexByte(s.rest, '<')
	if end < 0 {
		return false
	}
	run := s.rest[:end]
	s.rest = s.rest[end:]
	if bytes.IndexByte(run, '&') < 0 {
		s.add(run)
		return true
	}
	decoded, ok := unescape(run)
	if ok {
		s.add(decoded)
	}
	return ok
}

func (s *xmlScanner) cdata() bool {
	s.rest = s.rest[len("<![CDATA["):]
	end := bytes.Index(s.rest, []byte("]]>"))
	if end < 0 || s.level == 0 {
		return false
	}
	s.add(s.rest[:end])
	s.rest = s.rest[end+3:]
	return true
}

func (s *xmlScanner) add(b []byte) {
	if len(s.value) == 0 {
		s.value = b[:len(b):len(b)] // appending must not run on into the document
		return
	}
	s.value = append(s.value, b...)
}

func (s *xmlScanner) openTag() bool {
	name, ok := s.name(1)
	if !ok || s.rooted || s.level >= min(s.depth, maxNesting) {
		return false
	}
	if bytes.HasPrefix(s.rest, []byte("/>")) {
		s.rest = s.rest[2:]
		s.plain, s.value = false, nil
		if s.level == 0 {
			s.rooted = true
		}
		if s.level == 1 {
			s.field(name, nil)
		}
		return true
	}
	if s.rest[0] != '>' {
		return false
	}
	s.rest = s.rest[1:]
	s.open[s.level] = name
	s.level++
	s.plain, s.value = true, nil
	return true
}

func (s *xmlScanner) closeTag() bool {
	name, ok := s.name(2)
	if !ok || s.rest[0] != '>' || s.level == 0 || !bytes.Equal(name, s.open[s.level-1]) {
		return false
	}
	s.rest = s.rest[1:]
	s.level--
	if s.level == 1 && s.plain {
		s.field(name, s.value)
	}
	s.rooted = s.level == 0
	s.plain, s.value = false, nil
	return true
}

// name reads an element's name behind skip bytes and leaves at least one byte of rest.
func (s *xmlScanner) name(skip int) ([]byte, bool) {
	s.rest = s.rest[skip:]
	n := 0
	for n < len(s.rest) && isNameByte(s.rest[n], n == 0) {
		n++
	}
	if n == 0 || n == len(s.rest) {
		return nil, false
	}
	name := s.rest[:n]
	s.rest = s.rest[n:]
	return name, true
}

func isNameByte(b byte, first bool) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
		return true
	case '0' <= b && b <= '9', b == '-', b == '.':
		return !first
	}
	return false
}

func (s *xmlScanner) space() { s.rest = bytes.TrimLeft(s.rest, " \t\r\n") }

func (s *xmlScanner) skipPast(mark string) bool {
	i := bytes.Index(s.rest, []byte(mark))
	if i < 0 {
		return false
	}
	s.rest = s.rest[i+len(mark):]
	s.space()
	return true
}

var references = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// unescape resolves references; ok is false for those that XML does not predefine.
func unescape(b []byte) ([]byte, bool) {
	out := make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(out, b...), true
		}
		end := bytes.IndexByte(b[i:], ';')
		if end < 0 || end > 10 {
			return nil, false
		}
		name := string(b[i+1 : i+end])
		out = append(out, b[:i]...)
		if c, ok := references[name]; ok {
			out = append(out, c)
		} else if r, ok := numericReference(name); ok {
			out = utf8.AppendRune(out, r)
		} else {
			return nil, false
		}
		b = b[i+end+1:]
	}
}

func numericReference(name string) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) || n == 0 {
		return 0, false
	}
	return rune(n), true
}
