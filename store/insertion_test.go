package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlainInsertsShareAStatement(t *testing.T) {
	type row struct {
		ID   int64
		Name string
	}
	people, things := mapped[row]("people"), mapped[row]("things")
	addPerson, addThing := people.inserting(" ON CONFLICT DO NOTHING"), things.inserting("")
	var s pgSession
	later := func(ops ...op) {
		for _, o := range ops {
			require.NoError(t, s.later(t.Context(), o))
		}
	}
	args := []any{int64(1), "a"}
	later(addPerson.op("p", args), addThing.op("t", []any{int64(2), "b"}), addPerson.op("p", []any{int64(3), "c"}))
	require.Len(t, s.queue, 2)
	require.Equal(t, "INSERT INTO people (id, name) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING", s.queue[0].sql)
	require.Equal(t, []any{int64(1), "a", int64(3), "c"}, s.queue[0].args)
	require.Equal(t, []any{int64(1), "a"}, args, "the caller's list is its own")
	later(op{what: "update"}, addPerson.op("p", args))
	require.Len(t, s.queue, 4, "what stands between may be about the rows before it")
	for range insertMost {
		later(addPerson.op("p", args))
	}
	require.Len(t, s.queue, 5)
	require.Len(t, s.queue[3].args, 2*insertMost)
	require.Len(t, s.queue[4].args, 2)
}
