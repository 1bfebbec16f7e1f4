package rehearsal

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// sampleConnection is a connection of nobody: every value that the file asks
// for is made up to fit.
func sampleConnection(app *catalog.App, auth *catalog.Auth) *provider.Connection {
	c := &provider.Connection{
		App: app, Auth: auth, Client: provider.OAuthClient{ID: "client-id", Secret: "client-secret"}, Vars: map[string]string{}, Inputs: map[string]string{},
		Tokens: map[string]string{"main.refresh": "a-refresh-token", "main.access": "an-access-token"},
	}
	for name, t := range auth.Tokens {
		for part := range t.Map {
			c.Tokens[name+"."+part] = "a-" + part + "-token"
		}
	}
	for name, v := range app.Vars {
		c.Vars[name] = sample(v)
	}
	for name, in := range auth.Inputs {
		c.Inputs[name] = inputSample(in)
	}
	return c
}

// sample gives a var a value that fits it.
func sample(v catalog.Var) string {
	if s := cmp.Or(append([]string{v.Default, v.Value}, v.Values...)...); s != "" {
		return s
	}
	for _, s := range []string{"acme", "12345", "acct_12345", "us1", "v1", "acme.example.com"} {
		for _, suffix := range slices.Concat([]string{"", v.Suffix}, v.SuffixAny, v.HostSuffixAny) {
			for _, form := range []string{s + suffix, "https://" + s + suffix} {
				if v.Check(form) == nil && (v.Kind != "url" || strings.HasPrefix(form, "https://")) {
					return form
				}
			}
		}
	}
	return "acme"
}

func inputSample(in *catalog.Input) string {
	for _, s := range []string{"key-1234567890", "acme", "ada@example.com", "1234567890"} {
		if in.Pattern == "" || regexp.MustCompile(in.Pattern).MatchString(s) { // compiled once before, by Lint
			return s
		}
	}
	return "sample"
}
