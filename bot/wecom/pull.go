package wecom

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	pullLimit    = 1000 // the most that sync_msg gives at a time (document 94670)
	accountLimit = 100  // the most that account/list gives at a time (document 94661)
	// accountPages bounds the listing: a corp has at most 5 000 accounts.
	accountPages = 50
)

// Accounts are the configured kf accounts, or all that the app manages.
func (c *Client) Accounts(ctx context.Context) ([]tickets.RemoteID, error) {
	ids := c.accounts
	if len(ids) == 0 {
		var err error
		if ids, err = c.managedAccounts(ctx); err != nil {
			return nil, err
		}
	}
	accounts := make([]tickets.RemoteID, len(ids))
	for i, id := range ids {
		accounts[i] = tickets.RemoteID(id)
	}
	return accounts, nil
}

func (c *Client) managedAccounts(ctx context.Context) ([]string, error) {
	var ids []string
	for page := range accountPages {
		var out struct {
			answer
			List []struct {
				ID string `json:"open_kfid"`
				// Managed is false for accounts whose messages belong to another app; older answers lack it.
				Managed *bool `json:"manage_privilege"`
			} `json:"account_list"`
		}
		in := map[string]int{"offset": page * accountLimit, "limit": accountLimit}
		if err := c.post(ctx, "kf/account/list", in, &out); err != nil {
			return nil, err
		}
		for _, a := range out.List {
			if a.ID != "" && (a.Managed == nil || *a.Managed) {
				ids = append(ids, a.ID)
			}
		}
		if len(out.List) < accountLimit {
			break
		}
	}
	return ids, nil
}

// Pull fetches one page of an account's messages and events behind the cursor ("" = from the oldest kept, three days). The token of a hint, at
// most ten minutes old, lifts the rate limit. Events stand in order of their time. An empty page may have More. Errors are *bot.SendError.
func (c *Client) Pull(ctx context.Context, account tickets.RemoteID, cursor, token string) (bot.Page, error) {
	in := struct {
		Cursor string `json:"cursor,omitempty"`
		Token  string `json:"token,omitempty"`
		Limit  int    `json:"limit"`
		Kf     string `json:"open_kfid"`
	}{cursor, token, pullLimit, string(account)}
	var out struct {
		answer
		Next string            `json:"next_cursor"`
		More number            `json:"has_more"`
		List []json.RawMessage `json:"msg_list"`
	}
	if err := c.post(ctx, "kf/sync_msg", in, &out); err != nil {
		return bot.Page{}, err
	}
	page := bot.Page{Next: out.Next, More: out.More != 0, Events: sorted(account, out.List)}
	if page.Next == "" {
		page.Next = cursor // nothing new: an empty cursor would begin with the oldest again
	}
	return page, nil
}

// sorted turns a page's items into events in order of send_time: WeCom promises none.
func sorted(account tickets.RemoteID, items []json.RawMessage) []bot.Event {
	type dated struct {
		at    int64
		event bot.Event
	}
	list := make([]dated, len(items))
	for i, raw := range items {
		item, _ := parseFields(raw) // what is no object is kept all the same, for Convert to refuse
		list[i] = dated{at: item.number("send_time"), event: bot.Event{
			Platform: tickets.WeCom,
			Key:      itemID(item, raw),
			Lane:     "wecom:" + string(account) + ":" + peer(item),
			Raw:      raw,
		}}
	}
	slices.SortStableFunc(list, func(a, b dated) int { return cmp.Compare(a.at, b.at) })
	events := make([]bot.Event, len(list))
	for i, d := range list {
		events[i] = d.event
	}
	return events
}

// itemID is the item's msgid, or a digest of the item when it has none.
func itemID(item fields, raw []byte) string {
	if id := item.text("msgid"); id != "" {
		return id
	}
	sum := sha256.Sum256(raw)
	return "digest-" + hex.EncodeToString(sum[:16])
}

// peer is the contact's id, which events carry inside.
func peer(item fields) string {
	if id := item.text("external_userid"); id != "" {
		return id
	}
	return item.object("event").text("external_userid")
}
