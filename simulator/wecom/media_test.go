package wecom

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/work/kf/sendmsg"
	"github.com/stretchr/testify/require"
)

const pngHead = "\x89PNG\r\n\x1a\n"

// upload uploads through the SDK and gives media_id and error.
func (c *corp) upload(kind, name, data string) (string, error) {
	out, err := c.work.GetMaterial().UploadTempFileFromReader(name, kind, strings.NewReader(data))
	if err != nil {
		return "", err
	}
	return out.MediaID, nil
}

func TestUploadSendAndGet(t *testing.T) {
	c := newCorp(t)
	out, err := c.work.GetMaterial().UploadTempFileFromReader("图.png", "image", strings.NewReader(pngHead+"data"))
	require.NoError(t, err)
	require.Equal(t, "image", out.Type)
	require.Equal(t, "1772415000", out.CreateAt, "2026-03-02 09:30 +08:00, as a string")
	c.says(ligong, "发图")
	m := sendmsg.Image{Message: sendmsg.Message{ToUser: ligong, OpenKFID: SampleAccount}, MsgType: "image"}
	m.Image.MediaID = out.MediaID
	require.Zero(t, c.sendAny(m))
	list := c.messagesAfter(ligong, 0)
	require.Equal(t, []string{"image", out.MediaID, "图.png"}, []string{list[1].MsgType, list[1].MediaID, list[1].Filename})

	data, err := c.work.GetMaterial().GetTempFile(out.MediaID)
	require.NoError(t, err)
	require.Equal(t, pngHead+"data", string(data))
	resp, err := http.Get(c.url + "/control/wecom/media/" + out.MediaID)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, pngHead+"data", string(data))
	require.Equal(t, "image/png", resp.Header.Get("Content-Type"))
	require.Contains(t, resp.Header.Get("Content-Disposition"), "attachment")

	file := sendmsg.File{Message: m.Message, MsgType: "file"}
	file.File.MediaID = out.MediaID
	require.Equal(t, 40007, c.sendAny(file), "of another type")
	m.Image.MediaID = "unknown"
	require.Equal(t, 40007, c.sendAny(m))
	m.Image.MediaID = out.MediaID
	c.forward(3*day - time.Second)
	c.says(ligong, "再发")
	require.Zero(t, c.sendAny(m))
	c.forward(time.Second)
	require.Equal(t, 40007, c.sendAny(m), "three days")
	_, err = c.work.GetMaterial().GetTempFile(out.MediaID)
	require.ErrorContains(t, err, "40007")
}

func TestUploadLimits(t *testing.T) {
	c := newCorp(t)
	amr := func(frames int) string { return "#!AMR\n" + strings.Repeat("\x3c"+strings.Repeat("\x00", 31), frames) }
	mp4 := "\x00\x00\x00\x18ftypmp42"
	for _, x := range []struct {
		kind, data string
		want       string
	}{
		{"image", "\xff\xd8\xff" + long(10<<20-3), ""},
		{"image", "\xff\xd8\xff" + long(10<<20-2), "40006"},
		{"image", "GIF89a....", "40005"},
		{"image", pngHead[:5], "40006"},
		{"voice", amr(3000), ""},
		{"voice", amr(3001), "40005"},
		{"voice", "#!AMR\n" + long(2<<20), "40006"},
		{"voice", "ID3......", "40005"},
		{"video", mp4 + long(10<<20-len(mp4)), ""},
		{"video", mp4 + long(10<<20-len(mp4)+1), "40006"},
		{"video", "RIFF....AVI ", "40005"},
		{"file", long(20 << 20), ""},
		{"file", long(20<<20 + 1), "40006"},
		{"file", "12345", "40006"},
		{"file", "123456", ""},
		{"sticker", "123456", "40004"},
	} {
		_, err := c.upload(x.kind, "name", x.data)
		if x.want == "" {
			require.NoError(t, err, "%s of %d bytes", x.kind, len(x.data))
		} else {
			require.ErrorContains(t, err, x.want, "%s of %d bytes", x.kind, len(x.data))
		}
	}
	token, err := c.work.GetContext().GetAccessToken()
	require.NoError(t, err)
	resp, err := http.Post(c.url+"/wecom/cgi-bin/media/upload?type=file&access_token="+url.QueryEscape(token), "text/plain", strings.NewReader("123456"))
	require.NoError(t, err)
	defer resp.Body.Close()
	var out reply
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
	require.Equal(t, 41005, out.ErrCode)
}

func TestMediaOfCustomers(t *testing.T) {
	c := newCorp(t)
	say := func(kind string, size int) {
		c.control("POST", "/contacts/"+ligong+"/messages", map[string]any{"msgtype": kind, "data": bytes.Repeat([]byte("x"), size), "filename": "f"})
	}
	say("image", 2<<20)
	say("image", 2<<20+1)
	say("file", 100)
	items := c.all()
	var ref mediaRef
	require.NoError(t, json.Unmarshal(items[0]["image"], &ref))
	data, err := c.work.GetMaterial().GetTempFile(ref.MediaID)
	require.NoError(t, err)
	require.Len(t, data, 2<<20)
	require.Equal(t, "text", items[1].text("msgtype"), "what is too large arrives as a hint")
	require.Contains(t, string(items[1]["text"]), "2M")
	require.Nil(t, items[1]["image"])
	require.Equal(t, "file", items[2].text("msgtype"))
	require.Nil(t, items[2]["data"], "only the media_id is listed")
	list := c.messagesAfter(ligong, 0)
	require.Equal(t, "f", list[2].Filename)
}
