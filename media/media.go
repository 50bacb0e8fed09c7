// Package media keeps files by their content: the same bytes are kept once, under the hash that names them.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// MaxSize is the largest file taken in, in bytes: Feishu hands out at most 100 MB (im/v1 message resources).
const MaxSize = 100 << 20

// Errors of the store.
var (
	ErrTooLarge = errors.New("the file is larger than 100 MB")
	ErrEmpty    = errors.New("the file is empty")
	ErrUnknown  = errors.New("there is no such file")
)

// Folder keeps files in a folder, two levels deep.
type Folder struct{ root string }

// OpenFolder prepares the folder.
func OpenFolder(root string) (*Folder, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("media folder: %w", err)
	}
	return &Folder{root: root}, nil
}

// extension is what a key may carry of a name: it helps platforms that look at it, and can hold no path.
var extension = regexp.MustCompile(`^\.[a-z0-9]{1,8}$`)

// keyForm is the form of every key; nothing else reaches the file system.
var keyForm = regexp.MustCompile(`^[0-9a-f]{64}(\.[a-z0-9]{1,8})?$`)

// Put streams a file in and gives its key. It is durable when Put returns; the same content gives the same key.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader) (string, error) {
	tmp, err := os.CreateTemp(f.root, "incoming-*")
	if err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when it was renamed
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, hash), io.LimitReader(readerOf(ctx, r), MaxSize+1))
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("keep a file: %w", err)
	case n > MaxSize:
		return "", ErrTooLarge
	case n == 0:
		return "", ErrEmpty
	}
	key := hex.EncodeToString(hash.Sum(nil))
	if ext := strings.ToLower(filepath.Ext(name)); extension.MatchString(ext) {
		key += ext
	}
	path := f.path(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	return key, nil
}

// Open gives a kept file and its size in bytes; ErrUnknown when there is none.
func (f *Folder) Open(_ context.Context, key string) (io.ReadCloser, int64, error) {
	if !keyForm.MatchString(key) {
		return nil, 0, ErrUnknown
	}
	file, err := os.Open(f.path(key))
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, ErrUnknown
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open a file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, 0, fmt.Errorf("open a file: %w", err)
	}
	return file, info.Size(), nil
}

func (f *Folder) path(key string) string { return filepath.Join(f.root, key[:2], key[2:4], key) }

// ctxReader ends a copy when its context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func readerOf(ctx context.Context, r io.Reader) io.Reader { return &ctxReader{ctx, r} }

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
