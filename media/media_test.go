package media_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/media"
)

func TestSameContentIsKeptOnceAndComesBackWhole(t *testing.T) {
	ctx, root := context.Background(), t.TempDir()
	f, err := media.OpenFolder(root)
	require.NoError(t, err)
	data := bytes.Repeat([]byte("图"), 5000)
	one, err := f.Put(ctx, "a.PNG", bytes.NewReader(data))
	require.NoError(t, err)
	two, err := f.Put(ctx, "b.png", bytes.NewReader(data))
	require.NoError(t, err)
	require.Equal(t, one, two)
	require.True(t, strings.HasSuffix(one, ".png"))

	r, size, err := f.Open(ctx, one)
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, data, got)
	require.EqualValues(t, len(data), size)
}

func TestNamesAndKeysWithPathTricksStayInside(t *testing.T) {
	ctx, root := context.Background(), filepath.Join(t.TempDir(), "media")
	f, err := media.OpenFolder(root)
	require.NoError(t, err)
	key, err := f.Put(ctx, "../../evil.sh/..", strings.NewReader("x"))
	require.NoError(t, err)
	require.Len(t, key, 64)
	for _, bad := range []string{"../../etc/passwd", "", key + "/../x", strings.Repeat("a", 64) + ".p/x"} {
		_, _, err := f.Open(ctx, bad)
		require.ErrorIs(t, err, media.ErrUnknown, bad)
	}
}

func TestEmptyAndOversizedFilesAreRefusedAndLeaveNothing(t *testing.T) {
	ctx, root := context.Background(), t.TempDir()
	f, err := media.OpenFolder(root)
	require.NoError(t, err)
	_, err = f.Put(ctx, "a", strings.NewReader(""))
	require.ErrorIs(t, err, media.ErrEmpty)
	_, err = f.Put(ctx, "a", io.LimitReader(zeros{}, media.MaxSize+1))
	require.ErrorIs(t, err, media.ErrTooLarge)
	left, err := os.ReadDir(root)
	require.NoError(t, err)
	require.Empty(t, left)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
