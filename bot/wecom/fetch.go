package wecom

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"servicedesk/tickets"
)

// longestName bounds a file name, in bytes.
const longestName = 120

// Fetch opens a media item that the contact sent; the caller closes it. WeCom keeps it for three days: afterwards, and for an attachment without
// id, the error's class is Rejected. name is the file's name as WeCom gives it, or one made from the kind of content.
func (c *Client) Fetch(ctx context.Context, _ tickets.Inbound, a tickets.Attachment) (io.ReadCloser, string, error) {
	if a.Remote == "" {
		return nil, "", failure(tickets.Rejected, "media without id")
	}
	ctx, cancel := context.WithTimeout(ctx, mediaTimeout)
	var got *http.Response
	err := c.do(ctx, request{
		method: http.MethodGet, path: "media/get", query: url.Values{"media_id": {string(a.Remote)}},
	}, func(res *http.Response) error {
		if !isAnswer(res) {
			got = res
			return nil
		}
		defer res.Body.Close()
		body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		if err != nil {
			return transportError(err)
		}
		if err := decodeAnswer(res.StatusCode, body, &answer{}, res.Header); err != nil {
			return err
		}
		return unreadable(nil)
	})
	if err != nil {
		cancel()
		return nil, "", err
	}
	_, params, _ := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
	name := params["filename"]
	if name == "" {
		name = a.Name
	}
	return &download{got.Body, cancel}, nameFor(name, got.Header.Get("Content-Type")), nil
}

// isAnswer reports whether media/get answered in JSON, which means an error: a JSON file would come with a disposition.
func isAnswer(res *http.Response) bool {
	if res.StatusCode != http.StatusOK {
		return true
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return res.Header.Get("Content-Disposition") == "" && (kind == "application/json" || kind == "text/plain")
}

// download is a body that ends its deadline when it is closed. Its errors tell nothing of the address.
type download struct {
	body   io.ReadCloser
	cancel context.CancelFunc
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = transportError(err)
	}
	return n, err
}

func (d *download) Close() error {
	d.cancel()
	return d.body.Close()
}

// extensions name files that have no name; these are the kinds that WeCom sends.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
	"audio/amr": ".amr", "video/mp4": ".mp4", "application/pdf": ".pdf",
}

// nameFor is the cleaned name, or one made from the content's kind.
func nameFor(name, contentType string) string {
	if name = cleanName(name); name != "" {
		return name
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	ext, ok := extensions[kind]
	if !ok {
		ext = ".bin"
	}
	return "file" + ext
}

// cleanName keeps of a file name what is no path and no control character; the end with its extension survives a cut.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == ".." || name == "/" {
		return ""
	}
	if ext := path.Ext(name); len(name) > longestName && len(ext) < longestName/2 {
		return clip(strings.TrimSuffix(name, ext), longestName-len(ext)) + ext
	}
	return clip(name, longestName)
}
