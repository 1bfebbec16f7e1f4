package catalog_test

import (
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

func load(t *testing.T) *catalog.Catalog {
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
		want   string
	}{
		"all":         {catalog.Filter{}, "acme_crm acme_crm_key"},
		"by text":     {catalog.Filter{Q: "API KEY"}, "acme_crm_key"},
		"no such":     {catalog.Filter{Q: "zzz"}, ""},
		"by weight":   {catalog.Filter{SortKey: "featured_weight"}, "acme_crm_key acme_crm"},
		"descending":  {catalog.Filter{SortKey: "name", Descending: true}, "acme_crm_key acme_crm"},
		"category":    {catalog.Filter{Categories: []string{"CRM"}}, "acme_crm acme_crm_key"},
		"no category": {catalog.Filter{Categories: []string{"Mail"}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, a := range c.List(tt.filter) {
				got = append(got, a.Slug)
			}
			if strings.Join(got, " ") != tt.want {
				t.Fatalf("List() = %v, want %s", got, tt.want)
			}
		})
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
		u, ok := a.Target(in)
		got := ""
		if ok {
			got = u.String()
		}
		if got != want {
			t.Errorf("Target(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := `{schema: app/v1, slug: x_y, name: X, hosts: {production: {api: 'https://x.test'}}, auth: [{id: k, type: key, inputs: {key: {kind: secret}}}], inject: {k: {in: header, name: X-Key, value: '{{ input.key }}'}}}`
	if _, err := catalog.Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	tests := map[string][2]string{
		"another schema":       {"app/v1", "app/v2"},
		"a bad slug":           {"x_y", "X Y"},
		"no name":              {"name: X", "name: ''"},
		"a field of no schema": {"name: X", "name: X, surname: Y"},
		"no host":              {"https://x.test", "x.test"},
		"an unknown type":      {"type: key", "type: magic"},
		"no way to inject":     {"in: header", "in: body"},
		"no inputs":            {"inputs: {key: {kind: secret}}", "inputs: {}"},
		"a broken pattern":     {"kind: secret", "kind: secret, pattern: '('"},
		"oauth without URLs":   {"type: key", "type: oauth2"},
	}
	for name, swap := range tests {
		src := strings.Replace(good, swap[0], swap[1], 1)
		if src == good {
			t.Fatalf("%s: nothing was swapped", name)
		}
		if _, err := catalog.Parse([]byte(src)); err == nil {
			t.Errorf("%s: Parse took it", name)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	got, err := catalog.Expand("Bearer {{ token.access }}{{token.access}}", map[string]string{"token.access": "t"})
	if err != nil || got != "Bearer tt" {
		t.Fatal(got, err)
	}
	if _, err := catalog.Expand("{{ token.refresh }}", nil); err == nil {
		t.Error("a hole without a value was filled")
	}
}
