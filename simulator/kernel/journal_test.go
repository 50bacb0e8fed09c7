package kernel

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type person struct {
	Name string
	Tags []string
}

func open(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := OpenJournal(dir)
	require.NoError(t, err)
	return j
}

func TestJournalGivesEverythingBackWithoutBeingClosed(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	people := NewTable[person](j, "people")
	people.Put("a", person{Name: "甲 <b>"})
	people.Put("b", person{Name: "乙"})
	people.Put("c", person{Name: "丙", Tags: []string{"x"}})
	people.Put("a", person{Name: "甲二"})
	people.Delete("b")
	people.Put("b", person{Name: "乙又来"})
	require.NoError(t, j.PutBlob("../media/1", []byte("bytes")))
	want := people.All()
	last := j.NextSeq()
	clock := NewClock(true, start)
	j.KeepClock(clock)
	require.NoError(t, clock.Advance(t.Context(), time.Hour, nil))

	for range 2 { // the second time reads the compacted file
		j = open(t, dir) // no Close before: as after a kill
		people = NewTable[person](j, "people")
		require.Equal(t, want, people.All())
		require.Equal(t, []string{"甲二", "丙", "乙又来"}, names(people.All()))
		data, err := j.Blob("../media/1")
		require.NoError(t, err)
		require.Equal(t, "bytes", string(data))
		seq := j.NextSeq()
		require.Greater(t, seq, last)
		last = seq
		at, ok := j.ClockTime()
		require.True(t, ok)
		require.True(t, at.Equal(start.Add(time.Hour)))
	}
}

func names(people []person) (names []string) {
	for _, p := range people {
		names = append(names, p.Name)
	}
	return names
}

func TestJournalDropsALineCutShort(t *testing.T) {
	dir := t.TempDir()
	NewTable[person](open(t, dir), "people").Put("a", person{Name: "甲"})
	path := filepath.Join(dir, journalFile)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(whole, `{"t":"people","i":"b","v":{"Na`...), 0o600))
	people := NewTable[person](open(t, dir), "people")
	require.Equal(t, []string{"甲"}, names(people.All()))
	people.Put("c", person{Name: "丙"})
	require.Equal(t, []string{"甲", "丙"}, names(NewTable[person](open(t, dir), "people").All()))
}

func TestJournalRefusesADamagedFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, journalFile), []byte("no json\n"), 0o600))
	_, err := OpenJournal(dir)
	require.ErrorContains(t, err, "line 1")
}

func TestMemoryJournal(t *testing.T) {
	j := open(t, "")
	require.NoError(t, j.PutBlob("k", []byte("v")))
	data, err := j.Blob("k")
	require.NoError(t, err)
	require.Equal(t, "v", string(data))
	_, err = j.Blob("other")
	require.ErrorIs(t, err, ErrNoBlob)
	_, err = open(t, t.TempDir()).Blob("other")
	require.ErrorIs(t, err, ErrNoBlob)
	require.NoError(t, j.Close())
}

func TestSwitchesKeepTheirTypeAndTheirValue(t *testing.T) {
	dir := t.TempDir()
	define := func() *Switches {
		s := NewSwitches(open(t, dir))
		s.Define("wecom.renews", false, "a menu click renews the window")
		s.Define("wecom.code", 95013, "a code")
		return s
	}
	s := define()
	require.False(t, s.Bool("wecom.renews"))
	require.NoError(t, s.Set("wecom.renews", json.RawMessage("true")))
	require.ErrorContains(t, s.Set("wecom.code", json.RawMessage(`"x"`)), "takes a int")
	require.ErrorContains(t, s.Set("wecom.code", json.RawMessage(`null`)), "takes a int")
	require.ErrorContains(t, s.Set("nonsense", json.RawMessage("1")), "no switch")
	s = define()
	require.True(t, s.Bool("wecom.renews"), "a changed switch is kept")
	require.Equal(t, 95013, s.Int("wecom.code"))
	require.Equal(t, []any{95013, true}, []any{s.List()[0].Value, s.List()[1].Value})
}
