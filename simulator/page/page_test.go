package page

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func request(method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

// eachAsset calls f with the name and text of every embedded file.
func eachAsset(t *testing.T, f func(name, text string)) {
	t.Helper()
	require.NoError(t, fs.WalkDir(files, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		f(name, string(text))
		return err
	}))
}

func TestServesThePageAndItsParts(t *testing.T) {
	root := request("GET", "/")
	require.Equal(t, http.StatusOK, root.Code)
	require.Equal(t, "text/html; charset=utf-8", root.Header().Get("Content-Type"))
	require.Contains(t, root.Body.String(), "<html")
	policy := root.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")

	for target, want := range map[string]string{
		"/assets/js/main.js": "text/javascript; charset=utf-8", "/assets/css/base.css": "text/css; charset=utf-8", "/assets/icon.svg": "image/svg+xml",
	} {
		w := request("GET", target)
		require.Equal(t, http.StatusOK, w.Code, target)
		require.Equal(t, want, w.Header().Get("Content-Type"), target)
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), target)
		again := request("GET", target, "If-None-Match", w.Header().Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.Code, target)
		require.Zero(t, again.Body.Len(), target)
	}
}

func TestRefusesWhatItDoesNotHave(t *testing.T) {
	for _, target := range []string{"/nothing", "/assets/", "/assets/js", "/assets/js/none.js", "/assets/../page.go"} {
		w := request("GET", target)
		require.NotEqual(t, http.StatusOK, w.Code, target)
		require.NotContains(t, w.Body.String(), "package page", target)
	}
	require.Equal(t, http.StatusMethodNotAllowed, request("POST", "/").Code)
}

func TestPartsThatFilesNameExist(t *testing.T) {
	named := regexp.MustCompile(`(?:from |href=|src=|url\()["'](\.?/[^"']+)["']`)
	seen := 0
	eachAsset(t, func(name, text string) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			target := m[1]
			if strings.HasPrefix(target, "./") {
				target = "/" + path.Join(path.Dir(name), target)
			}
			seen++
			require.Equal(t, http.StatusOK, request("GET", target).Code, "%s names %s", name, m[1])
		}
	})
	require.Greater(t, seen, 50)
}

func TestNothingComesFromOutside(t *testing.T) {
	outside := regexp.MustCompile("[\"'`(=]\\s*(?:https?:)?//[a-z0-9.-]+\\.[a-z]{2,}")
	eachAsset(t, func(name, text string) {
		text = strings.ReplaceAll(text, "http://www.w3.org/2000/svg", "")
		require.Empty(t, outside.FindAllString(text, -1), name)
	})
}

func TestWordsNeverBecomeMarkup(t *testing.T) {
	ways := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment|\beval\(|new Function|setAttribute\('style'`)
	eachAsset(t, func(name, text string) {
		if strings.HasSuffix(name, ".js") {
			require.Empty(t, ways.FindAllString(text, -1), name)
		}
	})
}

func TestEveryTextIsThereInBothLanguages(t *testing.T) {
	entry := regexp.MustCompile(`(?m)^  (?:'([^']+)'|(\w+)): \['([^']*)', '([^']*)'\],$`)
	source, err := files.ReadFile("assets/js/words.js")
	require.NoError(t, err)
	words := map[string]bool{}
	for _, m := range entry.FindAllStringSubmatch(string(source), -1) {
		words[m[1]+m[2]] = true
		require.NotEmpty(t, m[3], "中文 of %s%s", m[1], m[2])
		require.NotEmpty(t, m[4], "English of %s%s", m[1], m[2])
	}
	require.Equal(t, strings.Count(string(source), "],\n"), len(words), "an entry is not written as key: ['中文', 'English'],")

	literal := regexp.MustCompile(`\bt\('([^']+)'`)
	used := map[string]bool{}
	all := ""
	eachAsset(t, func(name, text string) {
		if name == "assets/js/words.js" {
			return
		}
		all += text
		for _, m := range literal.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
			require.True(t, words[m[1]], "%s uses the text %s, which words.js lacks", name, m[1])
		}
	})
	for key := range words {
		composed := false // such as `fault-${name}-hint`
		for i, c := range key {
			composed = composed || c == '-' && strings.Contains(all, "`"+key[:i+1]+"${")
		}
		require.True(t, used[key] || composed || strings.Contains(all, "'"+key+"'") || strings.HasSuffix(key, "-long"), "nothing uses the text %s", key)
	}
}

func TestFilesStaySmall(t *testing.T) {
	eachAsset(t, func(name, text string) {
		require.Less(t, strings.Count(text, "\n"), 400, name)
	})
}
