package wecom

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/simulator"
	"servicedesk/tickets"
)

const (
	simAccount = "wkServicedeskSample0001"
	simLi      = "wmSampleLigong000000000001"
)

var toSimLi = tickets.Address{Platform: tickets.WeCom, Channel: simAccount, Peer: simLi}

// stage is a client beside the simulated platform, and the place where its callbacks arrive.
type stage struct {
	t      *testing.T
	sim    *simulator.Simulator
	http   *httptest.Server
	client *Client

	mu      sync.Mutex
	hints   []bot.Hint
	refused []int
	cursor  string
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t}
	desk := httptest.NewServer(s)
	t.Cleanup(desk.Close)
	var err error
	s.sim, err = simulator.New(simulator.Options{DeskURL: desk.URL, Virtual: true})
	require.NoError(t, err)
	s.http = httptest.NewServer(s.sim.Handler())
	t.Cleanup(func() {
		s.http.Close()
		require.NoError(t, s.sim.Close())
	})
	env := map[string]string{}
	s.control(http.MethodGet, "/control/desk_config", nil, &env)
	s.client, err = New(Config{
		CorpID: env["SERVICEDESK_WECOM_CORP_ID"], KFSecret: env["SERVICEDESK_WECOM_KF_SECRET"], APIBase: env["SERVICEDESK_WECOM_API_BASE"],
		Callbacks: []CallbackKey{{Token: env["SERVICEDESK_WECOM_CALLBACK_TOKEN"], AESKey: env["SERVICEDESK_WECOM_CALLBACK_AES_KEY"]}},
	}, newCache(), shelf{"img": png, "pdf": pdf}, nil)
	require.NoError(t, err)
	t.Cleanup(s.client.Close)
	return s
}

// ServeHTTP is the desk's callback address.
func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/callbacks/wecom" {
		http.NotFound(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	cb, err := s.client.Decode(r, body, s.sim.World().Clock.Now())
	var refused *bot.CallbackError
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.As(err, &refused) {
		s.refused = append(s.refused, refused.Status)
		w.WriteHeader(refused.Status)
		return
	}
	if cb.Hint != nil {
		s.hints = append(s.hints, *cb.Hint)
	}
	s.client.Acknowledge(w, cb, nil)
}

func (s *stage) control(method, path string, in, out any) {
	s.t.Helper()
	body, err := json.Marshal(in)
	require.NoError(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, bytes.NewReader(body))
	require.NoError(s.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, res.StatusCode, "%s %s: %s", method, path, answer)
	if b, ok := out.(*[]byte); ok {
		*b = answer
	} else if out != nil {
		require.NoError(s.t, json.Unmarshal(answer, out))
	}
}

type object = map[string]any

// says lets the contact write and gives the msgid.
func (s *stage) says(message object) string {
	s.t.Helper()
	var out struct{ MsgID string }
	s.control(http.MethodPost, "/control/wecom/contacts/"+simLi+"/messages", message, &out)
	return out.MsgID
}

func (s *stage) saysText(words string) string {
	s.t.Helper()
	return s.says(object{"msgtype": "text", "text": object{"content": words}})
}

// hear pulls with the latest bell's token and converts what came.
func (s *stage) hear() []tickets.Inbound {
	s.t.Helper()
	s.mu.Lock()
	require.NotEmpty(s.t, s.hints, "no bell rang")
	hint := s.hints[len(s.hints)-1]
	s.mu.Unlock()
	var heard []tickets.Inbound
	for more := true; more; {
		page, err := s.client.Pull(s.t.Context(), hint.Account, s.cursor, hint.Token)
		require.NoError(s.t, err)
		for _, e := range page.Events {
			in, ok, err := s.client.Convert(e.Raw)
			require.NoError(s.t, err)
			if ok {
				heard = append(heard, in)
			}
		}
		s.cursor, more = page.Next, page.More
	}
	return heard
}

func (s *stage) send(key string, body tickets.Body) error {
	receipt, err := s.client.Send(s.t.Context(), tickets.Outgoing{Key: key, To: toSimLi, Body: body})
	if err == nil {
		require.Equal(s.t, tickets.RemoteID(key), receipt.RemoteID)
	}
	return err
}

