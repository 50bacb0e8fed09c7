package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
	"servicedesk/words"
)

// deskGroupName is how the group in which tickets appear is called when the desk creates it.
const deskGroupName = "服务台工单"

// groups knows the Feishu chats in which tickets appear, by the directory's names; the empty name is the desk group.
type groups struct {
	mu      sync.RWMutex
	chats   map[string]tickets.RemoteID
	pending error
}

func groupSetting(name string) string { return "feishu.group." + name }

func (g *groups) chat(name string) tickets.RemoteID {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.chats[name]
}

// all are the known chats.
func (g *groups) all() []tickets.RemoteID {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.Collect(maps.Values(g.chats))
}

func (g *groups) set(name string, id tickets.RemoteID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.chats == nil {
		g.chats = map[string]tickets.RemoteID{}
	}
	g.chats[name] = id
}

// problem is what keeps the setup from being complete; nil when all is done.
func (g *groups) problem() error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.pending
}

func (g *groups) report(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending = err
}

// load reads the groups that were created before.
func (g *groups) load(ctx context.Context, db *store.DB) error {
	made, err := db.SettingsWith(ctx, groupSetting(""))
	for name, id := range made {
		g.set(strings.TrimPrefix(name, groupSetting("")), tickets.RemoteID(id))
	}
	return err
}

// installationName gives this desk's own random name, made at its first start.
func installationName(ctx context.Context, db *store.DB) (string, error) {
	return db.SettingOnce(ctx, "installation", rand.Text()[:10])
}

// setUp finds the staff in Feishu and makes the groups; until it succeeds the desk stays up, says so, and tries again. Afterwards it looks
// every few minutes whether the directory has changed.
func (a *app) setUp(ctx context.Context) error {
	if a.feishu == nil {
		a.groups.report(errors.New("feishu is not configured"))
		return nil
	}
	for pause := time.Second; ctx.Err() == nil; {
		err := a.setUpOnce(ctx)
		a.groups.report(err)
		wait := 30 * time.Second
		if err != nil && ctx.Err() == nil {
			a.log.Error("setting up in Feishu failed; `servicedesk doctor` says what to mend", slog.Any("error", err))
			wait, pause = pause, min(2*pause, time.Minute)
		}
		sleep(ctx, wait)
	}
	return nil
}

func (a *app) setUpOnce(ctx context.Context) error {
	if _, _, err := a.feishu.Bot(ctx); err != nil {
		return fmt.Errorf("who am I: %w", err)
	}
	for _, who := range a.cfg.list("admins") {
		if _, err := a.db.EnsureAdmin(ctx, who, words.In(a.cfg["locale"]).T("role.admin")); err != nil {
			return err
		}
	}
	if err := a.resolveStaff(ctx); err != nil {
		return err
	}
	if err := a.makeGroups(ctx); err != nil {
		return err
	}
	if err := a.makeEntrance(ctx); err != nil { // links can wait; the desk need not
		a.log.Warn("WeCom gave no link to the kf account; links for customers cannot be made yet", slog.Any("error", err))
	}
	return a.db.InTx(ctx, a.router.ArmPlans)
}

// staff reads the active colleagues.
func (a *app) staff(ctx context.Context) (all []customers.Staff, err error) {
	err = a.db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
		all, err = tx.AllStaff(ctx)
		return err
	})
	return all, err
}

// resolveStaff finds the Feishu ids of colleagues by their mobile numbers.
func (a *app) resolveStaff(ctx context.Context) error {
	all, err := a.staff(ctx)
	if err != nil {
		return err
	}
	unknown := map[string]int64{}
	var mobiles []string
	for _, s := range all {
		if s.OpenID == "" && s.Mobile != "" {
			unknown[s.Mobile] = s.ID
			mobiles = append(mobiles, s.Mobile)
		}
	}
	if len(mobiles) == 0 {
		return nil
	}
	found, err := a.feishu.ResolveMobiles(ctx, mobiles)
	if err != nil {
		return fmt.Errorf("find the staff in Feishu: %w", err)
	}
	for mobile, openID := range found {
		if err := a.db.SetOpenID(ctx, unknown[mobile], string(openID)); err != nil {
			return err
		}
	}
	if missing := len(mobiles) - len(found); missing > 0 {
		a.log.Warn("some colleagues have no Feishu account with their mobile number; check the directory", slog.Int("missing", missing))
	}
	return nil
}

// makeGroups creates the desk group and those the directory names, each once, with all staff of the directory.
func (a *app) makeGroups(ctx context.Context) error {
	if configured := a.cfg["feishu.desk_chat_id"]; configured != "" {
		a.groups.set("", tickets.RemoteID(configured))
	}
	all, err := a.staff(ctx)
	if err != nil {
		return err
	}
	var members []tickets.RemoteID
	for _, s := range all {
		if s.OpenID != "" {
			members = append(members, tickets.RemoteID(s.OpenID))
		}
	}
	if len(members) == 0 {
		return errors.New("the directory has nobody whom Feishu knows; import it with `servicedesk import FILE`")
	}
	names := map[string]bool{"": true}
	err = a.db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
		known, err := tx.Customers(ctx)
		for _, c := range known {
			names[c.Group] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	for name := range names {
		if err := a.makeGroup(ctx, name, members); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) makeGroup(ctx context.Context, name string, members []tickets.RemoteID) error {
	if name == "" && a.cfg["feishu.desk_chat_id"] != "" {
		return nil
	}
	key := groupSetting(name)
	id, err := a.db.Setting(ctx, key)
	if err != nil {
		return err
	}
	if id == "" {
		title := name
		if name == "" {
			title = deskGroupName
		}
		// The key makes a repeat after a crash find the group that was made.
		made, err := a.feishu.CreateGroup(ctx, title, members, "servicedesk-"+key)
		if err != nil {
			return fmt.Errorf("create the group %s: %w", title, err)
		}
		id = string(made)
		if err := a.db.SetSetting(ctx, key, id); err != nil {
			return err
		}
		a.log.Info("group created", slog.String("chat", id))
	}
	a.groups.set(name, tickets.RemoteID(id))
	return nil
}

// entranceSetting holds the kf account's link, entranceScene is what enter_session tells of whoever comes by it.
const (
	entranceSetting = "wecom.link"
	entranceScene   = "servicedesk"
)

// makeEntrance asks WeCom once for the link to the first kf account.
func (a *app) makeEntrance(ctx context.Context) error {
	if a.wecom == nil || a.entrance.Load() != nil {
		return nil
	}
	link, err := a.db.Setting(ctx, entranceSetting)
	if err != nil {
		return err
	}
	if link == "" {
		accounts, err := a.wecom.Accounts(ctx)
		if err != nil {
			return err
		}
		if len(accounts) == 0 {
			return errors.New("the app manages no kf account")
		}
		if link, err = a.wecom.ContactWay(ctx, accounts[0], entranceScene); err != nil {
			return err
		}
		if link, err = a.db.SettingOnce(ctx, entranceSetting, link); err != nil {
			return err
		}
	}
	a.entrance.Store(&link)
	return nil
}

// entranceLink is the kf account's link, empty while it is not known.
func (a *app) entranceLink() string {
	if link := a.entrance.Load(); link != nil {
		return *link
	}
	return ""
}
