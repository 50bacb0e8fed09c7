package wecom

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// media is a file that somebody uploaded; its bytes are a blob of the journal.
type media struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"` // image, voice, video, file
	Filename string    `json:"filename"`
	Created  time.Time `json:"created"` // clock time
}

// uploadLimits are the largest sizes of media/upload in bytes, by type.
var uploadLimits = map[string]int{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}

// receiveLimits are the largest sizes of what a customer sends; above it only a hint arrives.
var receiveLimits = map[string]int{"image": 2 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}

// uploadMedia is media/upload.
func (s *Server) uploadMedia(_ http.ResponseWriter, r *http.Request) (any, error) {
	kind := r.URL.Query().Get("type")
	limit, known := uploadLimits[kind]
	if !known {
		return nil, refuse(codeBadMediaType, "")
	}
	file, head, err := r.FormFile("media")
	if err != nil {
		return nil, refuse(codeNoFile, "")
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, refuse(codeNoFile, "")
	}
	if len(data) <= 5 || len(data) > limit {
		return nil, refuse(codeBadFileSize, "")
	}
	if !looksLike(kind, data) {
		return nil, refuse(codeBadFileType, "")
	}
	kept, err := s.keepMedia(kind, head.Filename, data)
	if err != nil {
		return nil, err
	}
	return struct {
		reply
		Type      string `json:"type"`
		MediaID   string `json:"media_id"`
		CreatedAt string `json:"created_at"` // seconds, as a string
	}{ok, kind, kept.ID, strconv.FormatInt(kept.Created.Unix(), 10)}, nil
}

// looksLike tells whether data begins as a file of that type does.
func looksLike(kind string, data []byte) bool {
	switch kind {
	case "image":
		return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	case "voice":
		return bytes.HasPrefix(data, []byte("#!AMR")) && amrLength(data) <= 60*time.Second
	case "video":
		return len(data) > 8 && string(data[4:8]) == "ftyp"
	}
	return true
}

// amrFrameBytes is the size of a frame of 20 ms by its mode, the first byte included (RFC 4867, section 5.3).
var amrFrameBytes = [16]int{13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1}

// amrLength is the playing time of a narrow-band AMR file.
func amrLength(data []byte) (length time.Duration) {
	data = bytes.TrimPrefix(data, []byte("#!AMR\n"))
	for len(data) > 0 {
		size := amrFrameBytes[data[0]>>3&0x0f]
		data = data[min(size, len(data)):]
		length += 20 * time.Millisecond
	}
	return length
}

// keepMedia stores a file under a new media_id.
func (s *Server) keepMedia(kind, filename string, data []byte) (media, error) {
	m := media{ID: "3" + randomText(63), Type: kind, Filename: filename, Created: s.world.Clock.Now()}
	if err := s.world.Journal.PutBlob(m.ID, data); err != nil {
		return m, err
	}
	s.media.Put(m.ID, m)
	return m, nil
}

// livingMedia refuses an unknown media_id and one older than three days.
func (s *Server) livingMedia(id string) (media, error) {
	m, known := s.media.Get(id)
	if !known || !s.world.Clock.Now().Before(m.Created.Add(mediaLife)) {
		return m, refuse(codeBadMedia, "")
	}
	return m, nil
}

// getMedia is media/get.
func (s *Server) getMedia(w http.ResponseWriter, r *http.Request) (any, error) {
	m, err := s.livingMedia(r.URL.Query().Get("media_id"))
	if err != nil {
		return nil, err
	}
	return nil, s.writeMedia(w, r, m)
}

// writeMedia answers with the bytes.
func (s *Server) writeMedia(w http.ResponseWriter, r *http.Request, m media) error {
	data, err := s.world.Journal.Blob(m.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": m.name()}))
	w.Header().Set("Content-Type", m.contentType(data))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// name is the file's name, invented where the sender gave none.
func (m media) name() string {
	if m.Filename != "" {
		return m.Filename
	}
	endings := map[string]string{"image": ".jpg", "voice": ".amr", "video": ".mp4", "file": ""}
	return m.ID[:12] + endings[m.Type]
}

func (m media) contentType(data []byte) string {
	switch m.Type {
	case "voice":
		return "audio/amr"
	case "video":
		return "video/mp4"
	case "image":
		return http.DetectContentType(data)
	}
	return "application/octet-stream"
}
