package wecom

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

var (
	png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{1}, 900)...)
	pdf = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{2}, 900)...)
)

// uploads takes files and remembers the last one.
type uploads struct {
	kind, name string
	data       []byte
	next       string
}

func (u *uploads) take(r *http.Request, body []byte) any {
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	part, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
	if err != nil || part.FormName() != "media" {
		return code(41005)
	}
	u.kind, u.name = r.URL.Query().Get("type"), part.FileName()
	u.data, _ = io.ReadAll(part)
	return map[string]any{"errcode": 0, "type": u.kind, "media_id": u.next, "created_at": "1700000000"}
}

func TestSendImage(t *testing.T) {
	f := newFake(t)
	up := &uploads{next: "M1"}
	f.on("media/upload", up.take)
	f.answer("kf/send_msg", taken("sd1"))
	c, cache := newClient(t, f, shelf{"img": png})
	out := tickets.Outgoing{Key: "sd1", To: toLi, Body: tickets.Body{Media: &tickets.Attachment{Key: "img", Name: `C:\报错 "截图".png`, Image: true}}}
	_, err := c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, "image", up.kind)
	require.Equal(t, `报错 "截图".png`, up.name)
	require.Equal(t, png, up.data)
	require.Equal(t, map[string]any{"touser": "wmLi", "open_kfid": "wk1", "msgid": "sd1", "msgtype": "image", "image": map[string]any{"media_id": "M1"}},
		f.sent(t, "kf/send_msg", 0))

	out.Key = "sd2"
	_, err = c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, 1, f.count("media/upload"), "uploaded once, sent twice")
	require.Equal(t, mediaLife, cache.ttl[c.mediaKey("img")])
}

func TestSendFile(t *testing.T) {
	f := newFake(t)
	up := &uploads{next: "M2"}
	f.on("media/upload", up.take)
	f.answer("kf/send_msg", taken("sd1"))
	c, _ := newClient(t, f, shelf{"pdf": pdf, "odd": pdf})
	for _, a := range []tickets.Attachment{{Key: "pdf", Name: "手册.pdf"}, {Key: "odd", Image: true}} {
		_, err := c.Send(t.Context(), tickets.Outgoing{Key: "sd1", To: toLi, Body: tickets.Body{Media: &a}})
		require.NoError(t, err)
		require.Equal(t, "file", up.kind, "what WeCom takes for no image goes as a file")
		require.Equal(t, "file", f.sent(t, "kf/send_msg", 0)["msgtype"])
	}
	require.Equal(t, "file.pdf", up.name)
}

func TestDeadMediaIsUploadedAgain(t *testing.T) {
	f := newFake(t)
	up := &uploads{next: "M1"}
	f.on("media/upload", up.take)
	dead := map[string]bool{}
	f.on("kf/send_msg", func(_ *http.Request, body []byte) any {
		for id := range dead {
			if bytes.Contains(body, []byte(id)) {
				return code(40007)
			}
		}
		return taken("sd1")
	})
	c, _ := newClient(t, f, shelf{"img": png})
	out := tickets.Outgoing{Key: "sd1", To: toLi, Body: tickets.Body{Media: &tickets.Attachment{Key: "img", Image: true}}}
	_, err := c.Send(t.Context(), out)
	require.NoError(t, err)

	dead["M1"], up.next = true, "M2"
	_, err = c.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, 2, f.count("media/upload"))

	dead["M2"], dead["M3"], up.next = true, true, "M3"
	_, err = c.Send(t.Context(), out)
	require.Equal(t, tickets.Rejected, failureOf(t, err).Class, "one new upload, not more")
	require.Equal(t, 3, f.count("media/upload"))
}

func TestUploadHealsTheToken(t *testing.T) {
	f := newFake(t)
	up := &uploads{next: "M1"}
	f.on("media/upload", up.take)
	f.answer("kf/send_msg", taken("sd1"))
	c, _ := newClient(t, f, shelf{"img": png})
	_, err := c.token(t.Context())
	require.NoError(t, err)
	f.killTokens()
	_, err = c.Send(t.Context(), tickets.Outgoing{Key: "sd1", To: toLi, Body: tickets.Body{Media: &tickets.Attachment{Key: "img", Image: true}}})
	require.NoError(t, err)
	require.Equal(t, png, up.data, "the file is read anew")
}

