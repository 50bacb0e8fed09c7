package feishu

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// documented is what the lists of error codes of the message, file, group and authentication APIs want done about each code.
var documented = map[tickets.FailureClass][]int{
	tickets.Throttled:     {99991400, 230020, 232019, 11232, 11233, 11247},
	tickets.Transient:     {230049, 18121, 232068},
	tickets.Unauthorized:  {99991661, 99991663, 99991664, 99991671},
	tickets.Misconfigured: {10003, 10014, 10015, 99991672, 99991679, 99991673, 99991662, 99991401, 99991403, 232025},
	tickets.Rejected: {230001, 230002, 230006, 230012, 230013, 230017, 230018, 230022, 230023, 230024, 230027, 230028, 230029, 230033, 230035, 230052,
		230053, 230054, 230055, 230071, 230072, 230075, 231001, 232001, 232006, 232010, 232011, 232013, 232014, 232017, 232022, 232024, 232033,
		232043, 232044, 232076, 232097, 234001, 234006, 234010, 234011, 234043, 99992351, 99992354, 99992356, 99992361, 99992402},
	tickets.Stale:    {230009, 230011, 230019, 230026, 230050, 230110, 231002, 231003, 232009, 234003, 234004},
	tickets.Aged:     {230031},
	tickets.Rerender: {200830, 230025, 230099},
}

// Every row of the failure table comes through the SDK as it is documented, and no row goes without.
func TestEveryCodeOverTheWire(t *testing.T) {
	w := newWorld(t)
	to := tickets.Address{Platform: tickets.Feishu, Peer: w.users["张伟"]}
	covered := map[int]bool{}
	for class, codes := range documented {
		for _, code := range codes {
			covered[code] = true
			c, err := New(w.cfg, nil, nil, nil) // one that no earlier code made pause
			require.NoError(t, err)
			w.control("POST", "/control/faults", map[string]any{"platform": "feishu", "path": "/open-apis/im/v1/messages", "errcode": code, "times": 0}, nil)
			_, err = c.Send(t.Context(), tickets.Outgoing{Key: "k", Use: tickets.UseDirect, To: to, Body: tickets.Body{Text: "x"}})
			w.control("DELETE", "/control/faults", nil, nil)
			c.Close()
			f := bot.FailureOf(err)
			require.Equal(t, class, f.Class, code)
			require.Equal(t, code, f.Code)
			require.NotEmpty(t, f.Reason)
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(covered)), slices.Sorted(maps.Keys(verdicts)), "each row of the table has its test, each test its row")
}
