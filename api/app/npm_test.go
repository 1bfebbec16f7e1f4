package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// npm is a registry that speaks as npm's does, with two packages in it, of which one
// has two versions, and whose scripts write a file.
type npm struct {
	*httptest.Server

	mu   sync.Mutex
	what []string
}

func (n *npm) asked(part string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Contains(strings.Join(n.what, "\n"), part)
}

func newNpm(t *testing.T, ran string) *npm {
	t.Helper()
	n := &npm{}
	packages := map[string]map[string]string{
		"@acme/theirs": {
			"package.json": `{"name":"@acme/theirs","version":"1.0.0","license":"MIT","type":"module","dependencies":{"words":"^1.0.0","@pipedream/platform":"^3.0.0"},"scripts":{"install":"touch ` + ran + `","prepare":"touch ` + ran + `"}}`,
			"actions/say/say.mjs": `import { word } from "words"; import { axios } from "@pipedream/platform";
				export default {key: "theirs-say", name: "Say", description: "Says it.", version: "0.0.1", type: "action", props: {}, run() { return axios && word }}`,
		},
		"words": {
			"package.json": `{"name":"words","version":"1.0.0","type":"module","main":"index.js","dependencies":{"@pipedream/platform":"^3.0.0"},"scripts":{"install":"touch ` + ran + `"}}`,
			"index.js":     `export const word = "a word of another package"`,
		},
	}
	older := map[string]map[string]string{"words": maps.Clone(packages["words"])}
	packages["words"]["package.json"] = strings.Replace(packages["words"]["package.json"], "1.0.0", "1.1.0", 1)
	packages["words"]["index.js"] = `export const word = "a newer word"`
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
		n.mu.Lock()
		n.what = append(n.what, name)
		n.mu.Unlock()
		name, archive, isArchive := strings.Cut(name, "/-/")
		files, ok := packages[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		kept := []map[string]string{files}
		if older[name] != nil {
			kept = append(kept, older[name])
		}
		versions, newest := map[string]any{}, ""
		for _, files := range kept {
			var manifest map[string]any
			_ = json.Unmarshal([]byte(files["package.json"]), &manifest)
			version, _ := manifest["version"].(string)
			packed := tgz(t, files)
			if isArchive && archive == version+".tgz" {
				_, _ = w.Write(packed)
				return
			}
			sum := sha512.Sum512(packed)
			manifest["dist"] = map[string]any{"tarball": n.URL + "/" + name + "/-/" + version + ".tgz", "integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
			versions[version], newest = manifest, max(newest, version)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"name": name, "dist-tags": map[string]string{"latest": newest}, "versions": versions})
	}))
	t.Cleanup(n.Close)
	return n
}

func tgz(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + name, Size: int64(len(files[name])), Mode: 0o644}); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte(files[name]))
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := zipped.Close(); err != nil {
		t.Error(err)
	}
	return out.Bytes()
}
