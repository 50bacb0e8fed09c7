package wecom

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"servicedesk/simulator/kernel"
)

// Contact is a WeChat user who writes to the corp's kf accounts.
type Contact struct {
	ID       string `json:"id"` // external_userid
	Name     string `json:"name"`
	Customer string `json:"customer,omitempty"` // the company he works for, where the sample knows it
}

// Account is a kf account.
type Account struct {
	OpenKFID string `json:"open_kfid"`
	Name     string `json:"name"`
}

// servicer is a member who answers customers in the WeCom client.
type servicer struct {
	UserID  string `json:"userid"`
	Account string `json:"open_kfid"`
	Stopped bool   `json:"stopped,omitempty"` // receives no sessions at present
}

// SampleAccount is the kf account of a fresh corp.
const SampleAccount = "wkServicedeskSample0001"

// settle reads the corp's settings, or founds the corp with the sample people in an empty journal.
func (s *Server) settle() {
	configs := kernel.NewTable[Config](s.world.Journal, "wecom.config")
	if config, founded := configs.Get("corp"); founded {
		s.config = config
		return
	}
	s.config = Config{
		CorpID:         "ww" + randomFrom("0123456789abcdef", 16),
		KFSecret:       randomText(43),
		CallbackToken:  randomFrom(alphanumerics, 24),
		CallbackAESKey: randomFrom(alphanumerics, 42) + "A", // the last character carries two bits only
	}
	s.accounts.Put(SampleAccount, Account{OpenKFID: SampleAccount, Name: "服务台"})
	for _, c := range []Contact{
		{ID: "wmSampleLigong000000000001", Name: "李工", Customer: "恒力电缆"},
		{ID: "wmSampleZhouzong0000000001", Name: "周总", Customer: "恒力电缆"},
		{ID: "wmSampleQianzhuguan0000001", Name: "钱主管", Customer: "华东汽配"},
		{ID: "wmSampleWukuaiji0000000001", Name: "吴会计", Customer: "小微机械"},
	} {
		s.contacts.Put(c.ID, c)
	}
	for _, v := range []servicer{
		{UserID: "zhangwei", Account: SampleAccount},
		{UserID: "lina", Account: SampleAccount, Stopped: true},
	} {
		s.servers.Put(v.Account+"/"+v.UserID, v)
	}
	configs.Put("corp", s.config)
}

// Contacts gives all contacts in the order in which they came.
func (s *Server) Contacts() []Contact { return s.contacts.All() }

// checkAccount refuses an unknown kf account.
func (s *Server) checkAccount(openKFID string) error {
	if _, known := s.accounts.Get(openKFID); !known {
		return refuse(codeBadAccount, "")
	}
	return nil
}

// checkTalk refuses an unknown kf account or contact.
func (s *Server) checkTalk(openKFID, contact string) error {
	if err := s.checkAccount(openKFID); err != nil {
		return err
	}
	if _, known := s.contacts.Get(contact); !known {
		return refuse(codeBadExternal, "")
	}
	return nil
}

type listAccountsIn struct {
	Offset int `json:"offset"`
	Limit  int `json:"limit"`
}

type accountRow struct {
	Account
	Avatar          string `json:"avatar"`
	ManagePrivilege bool   `json:"manage_privilege"`
}

// listAccounts is kf/account/list: GET for the first hundred, or POST.
func (s *Server) listAccounts(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in listAccountsIn
	if r.Method == http.MethodPost {
		if err := readBody(r, &in); err != nil {
			return nil, err
		}
	}
	if in.Limit == 0 {
		in.Limit = 100
	}
	if in.Offset < 0 || in.Limit < 0 || in.Limit > 100 {
		return nil, refuse(codeBadParameter, "limit is 1 to 100")
	}
	rows := []accountRow{}
	for i, a := range s.accounts.All() {
		if i >= in.Offset && len(rows) < in.Limit {
			rows = append(rows, accountRow{Account: a, ManagePrivilege: true})
		}
	}
	return struct {
		reply
		AccountList []accountRow `json:"account_list"`
	}{ok, rows}, nil
}

