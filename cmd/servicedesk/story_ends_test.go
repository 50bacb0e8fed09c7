package main

import (
	"regexp"
	"strings"
)

// numberForm is a ticket's number as people read it.
var numberForm = regexp.MustCompile(`\b[A-Z]{2,8}-\d{4,6}\b`)

// mobileForm is a mobile number of the sample.
var mobileForm = regexp.MustCompile(`1380000\d{4}`)

// end looks at what must hold after every story: no unfinished text was shown to anybody, nothing went wrong unseen, and the log tells
// nothing of what people said, nor any secret.
func (s *story) end() {
	s.t.Helper()
	s.Settle()
	if !s.finished {
		s.looksFinished()
	}
	s.stop()
	s.logIsClean()
}

func (s *story) looksFinished() {
	s.t.Helper()
	check := func(where, text string) {
		for _, mark := range []string{"‹", "›", "<no value>", "{{", "%!"} {
			if strings.Contains(text, mark) {
				s.fail("%s shows an unfinished text: %s", where, text)
			}
		}
	}
	state := s.state()
	for _, c := range state.Contacts {
		for _, m := range (&contact{s: s, id: c.ID}).messages() {
			if m.From == "desk" {
				check(c.Name, m.Text)
			}
		}
	}
	var rooms []*room
	for _, c := range state.Chats {
		rooms = append(rooms, &room{s: s, path: "/control/feishu/chats/" + c.ChatID + "/messages", name: c.Name})
	}
	for _, u := range state.Users {
		rooms = append(rooms, &room{s: s, path: "/control/feishu/users/" + u.OpenID + "/messages", name: u.Name})
	}
	for _, r := range rooms {
		for _, p := range r.Heard() {
			check(r.name, p.Text+strings.Join(p.Buttons, " "))
		}
	}
}

// logIsClean looks for words that people said, for mobile numbers, keys and tokens, and for errors.
func (s *story) logIsClean() {
	s.t.Helper()
	var secrets []string
	for _, words := range s.secrets {
		words = strings.TrimSpace(words)
		if len([]rune(words)) < 6 {
			continue // plain words such as 进度 may stand anywhere
		}
		if r := []rune(words); len(r) > 40 {
			words = string(r[:40])
		}
		secrets = append(secrets, words)
	}
	for key, setting := range settings {
		if value := s.cfg[key]; setting.secret && len(value) > 12 && key != "database.url" && key != "redis.url" {
			secrets = append(secrets, value)
		}
	}
	for _, line := range s.log.lines() {
		for _, secret := range secrets {
			if strings.Contains(line, secret) {
				s.t.Errorf("the log tells %.40q: %s", secret, line)
			}
		}
		if mobileForm.MatchString(line) || strings.Contains(line, "access_token=") || strings.Contains(line, "tenant_access_token") {
			s.t.Errorf("the log tells a number or a token: %s", line)
		}
		if !s.troubled && strings.Contains(line, `"level":"ERROR"`) {
			s.t.Errorf("an error in the log: %s", line)
		}
	}
}
