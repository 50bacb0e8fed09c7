package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"servicedesk/customers"
	"servicedesk/store"
)

const (
	benchEngineer = "ou_bench_engineer"
	ticketCallers = 8
	// ticketCustomers share the tickets: numbers without gaps let the tickets of one customer be opened one after the other only.
	ticketCustomers = 50
	ticketTimeout   = 2 * time.Minute
)

// benchDirectory has some customers, each with one contact, "wmRelay" and the customer's number from 0, and on request with a group of its own.
func benchDirectory(n int, groups bool) customers.Directory {
	dir := customers.Directory{Staff: []customers.Staff{
		{Name: "张伟", OpenID: benchEngineer, Active: true, Roles: []customers.Role{customers.RoleEngineer, customers.RoleOwner}},
		{Name: "王芳", OpenID: "ou_bench_liaison", Active: true, Roles: []customers.Role{customers.RoleLiaison}},
	}}
	for i := range n {
		group := ""
		if groups {
			group = fmt.Sprintf("group%d", i)
		}
		dir.Customers = append(dir.Customers, customers.DirectoryCustomer{
			Customer: customers.Customer{Code: "BN" + string(rune('A'+i/26)) + string(rune('A'+i%26)), Name: fmt.Sprintf("客户 %d", i),
				Tier: "A", Group: group},
			Contacts: []customers.Contact{{Name: "李工", Kind: customers.KindTechnical, WeComID: fmt.Sprintf("wmRelay%d", i)}},
			Team:     map[customers.Role]string{customers.RoleOwner: "张伟", customers.RoleLiaison: "王芳"},
		})
	}
	return dir
}

// sequence is a table n(i) with the numbers from 1 to most; both databases understand it.
func sequence(most int) string {
	return fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", most)
}

// knownContacts adds contacts of the first customers who have written before; their ids follow those of the directory.
func knownContacts(ctx context.Context, db *store.DB, most int) error {
	return executes(ctx, db, sequence(most)+fmt.Sprintf(`INSERT INTO contacts
		(customer_id, name, kind, wecom_id, mobile, locale, noticed_at, created_at)
		SELECT 1 + i %% %d, 'K' || i, 'technical', 'wmKnown' || i, '', '', '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00'
		FROM n`, ticketCustomers),
		sequence(most)+fmt.Sprintf(conversationRows, ticketCustomers))
}

// ticketRun is a desk that gets bells and makes tickets of what it pulls. The platforms refuse all deliveries for a quarter of an hour, so that
// only what the benchmark speaks of is paid for: ticket, words, outbox and timeline.
type ticketRun struct {
	f     *platforms
	d     *desk
	db    *store.DB
	m     meter
	said  int // messages so far, which are the contacts' numbers
	spent map[string]usage
	made  map[string]int
}

func refuseDeliveries(c call) refusal {
	switch c.kind {
	case callKFSend, callMessage, callReply, callEdit, callReact:
		return refusal{status: http.StatusTooManyRequests, code: 99991400, reset: 15 * time.Minute}
	}
	return refusal{}
}

// benchTicket is benchmark 4: from the callback to the committed ticket.
func benchTicket(ctx context.Context, b *bench) error {
	name := b.best()
	l, err := b.ticketLimit(ctx, name)
	if err != nil {
		return err
	}
	p, err := b.fresh(ctx, name)
	if err != nil {
		return err
	}
	perRound := b.scale(5000)
	run := &ticketRun{f: newPlatforms(refuseDeliveries), spent: map[string]usage{}, made: map[string]int{}}
	defer run.f.close()
	if run.db, err = p.open(ctx); err != nil {
		return err
	}
	defer run.db.Close()
	if _, err := run.db.ImportDirectory(ctx, benchDirectory(ticketCustomers, false)); err != nil {
		return err
	}
	if err := knownContacts(ctx, run.db, (b.rounds+1)*perRound); err != nil {
		return err
	}
	if run.d, err = b.startDesk(ctx, p, run.f, roleAll); err != nil {
		return err
	}
	defer run.d.kill()
	if err := run.d.awaitSetUp(ctx); err != nil {
		return err
	}
	run.m = newMeter(ctx, p, run.d.pid())
	if _, err := run.round(ctx, "wmKnown", perRound/5); err != nil { // connections and statements
		return err
	}
	clear(run.spent)
	clear(run.made)
	if err := seasoned(ctx, p, run.db); err != nil {
		return err
	}
	got, err := b.compare(ctx, l, func() (float64, error) { return run.round(ctx, "wmKnown", perRound) })
	if err != nil {
		return err
	}
	b.add(figure{Name: "tickets from callbacks, " + name, Ours: got.ours, Unit: "/s", Limit: got.limit, LimitName: l.name, Ratio: got.ratio,
		Note: "known customers"}, ratioAtLeast(0.3))
	return b.ticketCosts(ctx, run, l, perRound/2)
}

