package feishu

import (
	"slices"
	"strings"
	"time"
)

// Limits of the directory and the calendar.
const (
	maxLookUp       = 50
	maxFreeBusySpan = 90 * 24 * time.Hour
	maxBatchSpan    = 14 * 24 * time.Hour
)

// userView is a colleague as the directory shows him.
func (s *Server) userView(u user) map[string]any {
	view := map[string]any{"open_id": u.OpenID, "union_id": u.UnionID, "name": u.Name, "mobile_visible": true,
		"avatar": map[string]string{}, "status": u.status()}
	if s.grantedOne(scopeEmployee) {
		view["user_id"] = u.UserID
	}
	return view
}

func (u user) status() map[string]bool {
	return map[string]bool{"is_frozen": false, "is_resigned": u.Away == awayResigned, "is_activated": u.Away != awayResigned,
		"is_exited": false, "is_unjoin": false}
}

// getUser serves GET /contact/v3/users/:id. Error: 41050 outside the app's range.
func (s *Server) getUser(c *call) (any, error) {
	u, err := s.userID(c.param("id"), c.query("user_id_type", "open_id"))
	if err != nil {
		return nil, err
	}
	if u.Away == awayOutside {
		return nil, fail(41050, "")
	}
	return map[string]any{"user": s.userView(u)}, nil
}

// getUsers serves GET /contact/v3/users/batch; whom the app cannot see is left out.
func (s *Server) getUsers(c *call) (any, error) {
	ids := c.r.URL.Query()["user_ids"]
	if len(ids) == 0 || len(ids) > maxLookUp {
		return nil, fail(99992402, "1 to %d user_ids", maxLookUp)
	}
	items := []map[string]any{}
	for _, id := range ids {
		u, err := s.userID(id, c.query("user_id_type", "open_id"))
		if e := asAPIError(err); err != nil && e.code != 99992361 {
			return nil, err
		}
		if err == nil && u.Away != awayOutside {
			items = append(items, s.userView(u))
		}
	}
	return map[string]any{"items": items}, nil
}

// findUsers serves POST /contact/v3/users/batch_get_id: by mobile number or e-mail; without a user_id where there is
// nobody or he is invisible.
func (s *Server) findUsers(c *call) (any, error) {
	var in struct {
		Emails          []string `json:"emails"`
		Mobiles         []string `json:"mobiles"`
		IncludeResigned bool     `json:"include_resigned"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Emails) > maxLookUp || len(in.Mobiles) > maxLookUp || len(in.Emails)+len(in.Mobiles) == 0 {
		return nil, fail(99992402, "1 to %d emails and mobiles", maxLookUp)
	}
	idType, all := c.query("user_id_type", "open_id"), s.users.All()
	list := []map[string]any{}
	look := func(field, asked string, match func(u user) bool) {
		entry := map[string]any{field: asked}
		i := slices.IndexFunc(all, func(u user) bool {
			return match(u) && u.Away != awayOutside && (u.Away != awayResigned || in.IncludeResigned)
		})
		if i >= 0 {
			entry["user_id"], entry["status"] = all[i].id(idType), all[i].status()
		}
		list = append(list, entry)
	}
	for _, m := range in.Mobiles {
		look("mobile", m, func(u user) bool { return u.Mobile != "" && u.Mobile == strings.TrimPrefix(m, "+86") })
	}
	for _, e := range in.Emails {
		look("email", e, func(u user) bool { return strings.EqualFold(u.Email, e) })
	}
	return map[string]any{"user_list": list}, nil
}

// botInfo serves GET /bot/v3/info.
func (s *Server) botInfo(*call) (any, error) {
	return topLevel{"bot": map[string]any{"open_id": s.app.BotOpenID, "app_name": s.app.BotName, "activate_status": 2,
		"avatar_url": "", "ip_white_list": []string{}}}, nil
}

// freeBusyQuery asks for busy times.
type freeBusyQuery struct {
	TimeMin string   `json:"time_min"`
	TimeMax string   `json:"time_max"`
	UserID  string   `json:"user_id"`
	UserIDs []string `json:"user_ids"`
}

// span reads the query's times. Error: 190002.
func (q freeBusyQuery) span(most time.Duration) (from, to time.Time, err error) {
	from, err1 := time.Parse(time.RFC3339, q.TimeMin)
	to, err2 := time.Parse(time.RFC3339, q.TimeMax)
	if err1 != nil || err2 != nil || !from.Before(to) || to.Sub(from) > most {
		return from, to, fail(190002, "time_min and time_max are RFC 3339, at most %d days apart", int(most.Hours()/24))
	}
	return from, to, nil
}

// freeBusy serves POST /calendar/v4/freebusy/list. Error: 195100 for somebody who has left.
func (s *Server) freeBusy(c *call) (any, error) {
	var in freeBusyQuery
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	from, to, err := in.span(maxFreeBusySpan)
	if err != nil {
		return nil, err
	}
	items, err := s.busyOf(in.UserID, c.query("user_id_type", "open_id"), from, to)
	return map[string]any{"freebusy_list": items}, err
}

// freeBusyBatch serves POST /calendar/v4/freebusy/batch.
func (s *Server) freeBusyBatch(c *call) (any, error) {
	var in freeBusyQuery
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	from, to, err := in.span(maxBatchSpan)
	if err != nil {
		return nil, err
	}
	lists := []map[string]any{}
	for _, id := range in.UserIDs {
		items, err := s.busyOf(id, c.query("user_id_type", "open_id"), from, to)
		if err != nil {
			return nil, err
		}
		lists = append(lists, map[string]any{"user_id": id, "freebusy_items": items})
	}
	return map[string]any{"freebusy_lists": lists}, nil
}

// busyOf lists somebody's busy times that touch a stretch, cut to it.
func (s *Server) busyOf(id, idType string, from, to time.Time) ([]map[string]string, error) {
	u, err := s.userID(id, idType)
	if err != nil || u.Away == awayResigned {
		return nil, fail(195100, "")
	}
	found := slices.DeleteFunc(s.calendar.All(), func(b busy) bool {
		return b.User != u.OpenID || !b.From.Before(to) || !b.To.After(from)
	})
	slices.SortFunc(found, func(a, b busy) int { return a.From.Compare(b.From) })
	items := []map[string]string{}
	for _, b := range found {
		start, end := b.From, b.To
		if start.Before(from) {
			start = from
		}
		if end.After(to) {
			end = to
		}
		items = append(items, map[string]string{"start_time": start.Format(time.RFC3339), "end_time": end.Format(time.RFC3339), "rsvp_status": "accept"})
	}
	return items, nil
}
