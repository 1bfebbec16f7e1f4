// Package draft makes the beginning of an app file from an OpenAPI 3 document.
// What the document does not say is left out, with a comment of what is to be
// filled in: nothing is guessed.
package draft

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// ErrDocument is returned for what is not an OpenAPI 3 document.
var ErrDocument = errors.New("it is not an OpenAPI 3 document")

// New returns a draft of the app file of an API, in YAML. from is where the
// document was read, if that is an address; "" = nowhere that others could look.
func New(document []byte, slug, from string) ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil || !strings.HasPrefix(doc.OpenAPI, "3.") || doc.Info == nil {
		return nil, ErrDocument
	}
	d := &writer{doc: doc}
	d.line("schema: app/v1")
	d.line("slug: %s", slug)
	d.line("name: %s", quote(cut(doc.Info.Title, 80)))
	if text := sentence(doc.Info.Description); len(text) >= 10 {
		d.line("description: %s", quote(cut(text, 300)))
	} else {
		d.line("# description: what users do with it, in one sentence")
	}
	d.line("categories: [generic]   # choose: crm, developer_tools, email, …")
	d.links()
	d.hosts()
	d.methods()
	d.identity()
	d.sources(from)
	return []byte(d.out.String()), nil
}

type writer struct {
	doc    *openapi3.T
	out    strings.Builder
	inject []string
}

func (d *writer) line(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

func (d *writer) links() {
	if e := d.doc.ExternalDocs; e != nil && isHTTPS(e.URL) {
		d.line("links: {api_docs: %s}", quote(e.URL))
	}
}

var variable = regexp.MustCompile(`\{([A-Za-z0-9_.\-]+)\}`)

// hosts writes the first server as the base of the API, and asks users for the
// parts of it that differ.
func (d *writer) hosts() {
	at := slices.IndexFunc(d.doc.Servers, func(s *openapi3.Server) bool { return isHTTPS(variable.ReplaceAllString(s.URL, "x")) })
	if at < 0 {
		d.line("# hosts: the document names no https server")
		d.line("# hosts: {production: {api: 'https://api.example.com'}}")
		return
	}
	s := d.doc.Servers[at]
	names := variable.FindAllStringSubmatch(s.URL, -1)
	if len(names) > 0 {
		d.line("vars:")
	}
	for i, m := range names {
		name := varName(m[1])
		ask := fmt.Sprintf("ask: {title: %s, order: %d}", quote(title(m[1])), i+1)
		v := s.Variables[m[1]]
		switch {
		case v != nil && len(v.Enum) > 0:
			d.line("  %s: {from: user, kind: enum, values: [%s], %s}", name, strings.Join(each(v.Enum, quote), ", "), ask)
		default:
			d.line("  %s: {from: user, kind: label, %s}", name, ask)
		}
	}
	base := variable.ReplaceAllStringFunc(strings.TrimSuffix(s.URL, "/"), func(m string) string { return "{{ var." + varName(strings.Trim(m, "{}")) + " }}" })
	d.line("hosts:")
	d.line("  production: {api: %s}", quote(base))
	for i, other := range d.doc.Servers {
		if i != at && isHTTPS(other.URL) {
			d.line("  # the document has another server, too: %s", cut(other.URL, 200))
		}
	}
}

// identity names what could tell who is connected; which of it does is not in
// the document.
func (d *writer) identity() {
	for _, path := range []string{"/me", "/user", "/users/me", "/account", "/whoami", "/userinfo", "/profile", "/self"} {
		if item := d.doc.Paths.Value(path); item != nil && item.Get != nil {
			d.line("# identity: who is connected. The document has GET %s; name where its answer holds the id:", path)
			d.line("# identity: {request: {get: '{{ host.api }}%s'}, id: /id, name: /name}", path)
			return
		}
	}
	d.line("# identity: who is connected, or probe: a request that any good credential may make")
	d.line("# probe: {request: {get: '{{ host.api }}/…'}, dead: {status: [401]}}")
}

func (d *writer) sources(from string) {
	switch e := d.doc.ExternalDocs; {
	case isHTTPS(from):
		d.line("sources: [{about: OpenAPI document, url: %s}]", quote(from))
	case e != nil && isHTTPS(e.URL):
		d.line("sources: [{about: documentation, url: %s}]", quote(e.URL))
	default:
		d.line("# sources: [{about: everything, url: 'https://…'}]   # the provider's own documentation")
	}
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

func each(in []string, f func(string) string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = f(s)
	}
	return out
}

// quote writes a text of one line as YAML.
func quote(s string) string {
	return "'" + strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "'", "''") + "'"
}

func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if first, _, ok := strings.Cut(s, ". "); ok && len(first) >= 10 {
		return first + "."
	}
	return s
}

func cut(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

var odd = regexp.MustCompile(`[^a-z0-9]+`)

func varName(s string) string {
	s = strings.Trim(odd.ReplaceAllString(strings.ToLower(s), "_"), "_")
	if s == "" || s[0] < 'a' {
		s = "x" + s
	}
	return s[:min(len(s), 30)]
}

func title(s string) string {
	s = strings.ReplaceAll(varName(s), "_", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}
