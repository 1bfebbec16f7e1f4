package hosted

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
)

const assetPath = "/_static/connect/"

// built is the page's front end as the build left it. Without a build it is
// empty: the pages then say so, and everything else works.
type built struct {
	style   string           // put into each page, so that nothing is fetched before the first paint
	scripts map[string]entry // by the name of their source
	assets  map[string]asset // by their path below assetPath
	preview []byte           // every screen from fixtures; nothing of a user
}

// entry is a script and what it imports.
type entry struct {
	File    string
	CSS     []string
	Imports []string
}

// asset is a file in both forms in which it is sent.
type asset struct{ plain, zipped []byte }

func readBuilt(files fs.FS) (*built, error) {
	b := &built{scripts: map[string]entry{}, assets: map[string]asset{}}
	manifest, err := fs.ReadFile(files, "connect/dist/.vite/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(manifest, &b.scripts)
	}
	if err != nil {
		return nil, fmt.Errorf("read the connect page's manifest: %w", err)
	}
	names, err := fs.Glob(files, "connect/dist/assets/*")
	if err != nil {
		return nil, fmt.Errorf("read the connect page: %w", err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the connect page: %w", err)
		}
		b.assets[strings.TrimPrefix(name, "connect/dist/")] = asset{raw, zip(raw)}
	}
	for _, e := range b.chunks("src/page.tsx") {
		for _, css := range e.CSS {
			b.style += string(b.assets[css].plain)
		}
	}
	b.preview, _ = fs.ReadFile(files, "connect/dist/preview.html")
	return b, nil
}

// chunks returns a script and all that it imports.
func (b *built) chunks(source string) []entry {
	e, ok := b.scripts[source]
	if !ok {
		return nil
	}
	out := []entry{e}
	for _, name := range e.Imports {
		out = append(out, b.chunks(name)...)
	}
	return out
}

// of returns the addresses of a script and of what it imports; "" without a build.
func (b *built) of(source string) (script string, chunks []string) {
	for i, e := range b.chunks(source) {
		if i == 0 {
			script = assetPath + e.File
		} else {
			chunks = append(chunks, assetPath+e.File)
		}
	}
	return script, slices.Compact(chunks)
}

// serve sends a file. Its name holds its hash, so it is kept for good.
func (b *built) serve(c *gin.Context) {
	name := strings.TrimPrefix(c.Param("file"), "/")
	a, ok := b.assets[name]
	if !ok {
		answer.Error(c, answer.ErrUnknownRoute)
		return
	}
	kind := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}[path.Ext(name)]
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("X-Content-Type-Options", "nosniff")
	send(c, http.StatusOK, kind, a.plain, a.zipped)
}

// send sends a text compressed to whoever takes that. What it says of a user is
// asked for with a token that nobody else can put into the request, so its
// length tells nothing to a stranger.
func send(c *gin.Context, status int, kind string, plain, zipped []byte) {
	c.Header("Vary", "Accept-Encoding")
	if !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		c.Data(status, kind, plain)
		return
	}
	if zipped == nil {
		zipped = zip(plain)
	}
	c.Header("Content-Encoding", "gzip")
	c.Data(status, kind, zipped)
}

func zip(raw []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(raw) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// preview shows any screen in any state to a page of our own origin, such as the
// console's.
func (s *Server) preview(c *gin.Context) {
	if s.built.preview == nil {
		answer.Error(c, answer.ErrUnknownRoute)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	send(c, http.StatusOK, "text/html; charset=utf-8", s.built.preview, nil)
}
