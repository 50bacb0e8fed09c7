package feishu

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"testing"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"
)

// pixel is a PNG of one pixel, in base64.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func pixelBytes() []byte {
	raw, _ := base64.StdEncoding.DecodeString(pixel)
	return raw
}

func (b *bench) postImage(data []byte) *larkim.CreateImageResp {
	b.t.Helper()
	resp, err := b.client.Im.V1.Image.Create(context.Background(), larkim.NewCreateImageReqBuilder().
		Body(larkim.NewCreateImageReqBodyBuilder().ImageType("message").Image(bytes.NewReader(data)).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

func (b *bench) uploadImage() string {
	b.t.Helper()
	resp := b.postImage(pixelBytes())
	require.True(b.t, resp.Success(), resp.CodeError)
	return *resp.Data.ImageKey
}

func (b *bench) postFile(name, kind string, data []byte) *larkim.CreateFileResp {
	b.t.Helper()
	resp, err := b.client.Im.V1.File.Create(context.Background(), larkim.NewCreateFileReqBuilder().
		Body(larkim.NewCreateFileReqBodyBuilder().FileName(name).FileType(kind).File(bytes.NewReader(data)).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

func (b *bench) uploadFile(name, kind string) string {
	b.t.Helper()
	resp := b.postFile(name, kind, []byte("data of "+name))
	require.True(b.t, resp.Success(), resp.CodeError)
	return *resp.Data.FileKey
}

func TestUploads(t *testing.T) {
	b := newBench(t)
	padded := func(n int) []byte { return append(pixelBytes(), make([]byte, n-len(pixelBytes()))...) }
	require.Equal(t, 0, b.postImage(padded(maxImage)).Code)
	require.Equal(t, 234006, b.postImage(padded(maxImage+1)).Code)
	require.Equal(t, 234010, b.postImage(nil).Code)
	require.Equal(t, 234011, b.postImage([]byte("no picture")).Code)
	require.Equal(t, 0, b.postFile("a.bin", "stream", make([]byte, maxFile)).Code)
	require.Equal(t, 234006, b.postFile("a.bin", "stream", make([]byte, maxFile+1)).Code)
	require.Equal(t, 234010, b.postFile("a.bin", "stream", nil).Code)
	require.Equal(t, 234001, b.postFile("a.bin", "exe", []byte("x")).Code)
	require.Equal(t, 234001, b.code("POST", "/im/v1/images", obj{}))
}

func TestOwnDownloads(t *testing.T) {
	b := newBench(t)
	key := b.uploadImage()
	img, err := b.client.Im.V1.Image.Get(context.Background(), larkim.NewGetImageReqBuilder().ImageKey(key).Build(), b.auth())
	require.NoError(t, err)
	got, _ := io.ReadAll(img.File)
	require.Equal(t, pixelBytes(), got)
	file, err := b.client.Im.V1.File.Get(context.Background(), larkim.NewGetFileReqBuilder().FileKey(b.uploadFile("报告.pdf", "pdf")).Build(), b.auth())
	require.NoError(t, err)
	got, _ = io.ReadAll(file.File)
	require.Equal(t, "data of 报告.pdf", string(got))
	require.Equal(t, "报告.pdf", file.FileName)

	id := b.says("张伟", obj{"images": []obj{{"data": pixel, "filename": "a.png"}}})
	theirs := b.listed("/users/" + b.user("张伟") + "/messages")[0]
	require.Equal(t, id, theirs["message_id"])
	require.Equal(t, 234008, b.code("GET", "/im/v1/images/"+theirs["image_key"].(string), nil), "uploaded by somebody else")
	require.Equal(t, 234001, b.code("GET", "/im/v1/images/img_v3_x", nil))
}

func TestMessageResources(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	id := b.says("张伟", obj{"chat_id": chat, "file": obj{"data": base64.StdEncoding.EncodeToString([]byte("log")), "filename": "trace.log"}})
	m := b.message(chat, id)
	require.Equal(t, "file", m["msg_type"])
	require.Equal(t, "trace.log", m["filename"])
	key := m["file_key"].(string)
	fetch := func(messageID, key, kind string) *larkim.GetMessageResourceResp {
		resp, err := b.client.Im.V1.MessageResource.Get(context.Background(), larkim.NewGetMessageResourceReqBuilder().
			MessageId(messageID).FileKey(key).Type(kind).Build(), b.auth())
		require.NoError(t, err)
		return resp
	}
	resp := fetch(id, key, "file")
	require.True(t, resp.Success())
	got, _ := io.ReadAll(resp.File)
	require.Equal(t, "log", string(got))
	require.Equal(t, "trace.log", resp.FileName)

	other := b.says("张伟", obj{"chat_id": chat, "text": "x"})
	require.Equal(t, 234003, fetch(other, key, "file").Code, "a key of another message")
	require.Equal(t, 234003, fetch(id, key, "image").Code, "the wrong type")
	require.Equal(t, 234001, fetch(id, key, "video").Code)
	require.Equal(t, 234001, fetch("om_x", key, "file").Code)
	card := b.sent(chat, "interactive", cardOf(obj{"tag": "img", "img_key": b.uploadImage()}))
	require.Equal(t, 234043, fetch(card, key, "image").Code)
	b.control("POST", "/chats/"+chat+"/members", obj{"open_id": b.user("张伟"), "bot": false})
	require.Equal(t, 234004, fetch(id, key, "file").Code)

	status, header, _ := b.http("GET", "/control/feishu/resources/"+key, nil, nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "3", header.Get("Content-Length"))
}
