package wecom

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

func TestCallbackIsABell(t *testing.T) {
	c := newCorp(t)
	c.says(ligong, "机密")
	rings := c.desk.rings()
	require.Len(t, rings, 1, "the control call returns after the delivery")
	require.Equal(t, []string{c.config.CorpID, "event", "kf_msg_or_event", SampleAccount}, []string{rings[0].ToUserName, rings[0].MsgType, rings[0].Event, rings[0].OpenKfID})
	require.Equal(t, monday.Unix(), rings[0].CreateTime)
	require.LessOrEqual(t, len(rings[0].Token), 128)
	require.NotEmpty(t, rings[0].Token)
	require.Len(t, c.config.CallbackAESKey, 43)
	_, err := base64.StdEncoding.Strict().DecodeString(c.config.CallbackAESKey + "=")
	require.NoError(t, err, "a key of our own has no stray bits")
}

func TestCallbackComesAgainByTheClock(t *testing.T) {
	c := newCorp(t)
	c.desk.refuse = 3
	c.says(ligong, "在吗")
	require.Len(t, c.desk.rings(), 1)
	c.forward(5*time.Second - time.Nanosecond)
	require.Len(t, c.desk.rings(), 1)
	c.forward(time.Nanosecond)
	require.Len(t, c.desk.rings(), 2)
	c.forward(time.Hour)
	require.Len(t, c.desk.rings(), 4, "three retries, the last accepted")
	require.Equal(t, c.desk.rings()[0].Token, c.desk.rings()[3].Token)

	c.desk.refuse = 9
	c.says(ligong, "喂")
	c.forward(time.Hour)
	require.Len(t, c.desk.rings(), 8, "four attempts, then it is given up")
	require.Empty(t, c.pending.All())
}

func TestCallbackLimitOfFiveSeconds(t *testing.T) {
	c := newCorp(t)
	require.Equal(t, 5*time.Second, c.client.Timeout)
	c.client.Timeout = 50 * time.Millisecond
	c.desk.hang = make(chan struct{})
	c.says(ligong, "在吗") // returns although the desk never answers
	require.Empty(t, c.desk.rings())
	close(c.desk.hang)
	c.desk.mu.Lock()
	c.desk.hang = nil
	c.desk.mu.Unlock()
	c.client.Timeout = callbackLimit
	c.forward(callbackPause)
	require.Len(t, c.desk.rings(), 1)
}

func TestDisturbedCallbacks(t *testing.T) {
	c := newCorp(t)
	disturb := func(mode string, delay time.Duration) {
		require.NoError(t, c.world.Disturb.Add(kernel.Disturbance{Platform: kernel.WeCom, Mode: mode, Times: 1, Delay: kernel.Duration(delay)}))
	}
	disturb(kernel.Duplicate, 0)
	c.says(ligong, "一")
	require.Len(t, c.desk.rings(), 2)
	require.Equal(t, c.desk.raw[0], c.desk.raw[1], "the same bytes twice")

	disturb(kernel.Drop, 0)
	c.says(ligong, "二")
	require.Len(t, c.desk.rings(), 2)
	c.forward(callbackPause)
	require.Len(t, c.desk.rings(), 3, "redelivered")

	disturb(kernel.Corrupt, 0)
	c.says(ligong, "三")
	require.Len(t, c.desk.rings(), 3)
	require.Equal(t, 1, c.desk.bad, "the signature does not fit")
	c.forward(callbackPause)
	require.Len(t, c.desk.rings(), 4)

	disturb(kernel.Delayed, 10*time.Minute)
	c.says(ligong, "四")
	c.forward(10*time.Minute - time.Second)
	require.Len(t, c.desk.rings(), 4)
	c.forward(time.Second)
	require.Len(t, c.desk.rings(), 5)
	require.Equal(t, c.world.Clock.Now().Add(-10*time.Minute).Unix(), c.desk.rings()[4].CreateTime)

	disturb(kernel.Reorder, 0)
	c.says(ligong, "五")
	held := c.bellsInOrder()
	c.says(ligong, "六")
	c.forward(0) // waits for what is under way
	rings := c.desk.rings()
	require.Len(t, rings, 7)
	require.Equal(t, held[len(held)-1], rings[6].Token, "the earlier one comes after the later")
	require.Empty(t, c.pending.All())
	require.Len(t, c.all(), 6, "no message is lost whatever happens to the bells")
}

func (c *corp) bellsInOrder() (tokens []string) {
	for _, b := range c.bells.All() {
		tokens = append(tokens, b.Token)
	}
	return tokens
}

func TestCallbackURLCheck(t *testing.T) {
	c := newCorp(t)
	require.JSONEq(t, "true", string(c.control("POST", "/callback_check", nil)["ok"]))
	c.desk.echo = func(s string) string { return `"` + s + `"` }
	out := c.control("POST", "/callback_check", nil)
	require.JSONEq(t, "false", string(out["ok"]), "quotes are wrong")
	require.Contains(t, out.text("error"), "echostr")
}

func TestAnyOtherCallback(t *testing.T) {
	c := newCorp(t)
	c.control("POST", "/callback", map[string]string{"xml": "<xml><MsgType>event</MsgType><Event>kf_account_auth_change</Event></xml>"})
	require.Equal(t, "kf_account_auth_change", c.desk.rings()[0].Event)
	status, _ := c.call("POST", "/control/wecom/callback", map[string]string{})
	require.Equal(t, http.StatusBadRequest, status)
}

func TestNoDeskNoCallback(t *testing.T) {
	c := newCorp(t)
	c.world.DeskURL = ""
	c.says(ligong, "在吗")
	require.Empty(t, c.pending.All())
	require.Len(t, c.all(), 1)
}
