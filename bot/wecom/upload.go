package wecom

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"servicedesk/tickets"
)

// Limits of media/upload (document 90253), in bytes.
const (
	smallestMedia = 6
	largestImage  = 10 << 20
	largestFile   = 20 << 20
	// mediaLife stays below the three days for which WeCom keeps an upload.
	mediaLife = 60 * time.Hour
)

// sendMedia uploads the file, unless WeCom still has it, and sends it. A media id that died early (40007) is replaced once.
func (c *Client) sendMedia(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error) {
	for again := false; ; again = true {
		up, cached, err := c.uploaded(ctx, *out.Media)
		if err != nil {
			return tickets.Receipt{}, certain(err)
		}
		msg := envelope(out)
		msg.Kind = up.kind
		if up.kind == "image" {
			msg.Image = &mediaBody{MediaID: up.id}
		} else {
			msg.File = &mediaBody{MediaID: up.id}
		}
		receipt, err := c.send(ctx, msg)
		if codeOf(err) != codeBadMedia || again || !cached {
			return receipt, err
		}
		if err := c.tokens.shared.Delete(ctx, c.mediaKey(out.Media.Key)); err != nil {
			c.log.Warn("dead wecom media id not removed from the shared cache", slog.Any("error", err))
		}
	}
}

// upload is a file that WeCom has.
type upload struct {
	kind string // image or file
	id   string
}

// mediaKey is under which the shared cache keeps "kind id" of a file that was uploaded.
func (c *Client) mediaKey(file string) string { return "wecom_media_" + c.corpID + "_" + file }

// uploaded gives what WeCom calls the file; cached says that it comes from an earlier upload.
func (c *Client) uploaded(ctx context.Context, a tickets.Attachment) (up upload, cached bool, err error) {
	if v, err := c.tokens.shared.Get(ctx, c.mediaKey(a.Key)); err == nil {
		if kind, id, ok := strings.Cut(v, " "); ok {
			return upload{kind: kind, id: id}, true, nil
		}
	}
	up, err = c.upload(ctx, a)
	if err != nil {
		return upload{}, false, err
	}
	if err := c.tokens.shared.Set(ctx, c.mediaKey(a.Key), up.kind+" "+up.id, mediaLife); err != nil {
		c.log.Warn("wecom media id not kept", slog.Any("error", err))
	}
	return up, false, nil
}

func (c *Client) upload(ctx context.Context, a tickets.Attachment) (upload, error) {
	ctx, cancel := context.WithTimeout(ctx, mediaTimeout)
	defer cancel()
	kind, name, err := c.inspect(ctx, a)
	if err != nil {
		return upload{}, err
	}
	head, tail, contentType := formFrame(name)
	var out struct {
		answer
		MediaID string `json:"media_id"`
	}
	err = c.call(ctx, request{
		method: http.MethodPost, path: "media/upload", query: url.Values{"type": {kind}}, contentType: contentType,
		body: func() (io.Reader, int64, error) {
			file, size, err := c.openFile(ctx, a.Key)
			if err != nil {
				return nil, 0, err
			}
			form := io.MultiReader(bytes.NewReader(head), file, bytes.NewReader(tail))
			return readCloser{form, file}, int64(len(head)+len(tail)) + size, nil
		},
	}, &out)
	if err == nil && out.MediaID == "" {
		err = unreadable(nil)
	}
	return upload{kind: kind, id: out.MediaID}, err
}

type readCloser struct {
	io.Reader
	io.Closer
}

// inspect decides as what a file is sent, by its first bytes: WeCom takes JPEG and PNG as images, everything else as a file.
func (c *Client) inspect(ctx context.Context, a tickets.Attachment) (kind, name string, err error) {
	file, size, err := c.openFile(ctx, a.Key)
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	start := make([]byte, 512)
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", "", failure(tickets.Transient, "the file cannot be read")
	}
	switch {
	case size < smallestMedia:
		return "", "", failure(tickets.Rejected, "file of less than six bytes")
	case size > largestFile:
		return "", "", failure(tickets.Rejected, "file over 20 MB")
	}
	found := http.DetectContentType(start[:n])
	kind, name = "file", nameFor(a.Name, found)
	if a.Image && size <= largestImage && (found == "image/jpeg" || found == "image/png") {
		kind = "image"
	}
	return kind, name, nil
}

func (c *Client) openFile(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	if c.files == nil {
		return nil, 0, failure(tickets.Misconfigured, "no file store")
	}
	file, size, err := c.files.Open(ctx, key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, failure(tickets.Rejected, "the file is no longer kept")
	case err != nil:
		return nil, 0, failure(tickets.Transient, "the file cannot be opened")
	}
	return file, size, nil
}

// formFrame is the multipart form around the file, so that the form's length is known without holding the file.
func formFrame(name string) (head, tail []byte, contentType string) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	header := textproto.MIMEHeader{}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)
	header.Set("Content-Disposition", `form-data; name="media"; filename="`+quoted+`"`)
	header.Set("Content-Type", "application/octet-stream")
	_, _ = form.CreatePart(header) // a buffer takes everything
	head = bytes.Clone(b.Bytes())
	b.Reset()
	_ = form.Close()
	return head, b.Bytes(), form.FormDataContentType()
}
