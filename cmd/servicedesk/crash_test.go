package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator"
	"servicedesk/simulator/kernel"
)

// What the crash test asks for: so many deaths, wiped queues, and messages each way, told in rounds with a step of the clock after each.
const (
	crashKills, crashWipes, crashWords = 50, 10, 200
	crashRounds                        = 4
	crashPatience                      = 2 * time.Minute // machine time
)

// TestCrash kills the desk again and again in the middle of a conversation, wipes its queue, and lets callbacks come twice, late, in
// another order, and not at all at first. In the end every message stands exactly once on the other side, in order.
//
// It is the only test at its time: the stories are parallel, and the testing package lets those wait for it.
func TestCrash(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("SERVICEDESK_TEST_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, "SERVICEDESK_TEST_SEED")
	}
	t.Logf("SERVICEDESK_TEST_SEED=%d", seed)
	binary := crashBinary(t)
	t.Run("between card and note", func(t *testing.T) {
		t.Parallel()
		crashBetween(t, binary)
	})
	t.Run("ladder", func(t *testing.T) {
		t.Parallel()
		crashLadder(t, binary, seed)
	})
	for i, mode := range []string{"websocket", "webhook"} {
		t.Run("embedded/"+mode, func(t *testing.T) {
			t.Parallel()
			crashes(t, binary, mode, "sqlite:"+filepath.Join(t.TempDir(), "desk.db"), "embedded", seed+uint64(i))
		})
		t.Run("services/"+mode, func(t *testing.T) {
			t.Parallel()
			queue := crashRedis(t, i)
			crashes(t, binary, mode, crashDatabase(t, i), queue, seed+2+uint64(i))
		})
	}
}

// crashBetween tells of what is said below a card that stands in the group while the desk does not know yet what became of it, as after a
// death in between.
func crashBetween(t *testing.T, binary string) {
	c := &crash{t: t, mode: "websocket", client: &http.Client{Timeout: crashPatience}}
	c.open(binary, "sqlite:"+filepath.Join(t.TempDir(), "desk.db"), "embedded")
	c.awaken()
	unanswered := map[string]any{"platform": "feishu", "path": "/open-apis/im/v1/messages", "times": 1, "after_effect": true, "hang": "3s"}
	c.call(http.MethodPost, "/control/faults", unanswered, nil)
	c.contactSays()
	require.True(t, c.findCard())
	for range 3 {
		c.engineerSays()
	}
	c.calm()
	c.checkTopic()
	c.checkConversation()
}

// crash is one conversation in which the desk dies.
type crash struct {
	t      *testing.T
	mode   string
	desk   *crashDesk
	sim    *simulator.Simulator
	server *httptest.Server
	client *http.Client
	queue  *redis.Client // nil: the queue lives in the process and dies with it
	seed   uint64

	contact, engineer, group, card string
	asked                          []string       // the contact's words, in order
	answered                       []crashMessage // the engineer's
}

// crashMessage is what the engineer said. Firm: the desk had taken it before he said anything else, so its place is known; of what had to
// be delivered again the order of receipt counts, which only the desk knows.
type crashMessage struct {
	id, token string
	firm      bool
}

func crashes(t *testing.T, binary, mode, database, queue string, seed uint64) {
	c := &crash{t: t, mode: mode, seed: seed, client: &http.Client{Timeout: crashPatience}}
	c.open(binary, database, queue)
	words, kills, wipes := crashWords, crashKills, crashWipes
	if testing.Short() {
		words, kills, wipes = words/5, kills/5, wipes/5
	}
	share := func(of, round int) int { return of*(round+1)/crashRounds - of*round/crashRounds }
	for round := range crashRounds {
		c.round(share(words, round), share(kills, round), share(wipes, round), uint64(round))
	}
	c.calm()
	t.Logf("%d kills, %d and %d messages, %d of the engineer's redelivered or disturbed", c.desk.kills.Load(), len(c.asked), len(c.answered),
		len(slices.DeleteFunc(slices.Clone(c.answered), func(m crashMessage) bool { return m.firm })))
	assert.GreaterOrEqual(t, int(c.desk.kills.Load()), kills)
	c.checkTopic()
	c.checkConversation()
	assert.Empty(t, c.desk.alarms(), "the desk's log")
	if t.Failed() {
		t.Logf("the end of the desk's log:\n%s", c.desk.tail(60))
	}
}

