package catalog_test

import (
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

func load(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load("https://patchbay.test", "https://acme.test")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoad(t *testing.T) {
	t.Parallel()
	c := load(t)
	a, err := c.Get("acme_crm")
	if err != nil {
		t.Fatal(err)
	}
	if byID, err := c.Get(a.ID); err != nil || byID != a {
		t.Fatalf("Get(%s) = %v, %v", a.ID, byID, err)
	}
	p := c.Public(a)
	if p.AuthType != "oauth" || p.CustomFieldsJSON != "[]" || p.Connect.AllowedDomains[0] != "acme.test" || len(p.ScopeProfiles) != 3 {
		t.Fatalf("%+v", p)
	}
	k, err := c.Get("acme_crm_key")
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Public(k); p.AuthType != "keys" || !strings.Contains(p.CustomFieldsJSON, `"name":"api_key"`) {
		t.Fatalf("%+v", p)
	}
	bare, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Get("acme_crm"); err == nil {
		t.Error("the demo's app is there without the demo")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	c := load(t)
	tests := map[string]struct {
		filter catalog.Filter
		first  string // "" = none is found
	}{
		"what people look for most": {catalog.Filter{}, "acme_crm"},
		"by name":                   {catalog.Filter{Q: "Google Sheets"}, "google_sheets"},
		"by a part":                 {catalog.Filter{Q: "sheet"}, "google_sheets"},
		"a letter is wrong":         {catalog.Filter{Q: "googel sheets"}, "google_sheets"},
		"a letter is missing":       {catalog.Filter{Q: "gogle sheets"}, "google_sheets"},
		"by what it is for":         {catalog.Filter{Q: "spreadsheets"}, "google_sheets"},
		"no such":                   {catalog.Filter{Q: "zzzzzz"}, ""},
		"one word of two is none":   {catalog.Filter{Q: "google zzzzzz"}, ""},
		"by category":               {catalog.Filter{Categories: []string{"demo"}}, "acme_crm"},
		"by the category's id":      {catalog.Filter{Categories: []string{"appcat_spreadsheets"}}, "google_sheets"},
		"no such category":          {catalog.Filter{Categories: []string{"appcat_none"}}, ""},
		"by slug":                   {catalog.Filter{Q: "acme", SortKey: "name_slug"}, "acme_crm"},
		"by slug, descending":       {catalog.Filter{Q: "acme", SortKey: "name_slug", Descending: true}, "acme_crm_key"},
		"by weight, ascending":      {catalog.Filter{Q: "acme", SortKey: "featured_weight"}, "acme_crm_key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.List(tt.filter)
			first := ""
			if len(got) > 0 {
				first = got[0].Slug
			}
			if first != tt.first {
				t.Fatalf("List() begins with %q, want %q", first, tt.first)
			}
		})
	}
	if cats := c.Categories(); len(cats) < 2 || cats[0].Name > cats[1].Name {
		t.Errorf("Categories() = %v", cats)
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	a, err := load(t).Get("acme_crm")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"/api/me?x=1":                     "https://acme.test/api/me?x=1",
		"https://acme.test/api/me":        "https://acme.test/api/me",
		"https://ACME.test/api/me":        "https://ACME.test/api/me",
		"https://evil.test/api/me":        "",
		"http://acme.test/api/me":         "",
		"https://acme.test.evil.test":     "",
		"https://acme.test@evil.test":     "",
		"https://u:p@acme.test/":          "",
		"https://acme.test:8443/":         "",
		"//evil.test/x":                   "https://acme.test//evil.test/x",
		"javascript:alert(1)":             "",
		"\thttps://acme.test/":            "",
		"relative/path":                   "",
		"https://acme.test\\@evil.test/x": "",
	}
	for in, want := range tests {
		u, ok := a.Target(in, nil)
		got := ""
		if ok {
			got = u.String()
		}
		if got != want {
			t.Errorf("Target(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	values := map[string]string{"token.access": "t", "var.empty": "", "var.shop": "My Shop", "input.doc": `{"a":{"b":"deep"}}`}
	tests := map[string]struct{ text, want string }{
		"twice":                  {"Bearer {{ token.access }}{{token.access}}", "Bearer tt"},
		"a default for nothing":  {"{{ var.none | default: login.example.com }}", "login.example.com"},
		"a default for an empty": {"{{ var.empty | default: x }}", "x"},
		"no default needed":      {"{{ var.shop | default: x }}", "My Shop"},
		"nothing is fine":        {"[{{ var.none | omit_empty }}]", "[]"},
		"escaped and lower":      {"{{ var.shop | lower | urlquery }}", "my+shop"},
		"base64":                 {"{{ token.access | base64 }}", "dA=="},
		"within JSON":            {"{{ input.doc/a/b }}", "deep"},
		"braces of others":       {`{"q": "{ shop { id } }"}`, `{"q": "{ shop { id } }"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := catalog.Expand(tt.text, values); err != nil || got != tt.want {
				t.Fatalf("Expand() = %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	for _, text := range []string{"{{ token.refresh }}", "{{ input.doc/a/c }}", "{{ token.access/x }}"} {
		if got, err := catalog.Expand(text, values); err == nil {
			t.Errorf("Expand(%s) = %q: a hole without a value was filled", text, got)
		}
	}
}

func TestVarCheck(t *testing.T) {
	t.Parallel()
	label := catalog.Var{Kind: "label", Pattern: "^[a-z0-9-]+$"}
	host := catalog.Var{Kind: "host", SuffixAny: []string{".my.example.com"}}
	instance := catalog.Var{Kind: "url", HostSuffixAny: []string{".example.com"}}
	enum := catalog.Var{Kind: "enum", Values: []string{"us", "eu"}}
	tests := map[string]struct {
		v    catalog.Var
		text string
		ok   bool
	}{
		"a label":                   {label, "my-shop", true},
		"a label with a dot":        {label, "evil.test", false},
		"a label with a slash":      {label, "x/../y", false},
		"a label with an at":        {label, "a@b", false},
		"an empty label":            {label, "", false},
		"a host below the suffix":   {host, "acme.my.example.com", true},
		"another host":              {host, "acme.my.example.com.evil.test", false},
		"the bare suffix":           {host, ".my.example.com", false},
		"a host with a port":        {host, "acme.my.example.com:8443", false},
		"an instance":               {instance, "https://eu1.example.com", true},
		"an instance of a stranger": {instance, "https://eu1.evil.test", false},
		"an instance without TLS":   {instance, "http://eu1.example.com", false},
		"a region":                  {enum, "eu", true},
		"no region":                 {enum, "mars", false},
	}
	for name, tt := range tests {
		if err := tt.v.Check(tt.text); (err == nil) != tt.ok {
			t.Errorf("%s: Check(%q) = %v, want ok: %v", name, tt.text, err, tt.ok)
		}
	}
}

func BenchmarkList(b *testing.B) {
	c := load(b)
	for b.Loop() {
		c.List(catalog.Filter{Q: "gogle shets"})
	}
}
