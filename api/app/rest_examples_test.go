package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The examples of the contract are what the server was asked and answered:
// openapi/examples.json is written by this test (`make examples`), shown by the
// reference, and held against what is asked and answered today.
const examplesFile = "../../openapi/examples.json"

var writeExamples = os.Getenv("PATCHBAY_EXAMPLES") == "write"

// sample is what the contract says of an operation by showing it.
type sample struct {
	Path     string `json:"path"`
	Request  any    `json:"request,omitempty"`
	Status   int    `json:"status"`
	Response any    `json:"response,omitempty"`
}

type samples struct {
	mu  sync.Mutex
	all map[string]sample
}

// readExamples returns the examples that there are. Those that are written are
// written when all subtests are over.
func readExamples(t *testing.T) *samples {
	t.Helper()
	e := &samples{all: map[string]sample{}}
	if !writeExamples {
		raw, err := os.ReadFile(examplesFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &e.all); err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Cleanup(func() {
		var out bytes.Buffer
		put := json.NewEncoder(&out)
		put.SetEscapeHTML(false)
		put.SetIndent("", " ")
		if err := put.Encode(e.all); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(examplesFile, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return e
}

// check holds what was asked and answered against the example of an operation.
func (e *samples) check(t *testing.T, id, path, query, body string, r reply) {
	t.Helper()
	if query != "" {
		path = filled.ReplaceAllString(path+"?"+query, "")
	}
	var n names
	got := sample{Path: n.text(path), Request: n.document(body), Status: r.Status, Response: n.document(r.Body)}
	e.mu.Lock()
	defer e.mu.Unlock()
	if writeExamples {
		e.all[id] = got
		return
	}
	want, ok := e.all[id]
	if !ok {
		t.Errorf("the contract has no example of %s: run make examples", id)
		return
	}
	if got.Path != want.Path || got.Status != want.Status || !equalJSON(got.Request, want.Request) {
		t.Errorf("the example of %s is another request: run make examples\n%s %v\n%s %v", id, want.Path, want.Request, got.Path, got.Request)
	}
	for _, d := range differences("the answer", want.Response, got.Response) {
		t.Errorf("the example of %s shows what is not answered: %s; run make examples", id, d)
	}
}

func equalJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// differences says where two documents are not of one form. What is null or empty
// in one of them may be anything in the other.
func differences(at string, want, got any) (out []string) {
	switch w := want.(type) {
	case nil:
		return nil
	case map[string]any:
		g, ok := got.(map[string]any)
		if got == nil || ok && (len(w) == 0 || len(g) == 0) {
			return nil
		}
		if !ok {
			break
		}
		if a, b := slices.Sorted(maps.Keys(w)), slices.Sorted(maps.Keys(g)); !slices.Equal(a, b) {
			return []string{fmt.Sprintf("%s has %v, and not %v", at, b, a)}
		}
		for _, k := range slices.Sorted(maps.Keys(w)) {
			if k == "details" {
				continue // of entries and errors: those of another kind have others
			}
			out = append(out, differences(at+"."+k, w[k], g[k])...)
		}
		return out
	case []any:
		g, ok := got.([]any)
		if got == nil || ok && (len(w) == 0 || len(g) == 0) {
			return nil
		}
		if !ok {
			break
		}
		return differences(at+"[0]", w[0], g[0])
	default:
		if got == nil || fmt.Sprintf("%T", want) == fmt.Sprintf("%T", got) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is a %T, and not a %T", at, got, want)}
}

// names gives ids, times and secrets of a moment others that stay.
type names struct{ seen map[string]string }

var (
	ids      = regexp.MustCompile(`\b([a-z]{1,6})_[0-9a-hjkmnp-tv-z]{26}\b`)
	secrets  = regexp.MustCompile(`\b(pbs|pbk|whsec|pbl|rl|vn|mcpq|mcpk)_[0-9A-Za-z+/=_-]{16,}`)
	ctoks    = regexp.MustCompile(`\bctok_[0-9a-f]{32}\b`)
	tokens   = regexp.MustCompile(`\beyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+`)
	times    = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)`)
	days     = regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`)
	vars     = regexp.MustCompile(`\bV_[0-9a-hjkmnp-tv-z]{26}\b`)
	profiles = regexp.MustCompile(`\bp[0-9a-hjkmnp-tv-z]{26}\b`)
	filled   = regexp.MustCompile(`[?&]x=[^&]*`) // what a row asks for the sake of the table alone
	servers  = regexp.MustCompile(`https?://127\.0\.0\.1:\d+`)
	hashes   = regexp.MustCompile(`\b[0-9a-f]{32,64}\b`)
)

func (n *names) text(s string) string {
	if n.seen == nil {
		n.seen = map[string]string{}
	}
	s = ids.ReplaceAllStringFunc(s, func(id string) string {
		if n.seen[id] == "" {
			prefix, _, _ := strings.Cut(id, "_")
			n.seen[id] = prefix + "_06h00m4t6n8k9w3qv2xz5y7" + fmt.Sprintf("%03d", len(n.seen)+1)
		}
		return n.seen[id]
	})
	s = vars.ReplaceAllString(s, "API_URL")
	s = profiles.ReplaceAllString(s, "support-desk")
	s = ctoks.ReplaceAllString(s, "ctok_0123456789abcdef0123456789abcdef")
	s = secrets.ReplaceAllString(s, "${1}_example")
	s = tokens.ReplaceAllString(s, "eyJ.example.token")
	s = times.ReplaceAllString(s, "2026-01-02T03:04:05.678Z")
	s = days.ReplaceAllStringFunc(s, func(day string) string {
		if day == "2026-01-02" {
			return day
		}
		return "2026-01-03"
	})
	s = servers.ReplaceAllString(s, "https://patchbay.example.com")
	s = hashes.ReplaceAllStringFunc(s, func(h string) string { return strings.Repeat("0123456789abcdef", 4)[:len(h)] })
	if r := []rune(s); len(r) > 400 {
		return string(r[:399]) + "…"
	}
	return s
}

// document is a body as it is shown: a JSON document, or a text; nil = none that
// can be shown.
func (n *names) document(body string) any {
	var doc any
	switch err := json.Unmarshal([]byte(body), &doc); {
	case err == nil:
		return n.named(doc)
	case body == "" || strings.ContainsFunc(body, func(c rune) bool { return c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == '\uFFFD' }):
		return nil
	}
	return n.text(body)
}

// shown is how many things of a list an example has.
const shown = 2

func (n *names) named(doc any) any {
	switch v := doc.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[n.text(k)] = n.named(v[k])
		}
		return out
	case []any:
		out := []any{}
		for i := range v[:min(shown, len(v))] {
			out = append(out, n.named(v[i]))
		}
		return out
	case string:
		return n.text(v)
	}
	return doc
}