func TestUploadFailures(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, shelf{"tiny": []byte("12345"), "huge": make([]byte, 20<<20+1), "img": png})
	for key, want := range map[string]tickets.FailureClass{"tiny": tickets.Rejected, "huge": tickets.Rejected, "absent": tickets.Rejected} {
		_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", To: toLi, Body: tickets.Body{Media: &tickets.Attachment{Key: key}}})
		require.Equal(t, want, failureOf(t, err).Class, key)
	}
	require.Zero(t, f.count("media/upload"))
	f.answer("media/upload", raw{status: 502})
	_, err := c.Send(t.Context(), tickets.Outgoing{Key: "k", To: toLi, Body: tickets.Body{Media: &tickets.Attachment{Key: "img"}}})
	got := failureOf(t, err)
	require.Equal(t, tickets.Transient, got.Class)
	require.True(t, got.Certain, "an upload that failed has sent nothing")
	require.Zero(t, f.count("kf/send_msg"))
}

func TestFetch(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, nil)
	for name, tc := range map[string]struct {
		header map[string]string
		want   string
	}{
		"plain name":       {map[string]string{"Content-Type": "image/png", "Content-Disposition": `attachment; filename="shot.png"`}, "shot.png"},
		"UTF-8 name":       {map[string]string{"Content-Type": "image/png", "Content-Disposition": `attachment; filename="报错.png"`}, "报错.png"},
		"encoded name":     {map[string]string{"Content-Type": "x/y", "Content-Disposition": "attachment; filename*=UTF-8''%E6%8A%A5%E9%94%99.png"}, "报错.png"},
		"hostile name":     {map[string]string{"Content-Type": "image/png", "Content-Disposition": `attachment; filename="../../etc/passwd"`}, "passwd"},
		"no name":          {map[string]string{"Content-Type": "audio/amr"}, "file.amr"},
		"unknown kind":     {map[string]string{"Content-Type": "application/octet-stream"}, "file.bin"},
		"a JSON file":      {map[string]string{"Content-Type": "application/json", "Content-Disposition": `attachment; filename="a.json"`}, "a.json"},
		"dots are no name": {map[string]string{"Content-Type": "video/mp4", "Content-Disposition": `attachment; filename=".."`}, "file.mp4"},
	} {
		f.on("media/get", func(r *http.Request, _ []byte) any {
			if r.URL.Query().Get("media_id") != "M/1+" {
				return code(40007)
			}
			return raw{status: 200, header: tc.header, body: png}
		})
		body, got, err := c.Fetch(t.Context(), tickets.Inbound{}, tickets.Attachment{Remote: "M/1+"})
		require.NoError(t, err, name)
		data, err := io.ReadAll(body)
		require.NoError(t, err)
		require.NoError(t, body.Close())
		require.Equal(t, png, data, name)
		require.Equal(t, tc.want, got, name)
	}
}

func TestFetchFailures(t *testing.T) {
	f := newFake(t)
	c, _ := newClient(t, f, nil)
	fetch := func(id tickets.RemoteID) error {
		body, _, err := c.Fetch(t.Context(), tickets.Inbound{}, tickets.Attachment{Remote: id})
		require.Nil(t, body)
		return err
	}
	f.answer("media/get", code(40007))
	require.Equal(t, tickets.Failure{Class: tickets.Rejected, Certain: true, Code: 40007, Reason: "media expired or unknown"}, failureOf(t, fetch("M1")))
	f.answer("media/get", raw{status: 500})
	require.Equal(t, tickets.Transient, failureOf(t, fetch("M1")).Class)
	f.answer("media/get", map[string]any{"errcode": 0})
	require.Equal(t, tickets.Transient, failureOf(t, fetch("M1")).Class)
	require.Equal(t, tickets.Rejected, failureOf(t, fetch("")).Class)

	f.answer("media/get", raw{status: 200, header: map[string]string{"Content-Type": "image/png", "Content-Length": "999999"}, body: png})
	body, _, err := c.Fetch(t.Context(), tickets.Inbound{}, tickets.Attachment{Remote: "M1"})
	require.NoError(t, err)
	defer body.Close()
	_, err = io.ReadAll(body)
	require.Equal(t, tickets.Transient, failureOf(t, err).Class, "a download that breaks off is no file")
}

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "a.txt", `..\..\a.txt`: "a.txt", "/": "", "": "", "a\x00b\r\n.txt": "ab.txt", "\xff.txt": ".txt",
		strings.Repeat("名", 60) + ".docx": strings.Repeat("名", 38) + ".docx",
		strings.Repeat("x", 200):          strings.Repeat("x", 120),
	} {
		require.Equal(t, want, cleanName(name))
	}
}
