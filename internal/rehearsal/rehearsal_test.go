package rehearsal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/rehearsal"
)

// Each shipped app's recorded answers go through the engine as its file says: a
// token is read, an error has its class, a refresh is understood, the identity
// is found, and the credential travels where it should.
func TestShipped(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]int{}
	for _, a := range c.List(catalog.Filter{}) {
		checks := rehearsal.Run(t.Context(), a, func(file string) ([]byte, error) { return c.Fixture(a.Slug, file) })
		for _, check := range checks {
			if check.Result == rehearsal.Failed {
				t.Errorf("%s/%s: %s: %s", a.Slug, check.Auth, check.Name, check.Text)
			}
			if check.Result == rehearsal.Passed {
				passed[check.Name]++
			}
			recorded := a.Fixtures[check.Auth] != nil
			if recorded && check.Result == rehearsal.Skipped && check.Name == "token_ok" {
				t.Errorf("%s/%s: %s", a.Slug, check.Auth, check.Text)
			}
		}
	}
	for name, least := range map[string]int{"token_ok": 25, "token_error": 25, "refresh_ok": 15, "identity": 30, "inject": 140, "foreign_host": 140, "authorize": 80} {
		if passed[name] < least {
			t.Errorf("%s passed %d times, want %d or more", name, passed[name], least)
		}
	}
	t.Log(passed)
}

const file = `schema: app/v1
slug: example
name: Example
description: A place to keep examples.
categories: [crm]
hosts:
  production: {api: 'https://api.example.com'}
auth:
  - id: oauth
    type: oauth2
    title: Sign in
    pkce: S256
    authorize: {url: '{{ host.api }}/authorize'}
    scopes: {profiles: {default: [read]}}
    token: {url: '{{ host.api }}/token', client_auth: body}
    tokens: {main: {map: {access: /access_token, refresh: /refresh_token}}}
    refresh: {policy: rotating}
inject:
  oauth: {in: header, name: Authorization, value: 'Bearer {{ token.main.access }}'}
identity: {request: {get: '{{ host.api }}/me'}, id: /id, name: /name}
sources: [{about: all, url: 'https://example.com/docs'}]
fixtures:
  oauth: {token_ok: ok.json, token_error: error.json, refresh_ok: refresh.json, identity: me.json}
`

// Each wrong answer is told at its check, in a sentence, and the others go on.
func TestFailures(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"ok.json":      `{"status": 200, "body": {"access_token": "a", "refresh_token": "r"}}`,
		"error.json":   `{"status": 400, "body": {"error": "invalid_grant"}, "class": "reauth"}`,
		"refresh.json": `{"status": 200, "body": {"access_token": "b", "refresh_token": "s"}}`,
		"me.json":      `{"status": 200, "body": {"id": "1", "name": "Ada"}, "id": "1", "name": "Ada"}`,
	}
	tests := map[string]struct{ file, answer, check, want string }{
		"as it should be":      {"", "", "", ""},
		"not JSON":             {"ok.json", "{", "token_ok", "is not a recorded answer"},
		"no status":            {"ok.json", `{"body": {}}`, "token_ok", "is not a recorded answer"},
		"nothing":              {"me.json", "null", "identity", "is not a recorded answer"},
		"no token":             {"ok.json", `{"status": 200, "body": {}}`, "token_ok", "is not understood"},
		"no refresh token":     {"ok.json", `{"status": 200, "body": {"access_token": "a"}}`, "token_ok", "comes with a refresh token; the answer has main.access"},
		"another class":        {"error.json", `{"status": 400, "body": {"error": "invalid_grant"}, "class": "transient"}`, "token_error", `of class "reauth", want "transient"`},
		"an error that is not": {"error.json", `{"status": 200, "body": {"access_token": "a", "refresh_token": "r"}, "class": "reauth"}`, "token_error", "is taken for a token"},
		"a refresh refused":    {"refresh.json", `{"status": 400, "body": {"error": "invalid_grant"}}`, "refresh_ok", "is not understood"},
		"another person":       {"me.json", `{"status": 200, "body": {"id": "2", "name": "Ada"}, "id": "1"}`, "identity", `has the id "2", want "1"`},
		"another name":         {"me.json", `{"status": 200, "body": {"id": "1", "name": "Bob"}, "id": "1", "name": "Ada"}`, "identity", `is named "Bob", want "Ada"`},
		"nobody":               {"me.json", `{"status": 401, "body": {}}`, "identity", "is not found"},
		"no such file":         {"me.json", "", "identity", "There is no file me.json"},
	}
	app, problems := catalog.Lint([]byte(file))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checks := rehearsal.Run(t.Context(), app, func(file string) ([]byte, error) {
				answer, ok := good[file]
				if file == tt.file {
					answer, ok = tt.answer, tt.answer != ""
				}
				if !ok {
					return nil, fmt.Errorf("no %s", file)
				}
				return []byte(answer), nil
			})
			var failed []rehearsal.Check
			for _, c := range checks {
				if c.Result != rehearsal.Passed {
					failed = append(failed, c)
				}
			}
			switch {
			case tt.check == "" && (len(failed) > 0 || len(checks) != 7):
				t.Fatal(checks)
			case tt.check != "" && (len(failed) != 1 || failed[0].Name != tt.check || !strings.Contains(failed[0].Text, tt.want)):
				t.Fatalf("%+v, want %s to say %q", failed, tt.check, tt.want)
			}
		})
	}
}

// An app without recorded answers is tried as far as one can without: where
// users sign in, and where the credential goes.
func TestNothingRecorded(t *testing.T) {
	t.Parallel()
	bare, _, _ := strings.Cut(file, "fixtures:")
	app, problems := catalog.Lint([]byte(bare))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := []string{}
	for _, c := range rehearsal.Run(t.Context(), app, func(string) ([]byte, error) { return nil, fmt.Errorf("none") }) {
		got = append(got, c.Name+" "+string(c.Result))
	}
	want := []string{"authorize passed", "token_ok skipped", "identity skipped", "inject passed", "foreign_host passed"}
	if !slices.Equal(got, want) {
		t.Fatal(got)
	}
}