// round lets both talk while the desk dies and its queue is wiped; then the clock moves on, so that what was refused comes again.
func (c *crash) round(words, kills, wipes int, n uint64) {
	var all sync.WaitGroup
	chance := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(c.seed, n<<8|stream)) }
	all.Go(func() { c.contactTalks(words, chance(1)) })
	all.Go(func() { c.engineerTalks(words, chance(2)) })
	all.Go(func() {
		r := chance(3)
		for i := range kills - 1 {
			c.crash(r, c.queue != nil && i < wipes)
		}
	})
	all.Wait()
	all.Go(func() { c.advance(16 * time.Second) }) // WeCom's three and Feishu's first redelivery
	all.Go(func() { c.crash(chance(4), false) })
	all.Wait()
}

// crash kills the desk at a moment of chance, perhaps while it starts, and starts it again at once.
func (c *crash) crash(r *rand.Rand, wipe bool) {
	if wipe {
		time.Sleep(time.Duration(r.Int64N(int64(300 * time.Millisecond))))
		assert.NoError(c.t, c.queue.FlushDB(context.Background()).Err())
	}
	if r.IntN(4) == 0 {
		time.Sleep(time.Duration(r.Int64N(int64(1200 * time.Millisecond))))
	} else {
		c.awaken()
		c.desk.moment.wait(1+r.IntN(30), 1500*time.Millisecond)
	}
	c.desk.kill()
	c.desk.start()
}

// disturb spoils the next callback of a platform now and then.
func (c *crash) disturb(platform string, r *rand.Rand) {
	modes := []string{kernel.Duplicate, kernel.Reorder, kernel.Drop}
	if n := r.IntN(10); n < len(modes) {
		c.call(http.MethodPost, "/control/callbacks", map[string]any{"platform": platform, "mode": modes[n], "times": 1}, nil)
	}
}

func (c *crash) pause(r *rand.Rand) {
	time.Sleep(time.Duration(r.Int64N(int64(400 * time.Millisecond))))
}

// contactTalks lets the contact write; each message holds a token of its own.
func (c *crash) contactTalks(words int, r *rand.Rand) {
	for range words {
		c.disturb(kernel.WeCom, r)
		c.contactSays()
		c.pause(r)
	}
}

func (c *crash) contactSays() {
	token := fmt.Sprintf("问-%04d", len(c.asked)+1)
	body := map[string]any{"msgtype": "text", "text": map[string]string{"content": "报表里又多出一行重复的数据，编号对不上，请帮忙查一下原因 " + token}}
	c.call(http.MethodPost, "/control/wecom/contacts/"+c.contact+"/messages", body, nil)
	c.asked = append(c.asked, token)
}

// engineerTalks lets the engineer answer in the ticket's topic.
func (c *crash) engineerTalks(words int, r *rand.Rand) {
	if !c.findCard() {
		return
	}
	for range words {
		c.disturb(kernel.Feishu, r)
		c.engineerSays()
		c.pause(r)
	}
}

func (c *crash) findCard() bool {
	return c.until("the ticket's card stands in the group", func() bool {
		for _, m := range c.heard() {
			if m.MsgType == "interactive" && m.RootID == "" {
				c.card = m.MessageID
			}
		}
		return c.card != ""
	})
}

func (c *crash) engineerSays() {
	longConnection := c.mode == "websocket"
	disturbed := slices.ContainsFunc(c.sim.World().Disturb.List(), func(d kernel.Disturbance) bool { return d.Platform == kernel.Feishu })
	life, began := c.desk.steady(longConnection), time.Now()
	m := crashMessage{token: fmt.Sprintf("答-%04d", len(c.answered)+1)}
	var said struct {
		MessageID string `json:"message_id"`
	}
	body := map[string]any{"chat_id": c.group, "root_id": c.card, "text": "已核对 " + m.token, "mention_bot": true}
	c.call(http.MethodPost, "/control/feishu/users/"+c.engineer+"/messages", body, &said)
	m.id = said.MessageID
	// Feishu waits three seconds for an answer; whoever comes near that is sent again.
	m.firm = !disturbed && life != nil && life == c.desk.steady(longConnection) && time.Since(began) < 2*time.Second
	c.answered = append(c.answered, m)
}