func (b *bench) ticketLimit(ctx context.Context, name string) (*limit, error) {
	if name == onPostgres {
		return b.postgresLimit(ctx, 4, ticketCallers)
	}
	return b.sqliteLimit(ctx)
}

// ticketCosts prints the processor time of a ticket, and of one whose contact nobody knows yet.
func (b *bench) ticketCosts(ctx context.Context, run *ticketRun, l *limit, strangers int) error {
	name := b.best()
	b.settle(ctx)
	if _, err := run.round(ctx, "wmNew", strangers); err != nil {
		return err
	}
	cost := func(prefix string) (ms float64, note string) {
		u, n := run.spent[prefix], float64(run.made[prefix])
		return millis(u.all()) / n, fmt.Sprintf("desk %s, database %s, Redis %s", number(millis(u.app)/n), number(millis(u.database)/n),
			number(millis(u.queue)/n))
	}
	known, parts := cost("wmKnown")
	if l.cost() > 0 {
		parts += fmt.Sprintf("; a transaction of %s %s", l.name, number(millis(l.cost())))
	}
	b.add(figure{Name: "CPU per ticket, " + name, Ours: known, Unit: "ms", Note: parts}, atMost(1))
	fresh, parts := cost("wmNew")
	b.add(figure{Name: "CPU per ticket of a new customer, " + name, Ours: fresh, Unit: "ms", Limit: known, LimitName: "known customer",
		Note: parts}, ratioAtMost(1.5))
	return nil
}

// round lets so many contacts, whose ids begin with the prefix, write one message each, rings for each, and waits until each has a ticket.
func (r *ticketRun) round(ctx context.Context, prefix string, n int) (perSecond float64, err error) {
	tickets, err := ask(ctx, r.db, "SELECT COUNT(*) FROM tickets")
	if err != nil {
		return 0, err
	}
	words := fmt.Sprintf("第 %d 批：ERP 里保存采购订单时提示库存不足，昨天还好好的，麻烦看看。", r.said)
	bells := make([][]byte, n)
	for i := range bells {
		bells[i] = kfBell(benchKF, fmt.Sprintf("token%d", r.said+i))
	}
	before, start := r.m.read(), time.Now()
	got := drive(ctx, r.d.addr, ticketCallers, n, func(c *caller, i int) (time.Time, int, error) {
		number := r.said + i + 1
		r.f.writes(fmt.Sprintf("%s%d", prefix, number), fmt.Sprintf("msg%d", number), words)
		now := time.Now()
		status, err := c.call(ctx, bells[i])
		return now, status, err
	})
	r.said += n
	if got.failures > 0 {
		return 0, fmt.Errorf("%d bells failed: %w", got.failures, got.failure)
	}
	err = until(ctx, ticketTimeout, "every message has its ticket", func() (bool, error) {
		sleep(ctx, 50*time.Millisecond) // counting costs the database time
		now, err := ask(ctx, r.db, "SELECT COUNT(*) FROM tickets")
		return now >= tickets+int64(n), err
	})
	took := time.Since(start)
	u, spent := r.spent[prefix], r.m.read().minus(before)
	r.spent[prefix] = usage{u.app + spent.app, u.database + spent.database, u.queue + spent.queue}
	r.made[prefix] += n
	return float64(n) / took.Seconds(), err
}