type phoneMessage struct {
	From, MsgType, Text, MsgID string
	MediaID                    string `json:"media_id"`
	Filename                   string
	Menu                       struct {
		List []struct{ Click struct{ ID, Content string } }
	}
}

// phone is what the desk's messages look like on the contact's phone.
func (s *stage) phone() (got []phoneMessage) {
	var out struct{ Messages []phoneMessage }
	s.control(http.MethodGet, "/control/wecom/contacts/"+simLi+"/messages", nil, &out)
	for _, m := range out.Messages {
		if m.From == "desk" {
			got = append(got, m)
		}
	}
	return got
}

func (s *stage) forward(d string) {
	s.control(http.MethodPost, "/control/clock", object{"advance": d}, nil)
}

func (s *stage) fault(f object) {
	f["platform"] = "wecom"
	s.control(http.MethodPost, "/control/faults", f, nil)
}

func classOf(err error) tickets.FailureClass {
	if err == nil {
		return ""
	}
	return bot.FailureOf(err).Class
}

func TestSimulatedConversation(t *testing.T) {
	s := newStage(t)
	require.NoError(t, s.client.Check(t.Context()))
	var saved struct{ OK bool }
	s.control(http.MethodPost, "/control/wecom/callback_check", nil, &saved)
	require.True(t, saved.OK, "the address check of the admin page")

	s.control(http.MethodPost, "/control/wecom/contacts/"+simLi+"/enter", object{"scene": "site", "scene_param": "HLDL"}, nil)
	heard := s.hear()
	require.Len(t, heard, 1)
	enter := heard[0]
	require.Equal(t, tickets.KindEnter, enter.Kind)
	require.Equal(t, "site HLDL", enter.Scene+" "+enter.SceneParam)
	menu := &tickets.Menu{Head: "您好", Items: []tickets.MenuItem{{ID: "person", Text: "转人工"}}, Tail: "请留言"}
	require.NoError(t, s.send("welcome1", tickets.Body{Code: enter.WelcomeCode, Menu: menu}))
	require.Equal(t, tickets.Stale, classOf(s.send("welcome2", tickets.Body{Code: enter.WelcomeCode, Menu: menu})))
	require.Equal(t, tickets.WindowShut, classOf(s.send("early", tickets.Body{Text: "in"})), "he has not written yet")

	msgid := s.saysText("MES 打不开 <script> 😀")
	heard = s.hear()
	require.Len(t, heard, 1, "the cursor goes on where it stood")
	require.Equal(t, tickets.Inbound{Platform: tickets.WeCom, ID: tickets.RemoteID(msgid), Kind: tickets.KindText, Channel: simAccount, Author: simLi,
		Text: "MES 打不开 <script> 😀", At: s.sim.World().Clock.Now().UTC().Truncate(time.Second)}, heard[0])
	name, err := s.client.Nickname(t.Context(), heard[0].Author)
	require.NoError(t, err)
	require.Equal(t, "李工", name)

	require.NoError(t, s.send("r1", tickets.Body{Text: "您好，<请> 稍等 & 谢谢"}))
	require.NoError(t, s.send("r1", tickets.Body{Text: "您好，<请> 稍等 & 谢谢"}), "the same key again has been sent")
	require.NoError(t, s.send("q1", tickets.Body{Menu: &tickets.Menu{Head: "解决了吗？", Items: []tickets.MenuItem{{ID: "solved:1", Text: "已解决"}}}}))
	phone := s.phone()
	require.Len(t, phone, 3)
	require.Equal(t, "您好，<请> 稍等 & 谢谢", phone[1].Text)
	require.Equal(t, "solved:1 已解决", phone[2].Menu.List[0].Click.ID+" "+phone[2].Menu.List[0].Click.Content)
	s.says(object{"msgtype": "text", "text": object{"content": "已解决", "menu_id": "solved:1"}})
	require.Equal(t, "solved:1", s.hear()[0].Clicked)

	for _, key := range []string{"r3", "r4", "r5"} {
		require.NoError(t, s.send(key, tickets.Body{Text: key}))
	}
	require.Equal(t, tickets.CountSpent, classOf(s.send("r6", tickets.Body{Text: "six"})))
	require.NoError(t, s.send("r5", tickets.Body{Text: "r5"}), "a repeat is recognised though the window is spent")
	s.saysText("还在吗")
	s.forward("48h")
	require.Equal(t, tickets.WindowShut, classOf(s.send("r7", tickets.Body{Text: "late"})))
	_, err = s.client.Nickname(t.Context(), simLi)
	require.Equal(t, tickets.Rejected, classOf(err))
}

