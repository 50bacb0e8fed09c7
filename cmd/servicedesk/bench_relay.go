package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"servicedesk/store"
)

const (
	relayContacts = 20
	relayRate     = 20 // engineers' messages a second
	editPace      = 2 * time.Second
)

// relayRun is a conversation of engineers with contacts, and what the platforms saw of it; benchmarks 5 and 7 read it.
type relayRun struct {
	place     string
	latencies []time.Duration
	relayed   int
	bells     int
	calls     map[string]int // during the conversation
	tickets   int
	lasted    time.Duration
	leastEdit time.Duration // between two edits of one card
}

// relayEar hears what the desk sends.
type relayEar struct {
	mu    sync.Mutex
	cards map[string]string // card by chat
	said  map[string]time.Time
	heard map[string]time.Time
	edits map[string][]time.Time
	sends int
}

func (e *relayEar) listen(c call) refusal {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch c.kind {
	case callMessage:
		if _, known := e.cards[c.to]; !known && bytes.Contains(c.body, []byte(`"interactive"`)) {
			e.cards[c.to] = c.id
		}
	case callEdit:
		e.edits[c.to] = append(e.edits[c.to], c.at)
	case callKFSend:
		e.sends++
		if _, rest, found := bytes.Cut(c.body, []byte("relay-")); found {
			e.heard["relay-"+string(rest[:min(6, len(rest))])] = c.at
		}
	}
	return refusal{}
}

func (e *relayEar) counts() (cards, sends, heard int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.cards), e.sends, len(e.heard)
}

// relayRun holds the conversation once.
func (b *bench) relay(ctx context.Context) (*relayRun, error) {
	if b.relays != nil {
		return b.relays, nil
	}
	p, err := b.fresh(ctx, b.best())
	if err != nil {
		return nil, err
	}
	ear := &relayEar{cards: map[string]string{}, said: map[string]time.Time{}, heard: map[string]time.Time{}, edits: map[string][]time.Time{}}
	f := newPlatforms(ear.listen)
	defer f.close()
	db, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.ImportDirectory(ctx, benchDirectory(relayContacts, true)); err != nil {
		return nil, err
	}
	d, err := b.startDesk(ctx, p, f, roleAll)
	if err != nil {
		return nil, err
	}
	defer d.kill()
	if err := d.awaitSetUp(ctx); err != nil {
		return nil, err
	}
	talk := &relayTalk{ear: ear, f: f, d: d}
	if err := talk.openTickets(ctx); err != nil {
		return nil, err
	}
	if err := drained(ctx, db); err != nil {
		return nil, err
	}
	run := &relayRun{place: p.name, tickets: relayContacts}
	b.settle(ctx)
	if err := talk.hold(ctx, b, run, db); err != nil {
		return nil, err
	}
	b.relays = run
	return run, nil
}

// drained waits until nothing is left to do.
func drained(ctx context.Context, db *store.DB) error {
	return until(ctx, 2*time.Minute, "everything has been delivered", func() (bool, error) {
		backlog, err := db.Backlog(ctx, machine())
		return backlog.Inbox+backlog.Pulls+backlog.Outbox == 0, err
	})
}

// relayTalk is the two sides of the conversation.
type relayTalk struct {
	ear   *relayEar
	f     *platforms
	d     *desk
	bells int
}

// write lets a contact write; that renews his sending window.
func (t *relayTalk) write(ctx context.Context, c *caller, contact int, text string) error {
	t.bells++
	t.f.writes(fmt.Sprintf("wmRelay%d", contact), fmt.Sprintf("in%d", t.bells), text)
	status, err := c.call(ctx, kfBell(benchKF, fmt.Sprintf("token%d", t.bells)))
	if err == nil && status != 200 {
		err = fmt.Errorf("bell answered with status %d", status)
	}
	return err
}

func (t *relayTalk) openTickets(ctx context.Context) error {
	c := &caller{addr: t.d.addr}
	defer c.close()
	for i := range relayContacts {
		if err := t.write(ctx, c, i, "采购订单保存不了"); err != nil {
			return err
		}
	}
	return until(ctx, time.Minute, "every contact has a ticket with its card", func() (bool, error) {
		cards, sends, _ := t.ear.counts()
		return cards >= relayContacts && sends >= relayContacts, nil
	})
}

