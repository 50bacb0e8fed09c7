package feishu

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of uploads, in bytes.
const (
	maxImage = 10 << 20
	maxFile  = 30 << 20
)

var fileTypes = []string{"opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"}

// upload is a parsed multipart body.
type upload struct {
	fields   map[string]string
	filename string
	data     []byte
}

var errNoForm = errors.New("no multipart form")

// form reads a multipart body with one file in the field named.
func (c *call) form(field string) (upload, error) {
	u := upload{fields: map[string]string{}}
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return u, errNoForm
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err != nil {
			return u, errNoForm
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return u, errNoForm
		}
		if part.FormName() == field {
			u.data, u.filename = data, part.FileName()
		} else {
			u.fields[part.FormName()] = string(data)
		}
	}
}

// uploadImage serves POST /im/v1/images. Errors: 234001, 234006, 234010, 234011.
func (s *Server) uploadImage(c *call) (any, error) {
	u, err := c.form("image")
	kind := u.fields["image_type"]
	switch {
	case err != nil || (kind != "message" && kind != "avatar"):
		return nil, fail(234001, "image_type must be message or avatar")
	case len(u.data) == 0:
		return nil, fail(234010, "")
	case len(u.data) > maxImage:
		return nil, fail(234006, "")
	}
	if imageType(u.data) == "" {
		return nil, fail(234011, "")
	}
	res, err := s.keep(resource{Kind: "image", Filename: filepath.Base(u.filename)}, u.data)
	if err != nil {
		return nil, err
	}
	return map[string]string{"image_key": res.Key}, nil
}

// uploadFile serves POST /im/v1/files. Errors: 234001, 234006, 234010.
func (s *Server) uploadFile(c *call) (any, error) {
	u, err := c.form("file")
	switch {
	case err != nil || u.fields["file_name"] == "" || !slices.Contains(fileTypes, u.fields["file_type"]):
		return nil, fail(234001, "file_name and file_type (%s) are required", strings.Join(fileTypes, ", "))
	case len(u.data) == 0:
		return nil, fail(234010, "")
	case len(u.data) > maxFile:
		return nil, fail(234006, "")
	}
	res, err := s.keep(resource{Kind: u.fields["file_type"], Filename: u.fields["file_name"]}, u.data)
	if err != nil {
		return nil, err
	}
	return map[string]string{"file_key": res.Key}, nil
}

// keep stores bytes under a new key.
func (s *Server) keep(res resource, data []byte) (resource, error) {
	keyPrefix := "file_v3_"
	if res.Kind == "image" {
		keyPrefix = "img_v3_"
	}
	res.Key, res.Size = s.w.NewID(keyPrefix), len(data)
	if res.Mime = imageType(data); res.Mime == "" || res.Kind != "image" {
		res.Mime = "application/octet-stream"
		if byName := mime.TypeByExtension(filepath.Ext(res.Filename)); byName != "" {
			res.Mime = byName
		}
	}
	if err := s.w.Journal.PutBlob(res.Key, data); err != nil {
		return res, err
	}
	s.resources.Put(res.Key, res)
	return res, nil
}

// imageType is the media type of a picture that the platform takes, "" for anything else.
func imageType(data []byte) string {
	if bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*")) {
		return "image/tiff"
	}
	if kind := http.DetectContentType(data); strings.HasPrefix(kind, "image/") {
		return kind
	}
	return ""
}

// messageResource serves GET /im/v1/messages/:id/resources/:key. Errors: 234001, 234003, 234004, 234043.
func (s *Server) messageResource(c *call) (any, error) {
	kind := c.query("type", "")
	if kind != "image" && kind != "file" {
		return nil, fail(234001, "type must be image or file")
	}
	m, ok := s.messages.Get(c.param("id"))
	in, _ := s.chats.Get(m.ChatID)
	switch {
	case !ok:
		return nil, fail(234001, "invalid message_id")
	case !in.BotIn:
		return nil, fail(234004, "")
	case m.Type == "interactive" || m.Type == "sticker" || m.Type == "merge_forward":
		return nil, fail(234043, "")
	}
	res, known := s.resources.Get(c.param("key"))
	if !known || !slices.Contains(m.Keys, res.Key) || (kind == "image") != (res.Kind == "image") {
		return nil, fail(234003, "")
	}
	return s.bytesOf(res)
}

// ownResource serves GET /im/v1/images/:key and /im/v1/files/:key: the app's own uploads only.
func (s *Server) ownResource(c *call) (any, error) {
	res, ok := s.resources.Get(c.param("key"))
	switch {
	case !ok:
		return nil, fail(234001, "invalid key")
	case res.Owner != "":
		return nil, fail(234008, "")
	}
	return s.bytesOf(res)
}

func (s *Server) bytesOf(res resource) (any, error) {
	data, err := s.w.Journal.Blob(res.Key)
	if err != nil {
		return nil, fail(234001, "%v", err)
	}
	return download{res, data}, nil
}

// contentDisposition names a download.
func contentDisposition(filename string) string {
	if v := mime.FormatMediaType("attachment", map[string]string{"filename": filename}); v != "" {
		return v
	}
	return "attachment"
}
