package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

// desk runs the program as from a shell, on a database of its own.
type shell struct {
	t   *testing.T
	dir string
}

func (s shell) run(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	env := []string{"SERVICEDESK_DATABASE_URL=sqlite:" + filepath.Join(s.dir, "desk.db")}
	require.Equal(s.t, want, run(context.Background(), &invocation{args: args, env: env, stdout: &out, stderr: &errs}), errs.String())
	return out.String(), errs.String()
}

func (s shell) file(name string, data []byte) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s.t, os.WriteFile(path, data, 0o600))
	return path
}

// A dry run shows the difference and writes nothing, a faulty file changes nothing and says where, undo restores.
func TestImportDryRunAndUndo(t *testing.T) {
	s := shell{t, t.TempDir()}
	out, _ := s.run(exitGood, "import", "--sample", "--dry-run")
	require.Contains(t, out, "nothing was written")
	require.Contains(t, out, "客户 恒力电缆: 新增恒力电缆")
	require.NoFileExists(t, filepath.Join(s.dir, "desk.db"))
	_, errs := s.run(exitFailed, "import", "--undo")
	require.Contains(t, errs, "there is no import to take back")

	out, _ = s.run(exitGood, "import", "--sample")
	require.Contains(t, out, "3 customers, 11 staff")
	out, _ = s.run(exitGood, "import", "--sample")
	require.Contains(t, out, "0 changes")

	changed := bytes.Replace(customers.Sample, []byte("tier: C"), []byte("tier: B"), 1)
	file := s.file("new.yaml", changed)
	for range 2 {
		out, _ = s.run(exitGood, "import", file, "--dry-run")
		require.Contains(t, out, "客户 小微机械: 分层：C → B")
		require.Contains(t, out, "1 changes")
	}
	faulty := s.file("faulty.yaml", bytes.Replace(changed, []byte("end: 2027-06-30"), []byte("end: 2027-06-31"), 1))
	_, errs = s.run(exitFailed, "import", faulty)
	require.Regexp(t, `faulty\.yaml:\d+: customers\[2\]\.contract\.end: 看不懂日期`, errs)
	require.Contains(t, errs, "nothing was written")

	out, _ = s.run(exitGood, "import", file)
	require.Contains(t, out, "1 changes")
	out, _ = s.run(exitGood, "import", "--undo")
	require.Contains(t, out, "new.yaml")
	require.Contains(t, out, "1 changes taken back")
	out, _ = s.run(exitGood, "import", "--sample", "--dry-run")
	require.Contains(t, out, "0 changes")
	require.Equal(t, 1, strings.Count(out, "\n"))
}
