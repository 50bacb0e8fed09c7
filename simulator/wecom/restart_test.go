package wecom

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A process that is killed closes nothing, so the journal is opened again beside the old one.
func TestRestartGoesOnWhereItWas(t *testing.T) {
	dir, d := t.TempDir(), newDesk(t)
	c := openCorp(t, dir, d)
	config := c.config
	c.control("POST", "/contacts", map[string]string{"name": "新人", "id": "wmNew"})
	c.says("wmNew", "在吗")
	for range 4 {
		require.Zero(t, c.send("wmNew", "在", ""))
	}
	require.Zero(t, c.send("wmNew", "在", "m5"))
	c.forward(time.Hour)
	media, err := c.upload("file", "a.txt", "content")
	require.NoError(t, err)
	_, out := c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount})
	cursor := out.text("next_cursor")
	token, err := c.work.GetContext().GetAccessToken()
	require.NoError(t, err)
	before := c.messagesAfter("wmNew", 0)

	c = openCorp(t, dir, d)
	require.Equal(t, config, c.config)
	require.Equal(t, time.Hour, c.world.Clock.Now().Sub(monday))
	require.NoError(t, c.checkToken(map[string][]string{"access_token": {token}}))
	require.Equal(t, encode(before), encode(c.messagesAfter("wmNew", 0)))
	require.Equal(t, 95001, c.send("wmNew", "六", ""), "the count is kept")
	require.Equal(t, 95004, c.send("wmNew", "五", "m5"), "used ids are kept")
	data, err := c.work.GetMaterial().GetTempFile(media)
	require.NoError(t, err)
	require.Equal(t, "content", string(data))
	c.says("wmNew", "新的")
	code, out := c.api("kf/sync_msg", map[string]any{"open_kfid": SampleAccount, "cursor": cursor})
	require.Zero(t, code)
	require.Contains(t, string(out["msg_list"]), "新的", "a cursor given out before goes on")
	require.NotContains(t, string(out["msg_list"]), "在吗")
	require.Greater(t, c.messagesAfter("wmNew", 0)[6].Seq, before[5].Seq)
}

func TestRestartDeliversWhatWasNotAccepted(t *testing.T) {
	dir, d := t.TempDir(), newDesk(t)
	c := openCorp(t, dir, d)
	d.refuse = 2
	c.says(ligong, "在吗")
	c.forward(callbackPause)
	require.Len(t, d.rings(), 2)
	c = openCorp(t, dir, d)
	require.Len(t, d.rings(), 2)
	c.forward(callbackPause)
	require.Len(t, d.rings(), 3)
	require.Empty(t, c.pending.All())
	require.Empty(t, openCorp(t, dir, d).pending.All())
}