func TestSimulatedMedia(t *testing.T) {
	s := newStage(t)
	s.says(object{"msgtype": "image", "data": base64.StdEncoding.EncodeToString(png), "filename": "报错.png"})
	in := s.hear()[0]
	require.Equal(t, tickets.KindImage, in.Kind)
	body, name, err := s.client.Fetch(t.Context(), in, in.Attached[0])
	require.NoError(t, err)
	got, err := io.ReadAll(body)
	require.NoError(t, err)
	require.NoError(t, body.Close())
	require.Equal(t, png, got)
	require.Equal(t, "报错.png", name)

	image := tickets.Body{Media: &tickets.Attachment{Key: "img", Name: "方案.png", Image: true}}
	require.NoError(t, s.send("i1", image))
	require.NoError(t, s.send("f1", tickets.Body{Media: &tickets.Attachment{Key: "pdf", Name: "手册.pdf"}}))
	phone := s.phone()
	require.Equal(t, "image file", phone[0].MsgType+" "+phone[1].MsgType)
	require.Equal(t, "手册.pdf", phone[1].Filename)
	var seen []byte
	s.control(http.MethodGet, "/control/wecom/media/"+phone[0].MediaID, nil, &seen)
	require.Equal(t, png, seen)

	s.forward("73h")
	s.saysText("再发一次图")
	require.NoError(t, s.send("i2", image), "the upload of three days ago is replaced")
	_, _, err = s.client.Fetch(t.Context(), in, in.Attached[0])
	require.Equal(t, tickets.Rejected, classOf(err), "what he sent is gone by now")
}

func TestSimulatedTokens(t *testing.T) {
	s := newStage(t)
	s.saysText("hello")
	require.NoError(t, s.send("a", tickets.Body{Text: "a"}))
	s.control(http.MethodPost, "/control/wecom/tokens", object{"action": "kill"}, nil)
	require.NoError(t, s.send("b", tickets.Body{Text: "b"}), "killed")
	s.forward("3h")
	require.NoError(t, s.send("c", tickets.Body{Text: "c"}), "expired")
	s.control(http.MethodPost, "/control/switches", object{"wecom.token_life_seconds": 30}, nil)
	s.control(http.MethodPost, "/control/wecom/tokens", object{"action": "kill"}, nil)
	require.NoError(t, s.send("d", tickets.Body{Text: "d"}))
	require.NoError(t, s.send("e", tickets.Body{Text: "e"}))
	require.Len(t, s.phone(), 5)
	var out struct {
		Calls []struct {
			Path    string
			ErrCode int
		}
	}
	s.control(http.MethodGet, "/control/calls", nil, &out)
	fetched := 0
	for _, call := range out.Calls {
		if call.Path == "/cgi-bin/gettoken" {
			fetched++
		}
	}
	require.Equal(t, 4, fetched, "one at first and one for each death")
}

func TestSimulatedFaults(t *testing.T) {
	s := newStage(t)
	s.saysText("hello")
	for i, f := range []struct {
		fault   object
		class   tickets.FailureClass
		certain bool
	}{
		{object{"errcode": -1}, tickets.Transient, false},
		{object{"errcode": 45009}, tickets.Throttled, true},
		{object{"http_status": 502}, tickets.Transient, false},
		{object{"http_status": 500, "after_effect": true}, tickets.Transient, false},
		{object{"hang": "1ms", "after_effect": true}, tickets.Transient, false},
	} {
		f.fault["path"], f.fault["times"] = "/cgi-bin/kf/send_msg", 1
		s.fault(f.fault)
		key := string(rune('a' + i))
		err := s.send(key, tickets.Body{Text: key})
		require.Equal(t, f.class, classOf(err), i)
		require.Equal(t, f.certain, bot.FailureOf(err).Certain, i)
		require.NoError(t, s.send(key, tickets.Body{Text: key}), "the same key again settles it")
	}
	phone := s.phone()
	require.Len(t, phone, 5, "each exactly once")
	for i, m := range phone {
		require.Equal(t, string(rune('a'+i)), m.Text)
	}
	s.fault(object{"path": "/cgi-bin/gettoken", "times": 1, "http_status": 503})
	s.control(http.MethodPost, "/control/wecom/tokens", object{"action": "kill"}, nil)
	require.Equal(t, tickets.Transient, classOf(s.client.Check(t.Context())))
	require.NoError(t, s.client.Check(t.Context()))
}

