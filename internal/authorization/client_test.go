package authorization_test

import (
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/egress"
)

// A redirect URI fits letter by letter; on the user's own machine the port may be another.
func TestRedirects(t *testing.T) {
	t.Parallel()
	registered := []string{"https://agent.example/cb", "http://127.0.0.1/cb", "http://[::1]:80/cb", "http://localhost:4711/a?x=1", "cursor://anysphere.cursor/cb"}
	for uri, want := range map[string]bool{
		"https://agent.example/cb":       true,
		"https://agent.example:443/cb":   false,
		"https://AGENT.example/cb":       false,
		"https://agent.example/cb/":      false,
		"https://agent.example/cb#x":     false,
		"https://agent.example/cb?x=1":   false,
		"https://u@agent.example/cb":     false,
		"https://agent.example.evil/cb":  false,
		"http://agent.example/cb":        false,
		"http://127.0.0.1/cb":            true,
		"http://127.0.0.1:8080/cb":       true,
		"http://127.0.0.1:8080/cb/x":     false,
		"http://127.0.0.2/cb":            false,
		"http://127.0.0.1.evil.test/cb":  false,
		"http://127.0.0.1@evil.test/cb":  false,
		"https://127.0.0.1:8080/cb":      false,
		"http://[::1]:9/cb":              true,
		"http://localhost/a?x=1":         true,
		"http://localhost:1/a?x=2":       false,
		"cursor://anysphere.cursor/cb":   true,
		"cursor://anysphere.cursor/cb2":  false,
		"javascript:alert(1)":            false,
		"data:text/html,x":               false,
		"":                               false,
		"https://agent.example/cb\r\nX:": false,
	} {
		if got := authorization.Allows(registered, uri); got != want {
			t.Errorf("%q: %v", uri, got)
		}
	}
	for _, uri := range []string{"javascript:alert(1)", "data:text/html,x", "http://agent.example/cb", "file:///x", "JavaScript:alert(1)"} {
		if authorization.Allows([]string{uri}, uri) {
			t.Errorf("a client registered %q, and is answered there", uri)
		}
	}
}

// A client id is an https address with a path, and nothing that could be read in two ways.
func TestDocumentAddresses(t *testing.T) {
	t.Parallel()
	public, local := &authorization.Service{Guard: egress.NewGuard()}, &authorization.Service{Guard: egress.NewGuard(), Local: true}
	for id, want := range map[string]string{
		"https://agent.example/client.json":                  "agent.example",
		"https://agent.example:8443/c?v=1":                   "agent.example:8443",
		"https://agent.example":                              "",
		"https://agent.example/":                             "",
		"https://agent.example/a/../b":                       "",
		"https://agent.example/a/%2E%2e/b":                   "",
		"https://agent.example/./b":                          "",
		"https://agent.example/c#x":                          "",
		"https://u:p@agent.example/c":                        "",
		"http://agent.example/c":                             "",
		"http://127.0.0.1/c":                                 "",
		"https://127.0.0.1/c":                                "",
		"https://[::1]/c":                                    "",
		"https://localhost/c":                                "",
		"https://169.254.169.254/latest/meta-data/c":         "",
		"https://2130706433/c":                               "",
		"https://agent.example:25/c":                         "",
		"ftp://agent.example/c":                              "",
		"https:///c":                                         "",
		"https://agent.example/" + strings.Repeat("x", 2000): "",
	} {
		host, err := public.Host(id)
		if host != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", id, host, err)
		}
	}
	if _, err := local.Host("http://agent.example/c"); err == nil {
		t.Error("on a developer's machine http is for that machine alone")
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Claude \n Desktop\t":       "Claude Desktop",
		"Pay\u202egpj.exe":          "Paygpj.exe",
		"zero\u200bwidth":           "zerowidth",
		"\x00\x1b[31mred":           "[31mred",
		"\xff\xfe":                  "",
		strings.Repeat("é", 90):     strings.Repeat("é", 80) + "…",
		"<script>alert(1)</script>": "<script>alert(1)</script>", // shown as it is: the page escapes it
	} {
		if got := authorization.Label(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A document is believed for as long as it says, within bounds.
func TestFreshness(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]float64{
		"": 60, "max-age=600": 600, "public, Max-Age=3600": 3600, "max-age=0": 60, "max-age=-5": 60, "max-age=99999999": 86400, "no-store, max-age=600": 60, "max-age=x": 60,
	} {
		if got := authorization.Fresh(header); got != want {
			t.Errorf("%q: %v s, want %v", header, got, want)
		}
	}
}