type contactWayIn struct {
	OpenKFID string `json:"open_kfid"`
	Scene    string `json:"scene"`
}

var sceneForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{0,32}$`)

// addContactWay is kf/add_contact_way.
func (s *Server) addContactWay(in contactWayIn) (any, error) {
	if err := s.checkAccount(in.OpenKFID); err != nil {
		return nil, err
	}
	if !sceneForm.MatchString(in.Scene) {
		return nil, refuse(codeBadParameter, "scene")
	}
	link := "https://work.weixin.qq.com/kfid/kfc" + strings.TrimPrefix(in.OpenKFID, "wk")
	if in.Scene != "" {
		link += "?enc_scene=" + url.QueryEscape(in.Scene)
	}
	return struct {
		reply
		URL string `json:"url"`
	}{ok, link}, nil
}

type batchGetIn struct {
	ExternalUserIDs []string `json:"external_userid_list"`
	NeedContext     int      `json:"need_enter_session_context"`
}

type customerRow struct {
	ExternalUserID string         `json:"external_userid"`
	Nickname       string         `json:"nickname"`
	Avatar         string         `json:"avatar"`
	Gender         int            `json:"gender"`
	Context        *enterSessions `json:"enter_session_context,omitempty"`
}

type enterSessions struct {
	Scene      string `json:"scene"`
	SceneParam string `json:"scene_param"`
}

// batchGetCustomers is kf/customer/batchget: only who was active within 48 hours resolves.
func (s *Server) batchGetCustomers(in batchGetIn) (any, error) {
	if n := len(in.ExternalUserIDs); n < 1 || n > 100 {
		return nil, refuse(codeBadParameter, "external_userid_list has 1 to 100")
	}
	rows, invalid := []customerRow{}, []string{}
	since := s.world.Clock.Now().Add(-windowLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range in.ExternalUserIDs {
		contact, known := s.contacts.Get(id)
		last, active := s.lastActive(id)
		if !known || !active || !last.Active.After(since) {
			invalid = append(invalid, id)
			continue
		}
		row := customerRow{ExternalUserID: id, Nickname: contact.Name}
		if in.NeedContext == 1 {
			row.Context = &enterSessions{Scene: last.Scene, SceneParam: last.SceneParam}
		}
		rows = append(rows, row)
	}
	return struct {
		reply
		CustomerList []customerRow `json:"customer_list"`
		Invalid      []string      `json:"invalid_external_userid"`
	}{ok, rows, invalid}, nil
}

// lastActive is the contact's session that he used last.
func (s *Server) lastActive(contact string) (last session, active bool) {
	for _, a := range s.accounts.All() {
		ss, there := s.sessions.Get(a.OpenKFID + "/" + contact)
		if there && (!active || ss.Active.After(last.Active)) {
			last, active = ss, true
		}
	}
	return last, active
}

type servicerRow struct {
	UserID   string `json:"userid"`
	Status   int    `json:"status"` // 0 serving, 1 stopped
	StopType int    `json:"stop_type"`
}

// listServicers is GET kf/servicer/list.
func (s *Server) listServicers(_ http.ResponseWriter, r *http.Request) (any, error) {
	account := r.URL.Query().Get("open_kfid")
	if err := s.checkAccount(account); err != nil {
		return nil, err
	}
	rows := []servicerRow{}
	for _, v := range s.servers.All() {
		if v.Account != account {
			continue
		}
		row := servicerRow{UserID: v.UserID}
		if v.Stopped {
			row.Status = 1
		}
		rows = append(rows, row)
	}
	return struct {
		reply
		ServicerList []servicerRow `json:"servicer_list"`
	}{ok, rows}, nil
}
