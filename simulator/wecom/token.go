package wecom

import (
	"net/http"
	"net/url"
	"time"
)

// token is an access token given out.
type token struct {
	Token string    `json:"token"`
	Until time.Time `json:"until"` // clock time
	Dead  bool      `json:"dead,omitempty"`
}

type tokenOut struct {
	reply
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

// getToken is GET gettoken.
func (s *Server) getToken(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := r.URL.Query()
	if q.Get("corpid") != s.config.CorpID {
		return nil, refuse(codeBadCorp, "")
	}
	if q.Get("corpsecret") != s.config.KFSecret {
		return nil, refuse(codeBadSecret, "")
	}
	life := time.Duration(s.world.Switches.Int(switchTokenLife)) * time.Second
	now := s.world.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens.All() {
		switch {
		case t.Until.Before(now.Add(-day)):
			s.tokens.Delete(t.Token) // long forgotten: from now on unknown instead of expired
		case s.world.Switches.Bool(switchRepeatsToken) && !t.Dead && t.Until.After(now):
			return tokenOut{reply: ok, AccessToken: t.Token, ExpiresIn: int(t.Until.Sub(now).Seconds())}, nil
		}
	}
	t := token{Token: randomText(214), Until: now.Add(life)}
	s.tokens.Put(t.Token, t)
	return tokenOut{reply: ok, AccessToken: t.Token, ExpiresIn: int(life.Seconds())}, nil
}

// checkToken refuses a call without a living token.
func (s *Server) checkToken(q url.Values) error {
	given := q.Get("access_token")
	if given == "" {
		return refuse(codeNoToken, "")
	}
	t, known := s.tokens.Get(given)
	switch {
	case !known || t.Dead:
		return refuse(codeBadToken, "")
	case !s.world.Clock.Now().Before(t.Until):
		return refuse(codeExpiredToken, "")
	}
	return nil
}

// killTokens makes every token given out unknown, before its time.
func (s *Server) killTokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	killed := 0
	for _, t := range s.tokens.All() {
		if !t.Dead {
			killed++
			t.Dead = true
			s.tokens.Put(t.Token, t)
		}
	}
	return killed
}