func TestSimulatedCallbacks(t *testing.T) {
	s := newStage(t)
	s.control(http.MethodPost, "/control/callbacks", object{"platform": "wecom", "mode": "corrupt", "times": 1}, nil)
	s.saysText("one")
	require.Equal(t, []int{http.StatusUnauthorized}, s.refused)
	require.Empty(t, s.hints)
	s.forward("5s")
	require.Len(t, s.hints, 1, "delivered again")
	require.Equal(t, tickets.RemoteID(simAccount), s.hints[0].Account)
	require.Len(t, s.hear(), 1)

	s.control(http.MethodPost, "/control/wecom/callback", object{"xml": "<xml><MsgType>event</MsgType><Event>change_external_tag</Event></xml>"}, nil)
	require.Len(t, s.hints, 1)
	require.Len(t, s.refused, 1, "an unknown event is accepted and does nothing")
}

func TestSimulatedServicerAndEvents(t *testing.T) {
	s := newStage(t)
	s.control(http.MethodPost, "/control/switches", object{"wecom.sparse_pages": true}, nil)
	first := s.saysText("一")
	s.saysText("二")
	require.NoError(t, s.send("r1", tickets.Body{Text: "回复"}))
	s.control(http.MethodPost, "/control/wecom/contacts/"+simLi+"/recall", object{"msgid": first}, nil)
	s.says(object{"msgtype": "event", "event": object{"event_type": "msg_send_fail", "fail_msgid": "r1", "fail_type": 10}})
	s.says(object{"msgtype": "location", "location": object{"name": "厂区", "address": "工业路 1 号", "latitude": 30.5, "longitude": 120.1}})
	s.control(http.MethodPost, "/control/wecom/contacts/"+simLi+"/servicer", object{"action": "take"}, nil)
	s.control(http.MethodPost, "/control/wecom/contacts/"+simLi+"/servicer", object{"action": "say", "text": "我是张伟"}, nil)
	require.Equal(t, tickets.Occupied, classOf(s.send("r2", tickets.Body{Text: "x"})), "a servicer holds the session")

	var seen []tickets.Kind
	for _, in := range s.hear() {
		seen = append(seen, in.Kind)
		require.Equal(t, tickets.RemoteID(simLi), in.Author)
		require.Equal(t, tickets.RemoteID(simAccount), in.Channel)
		switch in.Kind {
		case tickets.KindRecall:
			require.Equal(t, tickets.RemoteID(first), in.Target)
		case tickets.KindFail:
			require.Equal(t, tickets.RemoteID("r1"), in.Target)
			require.Equal(t, 10, in.FailType)
		case tickets.KindOther:
			require.Equal(t, "[位置] 厂区 工业路 1 号", in.Text)
		}
		require.Equal(t, in.Text == "我是张伟", in.Servicer, in.Text)
	}
	require.Equal(t, []tickets.Kind{tickets.KindText, tickets.KindText, tickets.KindRecall, tickets.KindFail, tickets.KindOther, tickets.KindSession, tickets.KindText}, seen)
}

func TestSimulatedPullLimits(t *testing.T) {
	s := newStage(t)
	var class tickets.FailureClass
	for range 11 {
		_, err := s.client.Pull(t.Context(), simAccount, "", "")
		class = classOf(err)
	}
	require.Equal(t, tickets.Throttled, class, "the eleventh call of a minute without a bell's token")
	_, err := s.client.Pull(t.Context(), "wkNobody", "", "")
	require.Equal(t, tickets.Rejected, classOf(err))
	accounts, err := s.client.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []tickets.RemoteID{simAccount}, accounts)
}
