package feishu

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

const (
	// tokenLife is how long a tenant_access_token lives; while at least tokenReuse of it is left, the same one is given
	// out again. Clock time.
	tokenLife  = 2 * time.Hour
	tokenReuse = 30 * time.Minute
)

// issueToken serves POST /auth/v3/tenant_access_token/internal.
func (s *Server) issueToken(w http.ResponseWriter, r *http.Request) {
	logID := newLogID(s.now())
	w.Header().Set("X-Tt-Logid", logID)
	var in struct {
		AppID     string `json:"app_id"`
		AppSecret string `json:"app_secret"`
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(raw, &in) != nil || in.AppSecret == "" || in.AppID != s.app.ID {
		fail(10003, "").write(w, logID)
		return
	}
	if in.AppSecret != s.app.Secret {
		fail(10015, "").write(w, logID)
		return
	}
	if !s.w.Switches.Bool(swApp) {
		fail(10014, "").write(w, logID)
		return
	}
	t := s.token()
	answer(w, topLevel{"tenant_access_token": t.Value, "expire": int(t.Expires.Sub(s.now()).Seconds())})
}

// token is the newest token if enough of its life is left, else a new one; the old one stays good until it expires.
func (s *Server) token() token {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, t := range slices.Backward(s.tokens.All()) {
		left := t.Expires.Sub(now)
		if left <= 0 {
			s.tokens.Delete(t.Value)
		} else if !t.Killed && left >= tokenReuse {
			return t
		}
	}
	t := token{Value: s.w.NewID("t-g"), Expires: now.Add(tokenLife)}
	s.tokens.Put(t.Value, t)
	return t
}

// killTokens ends every token given out.
func (s *Server) killTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens.All() {
		t.Killed = true
		s.tokens.Put(t.Value, t)
	}
}

// Scopes that an app can hold. Those of allScopes are granted at first; each has narrower ones, which count once they
// are granted by name.
var (
	scopeMessage   = []string{"im:message", "im:message:send_as_bot", "im:message:send"}
	scopeRead      = []string{"im:message", "im:message:readonly"}
	scopeUpdate    = []string{"im:message", "im:message:send_as_bot", "im:message:update"}
	scopeRecall    = []string{"im:message", "im:message:send_as_bot", "im:message:recall"}
	scopeReact     = []string{"im:message.reactions:write_only"}
	scopeReactions = []string{"im:message.reactions:read"}
	scopePin       = []string{"im:message.pins:write_only"}
	scopePins      = []string{"im:message.pins:read", "im:message", "im:message:readonly"}
	scopeApp       = []string{"im:message.urgent"}
	scopeSMS       = []string{"im:message.urgent:sms"}
	scopePhone     = []string{"im:message.urgent:phone"}
	scopeResource  = []string{"im:resource"}
	scopeChat      = []string{"im:chat", "im:chat:create"}
	scopeChatRead  = []string{"im:chat", "im:chat:read"}
	scopeChatWrite = []string{"im:chat", "im:chat:update"}
	scopeChatEnd   = []string{"im:chat", "im:chat:delete"}
	scopeMembers   = []string{"im:chat", "im:chat.members:write_only"}
	scopeMembersR  = []string{"im:chat", "im:chat.members:read"}
	scopeNotice    = []string{"im:chat", "im:chat.top_notice:write_only"}
	scopeUserID    = []string{"contact:user.id:readonly"}
	scopeContact   = []string{"contact:contact.base:readonly"}
	scopeFreeBusy  = []string{"calendar:calendar.free_busy:read"}
	scopeFeed      = []string{"im:datasync.feed_card.time_sensitive:write"}
	scopeP2P       = []string{"im:message.p2p_msg:readonly"}
	scopeGroupAt   = []string{"im:message.group_at_msg:readonly", "im:message.group_msg"}
	scopeGroup     = []string{"im:message.group_msg"}
	scopeBotMember = []string{"im:chat.members:bot_access", "im:chat", "im:chat:read"}
	scopeEmployee  = []string{"contact:user.employee_id:readonly"}
)

// allScopes are granted to a new app.
var allScopes = []string{
	"im:message", "im:message.p2p_msg:readonly", "im:message.group_at_msg:readonly", "im:message.group_msg",
	"im:message.reactions:read", "im:message.reactions:write_only", "im:message.pins:read", "im:message.pins:write_only",
	"im:message.urgent", "im:message.urgent:sms", "im:message.urgent:phone", "im:resource", "im:chat",
	"im:chat.members:bot_access", "im:chat:operate_as_owner", "contact:user.id:readonly", "contact:contact.base:readonly",
	"contact:user.employee_id:readonly", "contact:department.organize:readonly", "calendar:calendar.free_busy:read",
	"task:task:write", "cardkit:card:write", "im:datasync.feed_card.time_sensitive:write", "event:ip_list", "offline_access",
}

// grant says whether the app holds a scope, where that differs from the beginning.
type grant struct {
	Scope   string `json:"scope"`
	Granted bool   `json:"granted"`
}

// granted tells whether the app holds a scope.
func (s *Server) granted(scope string) bool {
	if g, ok := s.scopes.Get(scope); ok {
		return g.Granted
	}
	return slices.Contains(allScopes, scope)
}

func (s *Server) grantedOne(scopes []string) bool { return slices.ContainsFunc(scopes, s.granted) }

// listScopes serves GET /application/v6/scopes: granted is 1, not granted 2.
func (s *Server) listScopes(*call) (any, error) {
	names := slices.Clone(allScopes)
	for _, g := range s.scopes.All() {
		if !slices.Contains(names, g.Scope) {
			names = append(names, g.Scope)
		}
	}
	list := []map[string]any{}
	for _, name := range names {
		status := 2
		if s.granted(name) {
			status = 1
		}
		list = append(list, map[string]any{"scope_name": name, "grant_status": status, "scope_type": "tenant"})
	}
	return map[string]any{"scopes": list}, nil
}
