package draft_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/draft"
)

const document = `openapi: 3.0.3
info: {title: "Pet's Shop", version: "1", description: "Sell pets online. And more."}
servers:
  - {url: 'https://{shop}.{region}.pets.example.com/v1/', variables: {shop: {default: demo}, region: {default: us, enum: [us, eu]}}}
paths: {/me: {get: {responses: {'200': {description: ok}}}}}
components:
  securitySchemes: SCHEMES
`

// What a document says is in the draft; what it does not say is left out and
// asked for. A draft that lacks nothing but the test of a credential becomes an
// app by the one line that its comment gives.
func TestNew(t *testing.T) {
	t.Parallel()
	const basic, bearer, query = `{type: http, scheme: basic}`, `{type: http, scheme: bearer}`, `{type: apiKey, in: query, name: key}`
	const code = `{type: oauth2, flows: {authorizationCode: {authorizationUrl: 'https://pets.example.com/a', tokenUrl: 'https://pets.example.com/t', refreshUrl: 'https://pets.example.com/r', scopes: {read: Read, 'w:p': "Change 'em"}}}}`
	const client = `{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://pets.example.com/t', scopes: {}}}}`
	tests := map[string]struct {
		schemes string
		holds   []string
		lacks   []string // what lint says once the test of a credential is filled in
	}{
		"a token":            {"{t: " + bearer + "}", []string{"value: 'Bearer {{ input.token }}'", "name: 'Pet''s Shop'", "{{ var.shop }}.{{ var.region }}.pets.example.com/v1'", "values: ['us', 'eu']"}, nil},
		"a password":         {"{b: " + basic + "}", []string{"type: basic", "'Basic {{ basic }}'"}, nil},
		"a key in the query": {"{My-Key: " + query + "}", []string{"id: my_key", "in: query, name: 'key'"}, nil},
		"a sign-in":          {"{o: " + code + "}", []string{"authorize: {url: 'https://pets.example.com/a'}", "'w:p': 'Change ''em'", "rotating, url: 'https://pets.example.com/r'}"}, []string{"client_auth is missing", "refresh.policy is missing", "pkce is missing"}},
		"a client":           {"{c: " + client + "}", []string{"id: auth_c_client", "policy: mint"}, nil},
		"two":                {"{a: " + bearer + ", b: " + query + "}", []string{"- id: auth_a\n", "- id: auth_b\n"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := draft.New([]byte(strings.Replace(document, "SCHEMES", tt.schemes, 1)), "pets", "https://pets.example.com/openapi.yaml")
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range tt.holds {
				if !strings.Contains(string(out), text) {
					t.Errorf("the draft does not hold %s\n%s", text, out)
				}
			}
			_, problems := catalog.Lint([]byte(strings.Replace(string(out), "# identity: {request", "identity: {request", 1)))
			if len(problems) != len(tt.lacks) {
				t.Fatalf("%v\n%s", problems, out)
			}
			for _, want := range tt.lacks {
				found := false
				for _, p := range problems {
					found = found || strings.Contains(p.Text, want)
				}
				if !found {
					t.Errorf("%v do not say %s", problems, want)
				}
			}
		})
	}
}

// A document that says little makes a draft that says so, and what is no
// document makes none.
func TestLittle(t *testing.T) {
	t.Parallel()
	out, err := draft.New([]byte(`{"openapi":"3.1.0","info":{"title":"X\nslug: evil","version":"1"},"servers":[{"url":"/api"}],"paths":{}}`), "pets", "pets.json")
	if err != nil || strings.Contains(string(out), "\nslug: evil") {
		t.Fatal(string(out), err)
	}
	for _, text := range []string{"# description:", "# hosts: the document names no https server", "names no way to sign in", "# sources:", "# probe:"} {
		if !strings.Contains(string(out), text) {
			t.Errorf("the draft does not say %s\n%s", text, out)
		}
	}
	for _, doc := range []string{"", "{", "hello", "swagger: '2.0'", "openapi: 3.0.0", "[]"} {
		if _, err := draft.New([]byte(doc), "pets", ""); !errors.Is(err, draft.ErrDocument) {
			t.Errorf("%q: %v", doc, err)
		}
	}
}
