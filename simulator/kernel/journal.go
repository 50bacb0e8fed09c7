package kernel

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	journalFile = "journal.jsonl"
	blobFolder  = "blobs"
	// seqBlock is how many sequence numbers one journal line reserves: after a crash numbers are skipped, never reused.
	seqBlock = 1000
)

// ErrNoBlob says that no bytes are kept under an id.
var ErrNoBlob = errors.New("no such blob")

// record is one line of the journal. A line with Seq reserves sequence numbers, one with Clock keeps the time.
type record struct {
	Table   string          `json:"t,omitempty"`
	ID      string          `json:"i,omitempty"`
	Value   json.RawMessage `json:"v,omitempty"`
	Deleted bool            `json:"d,omitempty"`
	Seq     int64           `json:"s,omitempty"`
	Clock   *time.Time      `json:"c,omitempty"`
}

// Journal keeps everything that must outlive the process: each change is one appended JSON line, written with one system
// call, so that a killed process loses nothing it has answered for. Safe for concurrent use.
type Journal struct {
	dir string

	mu       sync.Mutex
	file     *os.File // nil: memory only
	err      error    // the first failed write
	seq      int64
	reserved int64 // sequence numbers up to here are on disk
	clock    *time.Time
	loaded   map[string]*loadedTable // rows read at opening, until their table takes them
	blobs    map[string][]byte       // memory only
}

type loadedTable struct {
	order []string
	rows  map[string]json.RawMessage
}

// OpenJournal opens the journal in dir, which is created when missing; an empty dir means memory only. A last line cut
// short by a crash is dropped. The file is compacted to the living rows.
func OpenJournal(dir string) (*Journal, error) {
	j := &Journal{dir: dir, loaded: map[string]*loadedTable{}, blobs: map[string][]byte{}}
	if dir == "" {
		return j, nil
	}
	if err := os.MkdirAll(filepath.Join(dir, blobFolder), 0o700); err != nil {
		return nil, fmt.Errorf("create the simulator's data folder: %w", err)
	}
	path := filepath.Join(dir, journalFile)
	if err := j.read(path); err != nil {
		return nil, fmt.Errorf("read the simulator's journal: %w", err)
	}
	if err := j.compact(path); err != nil {
		return nil, fmt.Errorf("compact the simulator's journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the simulator's journal: %w", err)
	}
	j.file = file
	return j, nil
}

// Close ends writing and reports the first write that failed, if any.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return j.err
	}
	err := j.file.Close()
	j.file = nil
	return errors.Join(j.err, err)
}

// NextSeq is the next number of the one sequence that orders everything listed "after N". It goes on after reopening.
func (j *Journal) NextSeq() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	if j.seq > j.reserved {
		j.reserved = j.seq + seqBlock
		j.write(record{Seq: j.reserved})
	}
	return j.seq
}

// ClockTime is the virtual time kept last; ok is false in a new journal.
func (j *Journal) ClockTime() (t time.Time, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.clock == nil {
		return time.Time{}, false
	}
	return *j.clock, true
}

// KeepClock writes the time of a virtual clock now and at each move.
func (j *Journal) KeepClock(c *Clock) {
	keep := func(t time.Time) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.clock = &t
		j.write(record{Clock: &t})
	}
	if c.Virtual() {
		keep(c.Now())
		c.OnMove(keep)
	}
}

// PutBlob keeps bytes under an id; a second call with the same id replaces them.
func (j *Journal) PutBlob(id string, data []byte) error {
	if j.dir == "" {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.blobs[id] = append([]byte(nil), data...)
		return nil
	}
	path := j.blobPath(id)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("keep blob: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep blob: %w", err)
	}
	return nil
}

// Blob gives the bytes kept under an id, or ErrNoBlob.
func (j *Journal) Blob(id string) ([]byte, error) {
	if j.dir == "" {
		j.mu.Lock()
		defer j.mu.Unlock()
		data, ok := j.blobs[id]
		if !ok {
			return nil, ErrNoBlob
		}
		return append([]byte(nil), data...), nil
	}
	data, err := os.ReadFile(j.blobPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoBlob
	}
	return data, err
}

func (j *Journal) blobPath(id string) string {
	return filepath.Join(j.dir, blobFolder, "b-"+url.PathEscape(id))
}

// write appends one line; the caller holds mu.
func (j *Journal) write(r record) {
	if j.file == nil {
		return
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err != nil && j.err == nil {
		j.err = fmt.Errorf("write the simulator's journal: %w", err)
	}
}

func (j *Journal) read(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what follows the last newline was never completely written
		}
		if err != nil {
			return err
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("line %d of %s: %w", n, path, err)
		}
		j.replay(r)
	}
}

func (j *Journal) replay(r record) {
	switch {
	case r.Seq > 0:
		j.seq, j.reserved = r.Seq, r.Seq
	case r.Clock != nil:
		j.clock = r.Clock
	default:
		t := j.loaded[r.Table]
		if t == nil {
			t = &loadedTable{rows: map[string]json.RawMessage{}}
			j.loaded[r.Table] = t
		}
		t.replay(r)
	}
}

func (t *loadedTable) replay(r record) {
	if r.Deleted {
		delete(t.rows, r.ID)
		return
	}
	if _, there := t.rows[r.ID]; !there {
		t.order = append(t.order, r.ID)
	}
	t.rows[r.ID] = r.Value
}

// living lists the ids that still have a row, in the order in which they came (last) into being.
func (t *loadedTable) living() []string {
	last := make(map[string]int, len(t.order))
	for i, id := range t.order {
		last[id] = i
	}
	ids := make([]string, 0, len(t.rows))
	for i, id := range t.order {
		if _, there := t.rows[id]; there && last[id] == i {
			ids = append(ids, id)
		}
	}
	return ids
}

// compact replaces the file by one that holds only what lives, in one step that a crash cannot cut in half.
func (j *Journal) compact(path string) error {
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	head := []record{}
	if j.seq > 0 {
		head = append(head, record{Seq: j.seq})
	}
	if j.clock != nil {
		head = append(head, record{Clock: j.clock})
	}
	for _, r := range head {
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	for name, t := range j.loaded {
		for _, id := range t.living() {
			if err := lines.Encode(record{Table: name, ID: id, Value: t.rows[id]}); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
