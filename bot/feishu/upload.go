package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// Largest uploads, in bytes.
const (
	maxImage = 10 << 20
	maxFile  = 30 << 20
	// maxAnswer bounds what is read of an answer that should be short.
	maxAnswer = 1 << 20
)

const codeNoImage = 234011 // an image of a format that Feishu does not know

// sendMedia uploads a file of the desk's own and sends it. Words with an image go into one post with it; words with a file go before it.
func (c *Client) sendMedia(ctx context.Context, to destination, out tickets.Outgoing) (tickets.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, mediaTimeout)
	defer cancel()
	words := postOf(out.Text, out.Mentions, "")
	if out.Media.Image {
		key, err := c.upload(ctx, imageUpload(out))
		switch {
		case err == nil && len(words) > 0:
			return c.sendPost(ctx, to, out.Key, postOf(out.Text, out.Mentions, key))
		case err == nil:
			return c.deliver(ctx, to, out.Key, "image", encode(map[string]string{"image_key": key}))
		case codeOf(err) != codeNoImage && !errors.Is(err, errTooLarge):
			return tickets.Receipt{}, err
		}
	}
	key, err := c.upload(ctx, fileUpload(out))
	if err != nil {
		return tickets.Receipt{}, err
	}
	if len(words) > 0 {
		if _, err := c.sendPost(ctx, to, out.Key+"t", words); err != nil {
			return tickets.Receipt{}, err
		}
	}
	return c.deliver(ctx, to, out.Key, "file", encode(map[string]string{"file_key": key}))
}

// upload is one file on its way to Feishu.
type upload struct {
	op, path string
	fields   [][2]string
	part     string // name of the file's part
	key      string // in the desk's store
	name     string
	most     int64
	urgency  tickets.Urgency
}

func imageUpload(out tickets.Outgoing) upload {
	return upload{
		op: "upload image", path: "/im/v1/images", fields: [][2]string{{"image_type", "message"}}, part: "image",
		key: out.Media.Key, name: fileName(*out.Media), most: maxImage, urgency: out.Urgency,
	}
}

func fileUpload(out tickets.Outgoing) upload {
	name := fileName(*out.Media)
	return upload{
		op: "upload file", path: "/im/v1/files", fields: [][2]string{{"file_type", fileType(name)}, {"file_name", name}}, part: "file",
		key: out.Media.Key, name: name, most: maxFile, urgency: out.Urgency,
	}
}

// fileType picks the icon. Sound and film go as plain files: uploaded as such they would need kinds of messages and covers of their own.
func fileType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return "pdf"
	case ".doc", ".docx":
		return "doc"
	case ".xls", ".xlsx":
		return "xls"
	case ".ppt", ".pptx":
		return "ppt"
	}
	return "stream"
}

func fileName(a tickets.Attachment) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\"`, r) {
			return '_'
		}
		return r
	}, clean(a.Name))
	switch {
	case name != "":
		return name
	case a.Image:
		return "image"
	}
	return "file"
}

var errTooLarge = errors.New("file too large")

// upload streams the file. Each attempt opens it anew: a reader that an attempt has used up would upload nothing.
func (c *Client) upload(ctx context.Context, u upload) (key string, err error) {
	token, err := c.token(ctx)
	if err != nil {
		return "", err
	}
	key, err = c.tryUpload(ctx, u, token)
	if dead(err) {
		if token, err = c.renew(ctx, token); err != nil {
			return "", err
		}
		key, err = c.tryUpload(ctx, u, token)
	}
	// The message itself has not been sent yet.
	return key, certain(err)
}

func (c *Client) tryUpload(ctx context.Context, u upload, token string) (string, error) {
	file, size, err := c.open(ctx, u)
	if err != nil {
		return "", err
	}
	defer file.Close()
	body, length, kind, err := u.form(file, size)
	if err != nil {
		return "", refuse(tickets.Rejected, "file not readable")
	}
	r := request{op: u.op, urgency: u.urgency}
	done, err := c.turn(ctx, r)
	if err != nil {
		return "", err
	}
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.APIBase+"/open-apis"+u.path, body)
	if err != nil {
		return "", transportError(u.op, err)
	}
	req.ContentLength = length
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := c.http.Do(req)
	if err != nil {
		return "", transportError(u.op, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", transportError(u.op, err)
	}
	if err := classify(u.op, resp.StatusCode, resp.Header, answer); err != nil {
		c.hold(r, err)
		return "", err
	}
	var got struct {
		Data map[string]string `json:"data"`
	}
	if err := json.Unmarshal(answer, &got); err != nil || got.Data[u.part+"_key"] == "" {
		return "", unreadable(u.op)
	}
	return got.Data[u.part+"_key"], nil
}

func (c *Client) open(ctx context.Context, u upload) (io.ReadCloser, int64, error) {
	if c.files == nil || u.key == "" {
		return nil, 0, refuse(tickets.Rejected, "the file is gone")
	}
	file, size, err := c.files.Open(ctx, u.key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, refuse(tickets.Rejected, "the file is gone")
	case err != nil:
		return nil, 0, certain(transportError("open file", err))
	case size > u.most:
		file.Close()
		return nil, 0, &bot.SendError{Failure: tickets.Failure{Class: tickets.Rejected, Certain: true, Reason: errTooLarge.Error()}, Err: errTooLarge}
	case size == 0:
		file.Close()
		return nil, 0, refuse(tickets.Rejected, "file is empty")
	}
	return file, size, nil
}

// form wraps the file into a multipart body of known length.
func (u upload) form(file io.Reader, size int64) (body io.Reader, length int64, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range u.fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, 0, "", err
		}
	}
	if _, err := w.CreateFormFile(u.part, u.name); err != nil {
		return nil, 0, "", err
	}
	head := b.Len()
	if err := w.Close(); err != nil {
		return nil, 0, "", err
	}
	form := b.Bytes()
	body = io.MultiReader(bytes.NewReader(form[:head]), io.LimitReader(file, size), bytes.NewReader(form[head:]))
	return body, int64(len(form)) + size, w.FormDataContentType(), nil
}