// hold lets the engineer answer the contacts in turn, at a steady rate. Each contact writes every other second, half a second before his next answer.
func (t *relayTalk) hold(ctx context.Context, b *bench, run *relayRun, db *store.DB) error {
	run.relayed = int(relayRate * b.span(25*time.Second, 5*time.Second).Seconds())
	if b.rounds >= 5 {
		run.relayed = 60 * relayRate
	}
	before, bells := t.f.counted(), t.bells
	_, sends, _ := t.ear.counts()
	engineer, contact := &caller{addr: t.d.addr}, &caller{addr: t.d.addr}
	defer engineer.close()
	defer contact.close()
	start := time.Now()
	for i := range run.relayed {
		sleep(ctx, time.Until(start.Add(time.Duration(i)*time.Second/relayRate)))
		if i/relayRate%2 == 0 {
			if err := t.write(ctx, contact, (i+relayContacts/2)%relayContacts, "好的，我再看看"); err != nil {
				return err
			}
		}
		if err := t.answer(ctx, engineer, i); err != nil {
			return err
		}
	}
	err := until(ctx, time.Minute, "every answer has arrived", func() (bool, error) {
		_, _, heard := t.ear.counts()
		return heard >= run.relayed, nil
	})
	if err != nil {
		return err
	}
	if err := drained(ctx, db); err != nil {
		return err
	}
	run.lasted, run.bells, run.calls = time.Since(start), t.bells-bells, t.f.counted()
	for kind, n := range before {
		run.calls[kind] -= n
	}
	_, now, _ := t.ear.counts()
	run.calls[callKFSend] = now - sends
	t.judge(run)
	return nil
}

// answer says the engineer's i-th words in the topic of a contact's ticket.
func (t *relayTalk) answer(ctx context.Context, c *caller, i int) error {
	chat := fmt.Sprintf("oc_servicedesk-%s", groupSetting(fmt.Sprintf("group%d", i%relayContacts)))
	name := fmt.Sprintf("relay-%06d", i)
	t.ear.mu.Lock()
	root := t.ear.cards[chat]
	t.ear.mu.Unlock()
	if root == "" {
		return fmt.Errorf("there is no card in %s", chat)
	}
	request := feishuCallback(spoken{id: name, chat: chat, root: root, sender: benchEngineer, text: "@_user_1 " + name, toDesk: true}.event())
	t.ear.mu.Lock()
	t.ear.said[name] = time.Now()
	t.ear.mu.Unlock()
	status, err := c.call(ctx, request)
	if err == nil && status != 200 {
		err = fmt.Errorf("event answered with status %d", status)
	}
	return err
}

// judge reads the times.
func (t *relayTalk) judge(run *relayRun) {
	t.ear.mu.Lock()
	defer t.ear.mu.Unlock()
	for name, at := range t.ear.heard {
		run.latencies = append(run.latencies, at.Sub(t.ear.said[name]))
	}
	slices.Sort(run.latencies)
	run.leastEdit = time.Hour
	for _, times := range t.ear.edits {
		for i := 1; i < len(times); i++ {
			run.leastEdit = min(run.leastEdit, times[i].Sub(times[i-1]))
		}
	}
}

// benchRelay is benchmark 5: from the callback with an engineer's words to the call that carries them to the contact.
func benchRelay(ctx context.Context, b *bench) error {
	run, err := b.relay(ctx)
	if err != nil {
		return err
	}
	note := fmt.Sprintf("%d messages to %d contacts, max %s ms", run.relayed, run.tickets, number(millis(percentile(run.latencies, 1))))
	b.add(figure{Name: "relay, p50, " + run.place, Ours: millis(percentile(run.latencies, 0.5)), Unit: "ms", Note: note}, atMost(10))
	b.add(figure{Name: "relay, p99, " + run.place, Ours: millis(percentile(run.latencies, 0.99)), Unit: "ms"}, atMost(50))
	return nil
}

// benchCalls is benchmark 7: what the same conversation cost in calls of the platforms, and what an idle desk asks for.
func benchCalls(ctx context.Context, b *bench) error {
	run, err := b.relay(ctx)
	if err != nil {
		return err
	}
	// The desk's own word to a contact (nothing in this conversation) would count as well.
	b.add(figure{Name: "sends per relayed message", Ours: float64(run.calls[callKFSend]) / float64(run.relayed), Unit: "calls",
		Note: fmt.Sprintf("%d messages", run.relayed)}, atMost(1.05))
	b.add(figure{Name: "pulls per bell", Ours: float64(run.calls[callKFSync]) / float64(run.bells), Unit: "calls"}, atMost(1))
	spans := float64(run.tickets) * (run.lasted.Seconds()/editPace.Seconds() + 1)
	b.add(figure{Name: "card edits per ticket and 2 s", Ours: float64(run.calls[callEdit]) / spans, Unit: "calls",
		Note: fmt.Sprintf("%d edits, two of one card at least %s ms apart", run.calls[callEdit], number(millis(run.leastEdit)))}, atMost(1))
	b.add(figure{Name: "echoes per relayed message", Ours: float64(run.calls[callReact]) / float64(run.relayed), Unit: "calls"}, atMost(1))
	limited, err := b.limiter(ctx)
	if err != nil {
		return err
	}
	b.add(figure{Name: "calls of WeCom in an idle hour", Ours: float64(limited.idleCalls) * float64(time.Hour) / float64(limited.idleFor), Unit: "calls",
		Note: fmt.Sprintf("%d in %s", limited.idleCalls, limited.idleFor.Round(time.Second))}, atMost(65))
	return nil
}
