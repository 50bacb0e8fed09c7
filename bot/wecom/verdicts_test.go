package wecom

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

// documented is what WeCom's pages (90313, 94669, 94677, 96428, 92135, 92137) want done about each code.
var documented = map[tickets.FailureClass][]int{
	tickets.Transient:     {-1, 41063},
	tickets.Throttled:     {45009, 45033},
	tickets.Unauthorized:  {40014, 41001, 42001},
	tickets.Misconfigured: {40001, 40013, 48002, 48007, 60011, 60020, 95011, 95012, 95015, 95017},
	tickets.Rejected: {40003, 40004, 40005, 40006, 40007, 40008, 40009, 40033, 40058, 40096, 41048, 41094, 44004, 45001, 45002, 60111, 81013,
		82001, 84061, 301002, 701008, 95000, 95014, 95016, 95019, 95026, 95027, 95031},
	tickets.CountSpent: {95001},
	tickets.WindowShut: {95002, 95013, 95018},
	tickets.Stale:      {41050, 41051, 41093, 41096, 95007},
}

// Every row of the failure table comes over the wire as it is documented, and no row goes without.
func TestEveryCodeOverTheWire(t *testing.T) {
	s := newStage(t)
	s.saysText("在吗")
	covered := map[int]bool{95004: true} // “used before”: TestDuplicateMeansSent
	for class, codes := range documented {
		for _, code := range codes {
			covered[code] = true
			s.control(http.MethodPost, "/control/faults", object{"platform": "wecom", "path": "/cgi-bin/kf/send_msg", "errcode": code, "times": 0}, nil)
			err := s.send("k", tickets.Body{Text: "x"})
			s.control(http.MethodDelete, "/control/faults", nil, nil)
			f := failureOf(t, err)
			require.Equal(t, class, f.Class, code)
			require.Equal(t, code, f.Code)
			require.Equal(t, code != -1, f.Certain, code)
			require.NotEmpty(t, f.Reason)
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(covered)), slices.Sorted(maps.Keys(verdicts)), "each row of the table has its test, each test its row")
}
