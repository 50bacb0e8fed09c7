package wecom

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokenThroughTheSDK(t *testing.T) {
	c := newCorp(t)
	list, err := c.kf.AccountList()
	require.NoError(t, err)
	require.Equal(t, SampleAccount, list.AccountList[0].OpenKFID)
	require.Equal(t, "服务台", list.AccountList[0].Name)
	require.Len(t, list.AccountList, 1)
}

func TestTokenErrors(t *testing.T) {
	c := newCorp(t)
	get := func(path string) int {
		status, out := c.call(http.MethodGet, path, nil)
		require.Equal(t, http.StatusOK, status)
		var code int
		require.NoError(t, json.Unmarshal(out["errcode"], &code))
		return code
	}
	secret := url.QueryEscape(c.config.KFSecret)
	require.Equal(t, 40013, get("/wecom/cgi-bin/gettoken?corpid=wwother&corpsecret="+secret))
	require.Equal(t, 40001, get("/wecom/cgi-bin/gettoken?corpid="+c.config.CorpID+"&corpsecret=wrong"))
	require.Equal(t, 41001, get("/wecom/cgi-bin/kf/account/list"))
	require.Equal(t, 40014, get("/wecom/cgi-bin/kf/account/list?access_token=nonsense"))
	require.Equal(t, 43002, get("/wecom/cgi-bin/kf/send_msg?access_token=nonsense"))
	status, _ := c.call(http.MethodGet, "/wecom/cgi-bin/kf/nonsense", nil)
	require.Equal(t, http.StatusNotFound, status)
	c.useSDK("wrong")
	_, err := c.work.GetContext().GetAccessToken()
	require.ErrorContains(t, err, "40001")
}

func TestTokenLivesTwoHoursOfTheClock(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	require.Zero(t, c.send(ligong, "在", ""))
	c.advance(7199 * time.Second)
	require.Zero(t, c.send(ligong, "还在", ""))
	c.advance(time.Second)
	require.Equal(t, 42001, c.send(ligong, "仍在", ""), "the SDK's cache does not know the simulated clock")
	c.useSDK(c.config.KFSecret)
	require.Zero(t, c.send(ligong, "仍在", ""))
}

func TestKilledTokens(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "在吗")
	require.Zero(t, c.send(ligong, "在", ""))
	require.JSONEq(t, "1", string(c.control("POST", "/tokens", map[string]string{"action": "kill"})["killed"]))
	require.Equal(t, 40014, c.send(ligong, "在", ""))
	status, _ := c.call("POST", "/control/wecom/tokens", map[string]string{"action": "burn"})
	require.Equal(t, http.StatusBadRequest, status)
}

func TestGettokenRepeatsOnlyByItsSwitch(t *testing.T) {
	c := newCorp(t)
	fetch := func() string {
		c.useSDK(c.config.KFSecret)
		token, err := c.work.GetContext().GetAccessToken()
		require.NoError(t, err)
		return token
	}
	first := fetch()
	second := fetch()
	require.NotEqual(t, first, second)
	require.NoError(t, c.checkToken(url.Values{"access_token": {first}}), "the older one stays good")
	require.NoError(t, c.world.Switches.Set(switchRepeatsToken, json.RawMessage("true")))
	require.Equal(t, fetch(), fetch())
}

func TestCallsPerMinute(t *testing.T) {
	c := newCorp(t)
	now := time.Now()
	c.machine = func() time.Time { return now }
	require.NoError(t, c.world.Switches.Set(switchCallsPerMinute, json.RawMessage("3")))
	codes := func() (codes []int) {
		for range 4 {
			code, _ := c.api("kf/service_state/get", stateIn{OpenKFID: SampleAccount, ExternalUserID: ligong})
			codes = append(codes, code)
		}
		return codes
	}
	require.Equal(t, []int{0, 0, 0, 45009}, codes())
	now = now.Add(59 * time.Second)
	require.Equal(t, []int{45009, 45009, 45009, 45009}, codes())
	now = now.Add(time.Second)
	require.Equal(t, []int{0, 0, 0, 45009}, codes())
}
