package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// holidays2027 is a publication in the public form. Nothing was published for 2027 when this was written; the feast days are those of the law.
func holidays2027(t *testing.T) string {
	t.Helper()
	type day struct {
		Name string `json:"name"`
		Date string `json:"date"`
		Off  bool   `json:"isOffDay"`
	}
	var days []day
	for _, row := range []struct {
		name string
		days []string
	}{
		{"元旦", []string{"01-01"}}, {"春节", []string{"02-05", "02-06", "02-07", "02-08", "02-09", "02-10", "02-11", "02-12"}}, {"清明节", []string{"04-05"}},
		{"劳动节", []string{"05-01", "05-03", "05-04"}}, {"端午节", []string{"06-09"}}, {"中秋节", []string{"09-15"}},
		{"国庆节", []string{"10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07"}},
	} {
		for _, d := range row.days {
			days = append(days, day{row.name, "2027-" + d, true})
		}
	}
	days = append(days, day{"春节", "2027-02-14", false})
	data, err := json.Marshal(map[string]any{"year": 2027, "days": days})
	require.NoError(t, err)
	return strings.ReplaceAll(string(data), "},", "},\n")
}

// imports runs `servicedesk import` on a file with that text, beside the running desk.
func (s *story) imports(name, text string, flags ...string) (code int, said string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), name)
	require.NoError(s.t, os.WriteFile(file, []byte(text), 0o600))
	var out strings.Builder
	in := &invocation{args: append([]string{"import", file}, flags...), stdout: &out, stderr: &out,
		env: []string{"SERVICEDESK_DATABASE_URL=" + s.cfg["database.url"]}}
	code = run(s.t.Context(), in)
	return code, out.String()
}

func TestStoryOfTheNextYearsHolidays(t *testing.T) {
	stage{start: "2026-10-30T10:00:00+08:00"}.stories(t, func(t *testing.T, s *story) {
		zheng, direct := s.Feishu("郑宇"), s.Direct("郑宇")
		s.Forward(24 * time.Hour)
		direct.SeesNot("还没有 2027 年的节假日")
		s.Forward(3 * 24 * time.Hour)
		direct.SeesTimes(1, "还没有 2027 年的节假日") // Monday, 2 November
		s.Forward(7 * 24 * time.Hour)
		direct.SeesTimes(2, "还没有 2027 年的节假日")
		s.Forward(30 * 24 * time.Hour)
		zheng.Asks("/日历")
		direct.Sees("未来 60 天", "2027 年的放假安排尚无")

		sound := holidays2027(t)
		for name, faulty := range map[string]string{
			"缺少 2027-10-01（国庆节）":    strings.Replace(sound, "2027-10-01", "2027-10-08", 1),
			"2027-02-06 写了两次":       strings.Replace(sound, "2027-02-05", "2027-02-06", 1),
			"2027-02-14 既写了放假又写了上班": strings.Replace(sound, "2027-02-12", "2027-02-14", 1),
			"格式有误":                  sound[:100],
		} {
			code, said := s.imports("faulty.json", faulty)
			require.Equal(t, exitFailed, code, said)
			require.Contains(t, said, name)
			require.Contains(t, said, "nothing was written")
			zheng.Asks("/日历 导入 " + strings.ReplaceAll(faulty, "\n", " "))
			direct.Sees("没有导入，什么都没改", name)
		}
		code, said := s.imports("2027.json", sound, "--dry-run")
		require.Equal(t, exitGood, code, said)
		require.Contains(t, said, "nothing was written")
		zheng.Asks("/日历")
		direct.SeesTimes(2, "2027 年的放假安排尚无")

		code, said = s.imports("2027.json", sound)
		require.Equal(t, exitGood, code, said)
		require.Contains(t, said, "holidays of 2027")
		zheng.Asks("/日历 导入 " + sound)
		direct.Sees("2027 年的节假日本来就是这样")
		zheng.Asks("/calendar")
		direct.Sees("2027-01-01 元旦，不上班")
		direct.SeesTimes(2, "2027 年的放假安排尚无")
		reminders := len(direct.Heard("还没有 2027 年的节假日"))
		s.Forward(8 * 24 * time.Hour)
		require.Len(t, direct.Heard("还没有 2027 年的节假日"), reminders, "nobody is reminded of what is there")
	})
}