// awaken waits until the desk is reached by everything that the platforms send.
func (c *crash) awaken() {
	c.until("the desk is back", func() bool { return c.desk.steady(c.mode == "websocket") != nil })
}

// calm lets everything come to rest: the last redeliveries, and the words that wait until the contact writes again.
func (c *crash) calm() {
	c.awaken()
	c.call(http.MethodDelete, "/control/callbacks", nil, nil)
	for _, step := range []time.Duration{20 * time.Second, 6 * time.Minute, 70 * time.Minute, 7 * time.Hour} {
		c.advance(step)
	}
	c.until("nothing is held back", func() bool {
		left := map[string]int{}
		if !c.ask("/debug/backlog", &left) {
			return false
		}
		held := left["held"]
		delete(left, "held")
		for _, n := range left {
			if n > 0 {
				return false
			}
		}
		if held > 0 {
			c.contactSays()
			c.advance(time.Second)
		}
		return held == 0
	})
}

func (c *crash) advance(d time.Duration) {
	c.call(http.MethodPost, "/control/clock", map[string]string{"advance": d.String()}, nil)
}

// checkTopic looks at the group: one card, and the contact's words below it, each once and in order.
func (c *crash) checkTopic() {
	var cards, said, others []string
	signs := map[string][]string{}
	for _, m := range c.heard() {
		switch {
		case m.MsgType == "interactive":
			cards = append(cards, m.Text)
		case m.SenderType == "user":
			signs[m.MessageID] = m.Reactions
		case strings.HasPrefix(m.Text, "李工："):
			assert.Equal(c.t, c.card, m.RootID)
			said = append(said, crashTokens("问", m.Text)...)
		default:
			others = append(others, m.Text)
		}
	}
	assert.Len(c.t, cards, 1, "one ticket has one card")
	if c.once("the contact's words in the topic", c.asked, said) {
		assert.Equal(c.t, c.asked, said, "the order of the contact's words")
	}
	c.once("what else stands in the topic", others, others)
	var echoed []string
	for _, m := range c.answered {
		if slices.Equal(signs[m.id], []string{"CheckMark"}) {
			echoed = append(echoed, m.token)
		}
	}
	c.once("the echoes", c.tokens(), echoed)
}

// checkConversation looks at the contact's phone: one acknowledgement, and the engineer's words, each once and in order.
func (c *crash) checkConversation() {
	var list struct{ Messages []struct{ From, Text string } }
	c.call(http.MethodGet, "/control/wecom/contacts/"+c.contact+"/messages", nil, &list)
	var said, others []string
	for _, m := range list.Messages {
		if m.From != "desk" {
			continue
		}
		tokens := crashTokens("答", m.Text)
		if said = append(said, tokens...); len(tokens) == 0 {
			others = append(others, m.Text)
		}
	}
	if assert.Len(c.t, others, 2, "besides the answers the contact hears once that the desk has his matter, and once that its late promise was taken on") {
		assert.Contains(c.t, others[0], "HLDL-0001")
	}
	if !c.once("the engineer's words on the phone", c.tokens(), said) {
		return
	}
	at := map[string]int{}
	for i, token := range said {
		at[token] = i
	}
	for i, m := range c.answered {
		if !m.firm {
			continue
		}
		for _, later := range c.answered[i+1:] {
			if at[later.token] < at[m.token] {
				c.t.Errorf("%s stands before %s, which the desk had before the other was said:\n%v", later.token, m.token, said)
				return
			}
		}
	}
}

func crashTokens(sign, text string) []string {
	return regexp.MustCompile(sign+`-\d{4}`).FindAllString(text, -1)
}

// once reports what is missing and what is there more than once.
func (c *crash) once(what string, want, got []string) bool {
	c.t.Helper()
	times := map[string]int{}
	for _, x := range got {
		times[x]++
	}
	var missing, doubled []string
	for _, x := range want {
		if times[x] == 0 {
			missing = append(missing, x)
		}
	}
	for x, n := range times {
		if n > 1 || !slices.Contains(want, x) {
			doubled = append(doubled, fmt.Sprintf("%s ×%d", x, n))
		}
	}
	return assert.Empty(c.t, missing, "%s: missing", what) && assert.Empty(c.t, doubled, "%s: too many", what)
}

// tokens are those of the engineer's words.
func (c *crash) tokens() (list []string) {
	for _, m := range c.answered {
		list = append(list, m.token)
	}
	return list
}
