package draft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const openEnd = "the document does not say"

// methods writes the ways to sign in, and how each credential travels.
func (d *writer) methods() {
	schemes := openapi3.SecuritySchemes{}
	if d.doc.Components != nil {
		schemes = d.doc.Components.SecuritySchemes
	}
	d.line("auth:")
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		if ref := schemes[name]; ref != nil && ref.Value != nil {
			id := varName(name)
			if len(id) < 2 {
				id = "auth_" + id
			}
			d.method(id, ref.Value)
		}
	}
	if len(d.inject) == 0 {
		d.line("  # the document names no way to sign in that an app can have: fill in at least one")
	}
	d.line("inject:")
	for _, line := range d.inject {
		d.line("  %s", line)
	}
}

func (d *writer) method(id string, s *openapi3.SecurityScheme) {
	switch {
	case s.Type == "http" && strings.EqualFold(s.Scheme, "bearer"):
		d.key(id, "Use a token", "token", "Token")
		d.travels("%s: {in: header, name: Authorization, value: 'Bearer {{ input.token }}'}", id)
	case s.Type == "http" && strings.EqualFold(s.Scheme, "basic"):
		d.line("  - id: %s", id)
		d.line("    type: basic")
		d.line("    title: Use a user name and a password")
		d.line("    inputs:")
		d.line("      username: {kind: text, ask: {title: User name, order: 1}}")
		d.line("      password: {kind: secret, ask: {title: Password, order: 2}}")
		d.travels("%s: {in: header, name: Authorization, value: 'Basic {{ basic }}'}", id)
	case s.Type == "apiKey" && (s.In == "header" || s.In == "query"):
		d.key(id, "Use an API key", "api_key", "API key")
		d.travels("%s: {in: %s, name: %s, value: '{{ input.api_key }}'}", id, s.In, quote(s.Name))
	case s.Type == "oauth2" && s.Flows != nil:
		d.oauth(id, s.Flows)
	default:
		d.line("  # %s: nothing is made of a scheme of type %s", id, cut(s.Type+" "+s.Scheme+s.In, 60))
	}
}

func (d *writer) travels(format string, args ...any) {
	d.inject = append(d.inject, fmt.Sprintf(format, args...))
}

func (d *writer) key(id, title, input, label string) {
	d.line("  - id: %s", id)
	d.line("    type: key")
	d.line("    title: %s", title)
	d.line("    inputs: {%s: {kind: secret, ask: {title: %s}}}", input, label)
}

func (d *writer) oauth(id string, flows *openapi3.OAuthFlows) {
	if f := flows.AuthorizationCode; f != nil {
		d.line("  - id: %s", id)
		d.line("    type: oauth2")
		d.line("    title: Sign in")
		d.line("    # pkce: S256, or none with a pkce_note that says why; %s", openEnd)
		d.address("authorize", f.AuthorizationURL, "")
		d.scopes(f.Scopes)
		d.address("token", f.TokenURL, "client_auth: body or basic")
		d.line("    tokens: {main: {map: {access: /access_token, refresh: /refresh_token}, expires: {path: /expires_in, as: in, unit: s}}}   # RFC 6749, 5.1")
		at := ""
		if isHTTPS(f.RefreshURL) && f.RefreshURL != f.TokenURL {
			at = ", url: " + quote(f.RefreshURL)
		}
		d.line("    # refresh: {policy: none, stable or rotating%s}; which, %s", at, openEnd)
		d.travels("%s: {in: header, name: Authorization, value: 'Bearer {{ token.main.access }}'}", id)
	}
	if f := flows.ClientCredentials; f != nil {
		d.line("  - id: %s_client", id)
		d.line("    type: oauth2_client_credentials")
		d.line("    title: Use a client id and secret")
		d.line("    inputs:")
		d.line("      client_id: {kind: text, ask: {title: Client ID, order: 1}}")
		d.line("      client_secret: {kind: secret, ask: {title: Client secret, order: 2}}")
		d.address("token", f.TokenURL, "client_auth: body or basic")
		d.line("    tokens: {main: {map: {access: /access_token}, expires: {path: /expires_in, as: in, unit: s}}}   # RFC 6749, 5.1")
		d.line("    refresh: {policy: mint}")
		d.travels("%s_client: {in: header, name: Authorization, value: 'Bearer {{ token.main.access }}'}", id)
	}
	if flows.Implicit != nil || flows.Password != nil {
		d.line("  # %s: nothing is made of the implicit and the password flow, which leave no lasting consent", id)
	}
}

func (d *writer) address(name, at, missing string) {
	if !isHTTPS(at) {
		d.line("    # %s: {url: 'https://…'}   # %s", name, openEnd)
		return
	}
	d.line("    %s: {url: %s}", name, quote(at))
	if missing != "" {
		d.line("    # %s.%s; %s", name, missing, openEnd)
	}
}

func (d *writer) scopes(all map[string]string) {
	if len(all) == 0 {
		d.line("    # scopes: {profiles: {default: […]}}, or {none: true}; %s", openEnd)
		return
	}
	d.line("    scopes:")
	d.line("      # profiles: {default: [those that you need]}")
	d.line("      catalog:")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d.line("        %s: %s", quote(name), quote(cut(all[name], 200)))
	}
}
