package feishu

import (
	"context"
	"net/http"
	"testing"
	"time"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

const tokenPath = "/feishu/open-apis/auth/v3/tenant_access_token/internal"

// fetch asks for a token and gives it with its remaining seconds.
func (b *bench) fetch() (string, int) {
	b.t.Helper()
	_, _, out := b.http("POST", tokenPath, nil, obj{"app_id": b.s.app.ID, "app_secret": b.s.app.Secret})
	require.EqualValues(b.t, 0, out["code"])
	return out["tenant_access_token"].(string), int(out["expire"].(float64))
}

// with calls an API with an Authorization header and gives status and code.
func (b *bench) with(authorization string) (status, code int) {
	b.t.Helper()
	h := http.Header{}
	if authorization != "" {
		h.Set("Authorization", authorization)
	}
	status, header, out := b.http("GET", "/feishu/open-apis/bot/v3/info", h, nil)
	require.NotEmpty(b.t, header.Get("X-Tt-Logid"))
	require.Contains(b.t, header.Get("Content-Type"), "application/json")
	return status, int(out["code"].(float64))
}

func TestTokenLives(t *testing.T) {
	b := newBench(t)
	first, left := b.fetch()
	require.Equal(t, 7200, left)

	b.forward(90 * time.Minute)
	again, left := b.fetch()
	require.Equal(t, first, again, "half an hour is left: the same token")
	require.Equal(t, 1800, left)

	b.forward(time.Second)
	second, left := b.fetch()
	require.NotEqual(t, first, second, "less than half an hour is left: a new one")
	require.Equal(t, 7200, left)
	_, code := b.with("Bearer " + first)
	require.Equal(t, 0, code, "the old one stays good")

	b.forward(29*time.Minute + 58*time.Second)
	_, code = b.with("Bearer " + first)
	require.Equal(t, 0, code)
	b.forward(time.Second)
	status, code := b.with("Bearer " + first)
	require.Equal(t, 99991663, code, "expired")
	require.Equal(t, http.StatusBadRequest, status)
	_, code = b.with("Bearer " + second)
	require.Equal(t, 0, code)
}

func TestTokenRefusals(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name string
		body obj
		code int
	}{
		{"unknown app", obj{"app_id": "cli_x", "app_secret": b.s.app.Secret}, 10003},
		{"no secret", obj{"app_id": b.s.app.ID}, 10003},
		{"wrong secret", obj{"app_id": b.s.app.ID, "app_secret": "x"}, 10015},
	} {
		_, _, out := b.http("POST", tokenPath, nil, c.body)
		require.EqualValues(t, c.code, out["code"], c.name)
	}
	for authorization, want := range map[string]int{"": 99991661, "Bearer ": 99991661, "Bearer u-1": 99991671, "Basic t-1": 99991671, "Bearer t-1": 99991663} {
		status, code := b.with(authorization)
		require.Equal(t, want, code, authorization)
		require.Equal(t, http.StatusBadRequest, status)
	}
	good, _ := b.fetch()
	b.set(swApp, false)
	_, _, out := b.http("POST", tokenPath, nil, obj{"app_id": b.s.app.ID, "app_secret": b.s.app.Secret})
	require.EqualValues(t, 10014, out["code"])
	_, code := b.with("Bearer " + good)
	require.Equal(t, 99991673, code)
}

func TestKilledTokenThroughTheSDK(t *testing.T) {
	b := newBench(t)
	ask := func() *larkim.ListChatResp {
		resp, err := b.client.Im.V1.Chat.List(context.Background(), larkim.NewListChatReqBuilder().Build())
		require.NoError(t, err)
		return resp
	}
	require.True(t, ask().Success(), "the SDK fetches a token by itself")
	b.control("POST", "/tokens", obj{"action": "kill"})
	resp := ask()
	require.Equal(t, 99991663, resp.Code, "the SDK's cache goes on with the dead one")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	fresh, _ := b.fetch()
	_, code := b.with("Bearer " + fresh)
	require.Equal(t, 0, code)
}

func TestScopes(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	b.control("POST", "/scopes", obj{"im:message": false})
	resp := b.send("chat_id", chat, "text", textOf("hello"), "")
	require.Equal(t, 99991672, resp.Code)
	require.Equal(t, "im:message", resp.Err.PermissionViolations[0].Subject)
	b.control("POST", "/scopes", obj{"im:message:send_as_bot": true})
	require.True(t, b.send("chat_id", chat, "text", textOf("hello"), "").Success(), "a narrower scope is enough")
	require.Equal(t, 99991672, b.code("GET", "/im/v1/messages?container_id_type=chat&container_id="+chat, nil), "but not for reading")

	_, _, out := b.api("GET", "/application/v6/scopes", nil)
	status := map[string]float64{}
	for _, x := range out["data"].(obj)["scopes"].([]any) {
		status[x.(obj)["scope_name"].(string)] = x.(obj)["grant_status"].(float64)
	}
	require.EqualValues(t, 2, status["im:message"])
	require.EqualValues(t, 1, status["im:message:send_as_bot"])
	require.EqualValues(t, 1, status["im:message.group_msg"], "granted at first")
}

func TestFaultBodies(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	fault := func(f kernel.Fault) {
		f.Platform, f.Path, f.Times = kernel.Feishu, "/open-apis/im/v1/messages", 1
		require.NoError(t, b.w.Faults.Add(f))
	}
	fault(kernel.Fault{ErrCode: 230020})
	resp := b.send("chat_id", chat, "text", textOf("1"), "")
	require.Equal(t, 230020, resp.Code)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)

	fault(kernel.Fault{HTTPStatus: http.StatusTooManyRequests})
	resp = b.send("chat_id", chat, "text", textOf("2"), "")
	require.Equal(t, 99991400, resp.Code)
	require.NotEmpty(t, resp.Header.Get("x-ogw-ratelimit-reset"))

	fault(kernel.Fault{HTTPStatus: http.StatusBadGateway})
	_, err := b.client.Im.V1.Message.Create(context.Background(), larkim.NewCreateMessageReqBuilder().ReceiveIdType("chat_id").
		Body(larkim.NewCreateMessageReqBodyBuilder().ReceiveId(chat).MsgType("text").Content(textOf("3")).Build()).Build(), b.auth())
	require.ErrorContains(t, err, "content-type", "a gateway answers with HTML")

	fault(kernel.Fault{ErrCode: 230020, AfterEffect: true})
	resp = b.send("chat_id", chat, "text", textOf("4"), "same")
	require.Equal(t, 230020, resp.Code)
	resp = b.send("chat_id", chat, "text", textOf("4"), "same")
	require.True(t, resp.Success())
	require.Len(t, b.listed("/chats/"+chat+"/messages"), 1, "the uuid keeps the repeat from doubling")
}
