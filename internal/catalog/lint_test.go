package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

const good = `schema: app/v1
slug: example
name: Example
description: A place to keep examples of things.
categories: [crm]
checked: '2026-11-21'
vars:
  shop: {from: user, kind: label, ask: {title: Shop}}
hosts:
  production: {api: 'https://{{ var.shop }}.example.com'}
auth:
  - id: oauth
    type: oauth2
    title: Sign in
    pkce: S256
    authorize: {url: '{{ host.api }}/authorize'}
    scopes: {profiles: {default: [read]}}
    token: {url: '{{ host.api }}/token', client_auth: body}
    refresh: {policy: rotating}
  - id: key
    type: key
    title: Use a key
    inputs: {key: {kind: secret, ask: {title: Key}}}
inject:
  oauth: {in: header, name: Authorization, value: 'Bearer {{ token.main.access }}'}
  key: {in: header, name: X-Key, value: '{{ input.key }}'}
identity: {request: {get: '{{ host.api }}/me'}, id: /id}
sources: [{about: all, url: 'https://example.com/docs', checked: '2026-11-21'}]
`

// Each broken rule is told with its line and place, and the file is not loaded.
func TestLint(t *testing.T) {
	t.Parallel()
	if _, problems := catalog.Lint([]byte(good)); len(problems) > 0 {
		t.Fatal(problems)
	}
	tests := map[string]struct{ from, to, want string }{
		"not YAML":                    {"name: Example", "name: [", "line "},
		"another schema":              {"app/v1", "app/v2", "line 1: schema:"},
		"a bad slug":                  {"slug: example", "slug: Bad Slug", "line 2: slug:"},
		"an unknown field":            {"name: Example", "name: Example\ntitel: x", "line 4: there is no field titel"},
		"an unknown type":             {"type: key", "type: magic", "line 21: auth[1].type:"},
		"no host":                     {"'https://{{ var.shop }}.example.com'", "example.com", "line 10: hosts.production.api:"},
		"http":                        {"'https://{{ var.shop }}.example.com'", "'http://example.com'", "is not an https URL"},
		"a user's text is the host":   {"kind: label", "kind: text", "could name any host"},
		"a user's text ends the host": {"{{ var.shop }}.example.com", "example.{{ var.shop }}", "could name any host"},
		"a token URL of the user's":   {"{{ host.api }}/token", "https://{{ var.shop }}/token", "could name any host"},
		"no authorize":                {"    authorize: {url: '{{ host.api }}/authorize'}\n", "", "authorize.url is missing"},
		"no client_auth":              {", client_auth: body", "", "client_auth is missing"},
		"no PKCE":                     {"    pkce: S256\n", "", "pkce is missing"},
		"PKCE off without a reason":   {"pkce: S256", "pkce: none", "pkce_note"},
		"no refresh policy":           {"    refresh: {policy: rotating}\n", "", "refresh.policy is missing"},
		"no default profile":          {"default: [read]", "full: [read]", "no profile default"},
		"no inputs":                   {"    inputs: {key: {kind: secret, ask: {title: Key}}}\n", "", "inputs are missing"},
		"a field twice":               {"inputs: {key: {kind", "inputs: {shop: {kind", "users are asked for \"shop\" in vars already"},
		"a secret among the vars":     {"ask: {title: Key}}}\n", "ask: {title: Key}}}\n    derive: {from_input: {shop: key}}\n", "is no input that may be told"},
		"a broken pattern":            {"kind: secret,", "kind: secret, pattern: '(',", "not a pattern"},
		"inject for nobody":           {"  key: {in: header", "  other: {in: header", "no method \"other\""},
		"no way to inject":            {"  key: {in: header, name: X-Key, value: '{{ input.key }}'}\n", "", "does not say how the credential"},
		"an input that is not there":  {"'{{ input.key }}'", "'{{ input.kye }}'", "no input kye"},
		"a var that is not there":     {"{{ var.shop }}.example", "{{ var.shpo }}.example", "no shpo in vars"},
		"a host that is not there":    {"'{{ host.api }}/me'", "'{{ host.apo }}/me'", "no apo in hosts"},
		"an unknown name":             {"'{{ host.api }}/me'", "'{{ secret.api }}/me'", "nothing is known by the name"},
		"a method twice":              {"id: key", "id: oauth", "id of an earlier method"},
		"no test":                     {"identity: {request: {get: '{{ host.api }}/me'}, id: /id}\n", "", "cannot be tested"},
		"a question without a title":  {", ask: {title: Shop}", "", "ask.title"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(good, tt.from, tt.to, 1)
			if src == good {
				t.Fatal("nothing was swapped")
			}
			_, problems := catalog.Lint([]byte(src))
			if text := fmt.Sprint(problems); len(problems) == 0 || !strings.Contains(text, tt.want) {
				t.Fatalf("Lint() = %s, want %q in it", text, tt.want)
			}
			if _, err := catalog.Parse([]byte(src)); err == nil {
				t.Fatal("Parse took it")
			}
		})
	}
}

// A small file that would take long to read, or be large once it is read, is
// refused before.
func TestLintBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"brackets":        {strings.Repeat("[", 100_000), "line 1: parts are nested"},
		"maps":            {"a: " + strings.Repeat("{a: ", 50_000), "line 1: parts are nested"},
		"list marks":      {"x: 1\n" + strings.Repeat("- ", 50_000), "line 2: parts are nested"},
		"repeated powers": {"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "line 2: a file repeats"},
		"of itself":       {"a: &a\n  b: *a\n", "a file repeats"},
		"too often":       {"a: &a [x]\nb: [" + strings.Repeat("*a, ", 51) + "]\n", "line 2: a file repeats"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, problems := catalog.Lint([]byte(tt.src)); len(problems) != 1 || !strings.Contains(problems[0].String(), tt.want) {
				t.Fatal(problems)
			}
		})
	}
}
