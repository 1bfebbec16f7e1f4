package catalog

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// report takes a broken rule: where, and what.
type report = func(path, format string, args ...any)

// rules checks what lies across fields, which the schema cannot say.
func (a *App) rules(broken report) {
	ids := map[string]bool{}
	for i := range a.Auth {
		auth, path := &a.Auth[i], fmt.Sprintf("auth[%d]", i)
		if ids[auth.ID] {
			broken(path+".id", "%q is the id of an earlier method", auth.ID)
		}
		ids[auth.ID] = true
		a.authRules(auth, path, broken)
	}
	for id := range a.Inject {
		if !ids[id] && id != "default" {
			broken("inject."+id, "there is no method %q in auth", id)
		}
	}
	for name, v := range a.Vars {
		v.rules("vars."+name, broken)
	}
	for variant, hosts := range a.Hosts.Variants {
		for name, text := range hosts {
			a.hostRules("hosts."+variant+"."+name, text, broken)
		}
	}
	for i, text := range a.Hosts.Extra {
		a.hostRules(fmt.Sprintf("hosts.extra[%d]", i), text, broken)
	}
	if a.Identity == nil && a.Probe == nil && a.Auth[0].Type != None && a.Auth[0].Type != SigV4 {
		broken("", "there is neither identity nor probe, so a credential cannot be tested")
	}
	for path, text := range a.texts() {
		a.textRules(path, text, broken)
		if strings.HasPrefix(text, "https://") && !strings.HasPrefix(path, "hosts.") {
			a.hostRules(path, text, broken) // an address of its own is bounded like a host
		}
	}
}

func (a *App) authRules(auth *Auth, path string, broken report) {
	if in, ok := a.InjectFor(auth.ID); !ok && auth.Type != None && auth.Type != SigV4 && auth.Type != OAuth1 {
		broken(path, "inject does not say how the credential of %q travels", auth.ID)
	} else if ok {
		a.usesInputs(auth, "inject", in.Value, broken)
	}
	for name, in := range auth.Inputs {
		if a.Vars[name].From == "user" {
			broken(path+".inputs."+name, "users are asked for %q in vars already: one of the two needs another name", name)
		}
		if _, err := regexp.Compile(in.Pattern); err != nil {
			broken(path+".inputs."+name+".pattern", "it is not a pattern: %s", err)
		}
	}
	for name, input := range auth.Derive.FromInput {
		if in := auth.Inputs[input]; in == nil || in.Kind == "secret" || a.Vars[name].From != "input" {
			broken(path+".derive.from_input."+name, "%q is no input that may be told, or %q is no var from input", input, name)
		}
	}
	switch auth.Type {
	case OAuth2:
		a.oauth2Rules(auth, path, broken)
	case Key, Basic:
		if len(auth.Inputs) == 0 {
			broken(path, "a method of type %s asks for something: inputs are missing", auth.Type)
		}
	case OAuth1:
		if auth.Redirects() && (auth.RequestToken.URL == "" || auth.Token.URL == "") {
			broken(path, "OAuth 1.0a has request_token.url, authorize.url and token.url")
		}
	case Steps:
		if len(auth.Steps) == 0 || len(auth.Tokens) == 0 {
			broken(path, "a method of type steps has steps, and tokens that say what the last of them gives")
		}
	case SigV4:
		if auth.SigV4.Service == "" || auth.Inputs["access_key_id"] == nil || auth.Inputs["secret_access_key"] == nil {
			broken(path, "a method of type sigv4 has sigv4.service, and the inputs access_key_id and secret_access_key")
		}
	case ClientCredentials:
		if auth.Token.URL == "" {
			broken(path, "token.url is missing")
		}
	}
}

func (a *App) oauth2Rules(auth *Auth, path string, broken report) {
	switch {
	case auth.Authorize.URL == "":
		broken(path, "authorize.url is missing")
	case auth.Token.URL == "":
		broken(path, "token.url is missing")
	}
	if auth.Token.ClientAuth == "" {
		broken(path+".token", "client_auth is missing: body, basic, private_key_jwt, tls or none")
	}
	if auth.Refresh.Policy == "" {
		broken(path, "refresh.policy is missing")
	}
	if auth.PKCE == "" {
		broken(path, "pkce is missing: S256, or none with a pkce_note that says why")
	}
	if auth.PKCE == "none" && auth.PKCENote == "" {
		broken(path+".pkce", "pkce is none without a pkce_note that says why")
	}
	if !auth.Scopes.None && len(auth.Scopes.Profiles["default"]) == 0 && len(auth.Scopes.Profiles) > 0 {
		broken(path+".scopes", "there is no profile default")
	}
	if len(auth.Tokens) > 0 {
		if _, ok := auth.Tokens["main"]; !ok && len(auth.Tokens) > 1 && len(a.Inject) == 0 {
			broken(path+".tokens", "with several tokens inject says which one is used")
		}
	}
}

func (v Var) rules(path string, broken report) {
	if _, err := regexp.Compile(v.Pattern); err != nil {
		broken(path+".pattern", "it is not a pattern: %s", err)
	}
	switch {
	case v.From == "const" && v.Value == "":
		broken(path, "a const has a value")
	case v.From == "user" && v.Ask.Title == "":
		broken(path, "what a user is asked has ask.title")
	case v.Kind == "enum" && len(v.Values) == 0:
		broken(path, "an enum has values")
	}
}

// hostRules keeps a user's text from choosing the host: it may be a part of one
// only if its form, or a suffix that is not theirs, bounds it.
func (a *App) hostRules(path, text string, broken report) {
	bare := hole.ReplaceAllString(text, "x")
	u, err := url.Parse(bare)
	wholeVar := strings.HasPrefix(strings.TrimSpace(text), "{{") && !strings.Contains(text, "://")
	if !wholeVar && (err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1") {
		broken(path, "%q is not an https URL", text)
		return
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(text, "https://"), "/")
	if strings.Contains(host, "*") && (!strings.HasPrefix(host, "*.") || strings.Count(host, ".") < 2 || a.FirstOf(func(auth *Auth) bool { return auth.Type != SigV4 }) != nil) {
		broken(path, "only an app whose calls are signed, so that no host gets its secret, may name hosts by *.domain")
	}
	for _, m := range hole.FindAllStringSubmatch(host, -1) {
		name, isVar := strings.CutPrefix(m[1], "var.")
		v, known := a.Vars[name]
		if !isVar || !known {
			continue // textRules says so
		}
		bounded := v.From == "client" || v.From == "const" || v.Kind == "enum" || v.Suffix != "" || len(v.SuffixAny) > 0 || len(v.HostSuffixAny) > 0 || v.Kind == "host" && v.AnyDomain != "" ||
			v.Kind == "label" && strings.Contains(host[strings.Index(host, m[0])+len(m[0]):], ".")
		if !bounded {
			broken(path, "%s could name any host: give it kind label before a fixed domain, or kind host with a suffix, or with any_domain, which says why", m[1])
		}
	}
}

var roots = []string{"var", "host", "input", "token", "client", "instance", "now", "assertion", "scopes", "header", "body", "connection", "callback", "step", "basic"}

func (a *App) textRules(path, text string, broken report) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		root, rest, _ := strings.Cut(m[1], ".")
		if !slices.Contains(roots, root) {
			broken(path, "nothing is known by the name %s", m[1])
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		name, _, _ = strings.Cut(name, ".")
		switch root {
		case "var":
			if _, ok := a.Vars[name]; !ok {
				broken(path, "there is no %s in vars", name)
			}
		case "host":
			if _, ok := a.Hosts.Production()[name]; !ok {
				broken(path, "there is no %s in hosts.production", name)
			}
		}
	}
}

func (a *App) usesInputs(auth *Auth, path, text string, broken report) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if name, ok := strings.CutPrefix(m[1], "input."); ok {
			name, _, _ = strings.Cut(name, "/")
			if _, ok := auth.Inputs[name]; !ok {
				broken(path, "the method %q has no input %s", auth.ID, name)
			}
		}
	}
}

// texts returns every text of the file that may hold a hole, by its path.
func (a *App) texts() map[string]string {
	out := map[string]string{}
	add := func(path string, texts map[string]string) {
		for k, v := range texts {
			out[path+"."+k] = v
		}
	}
	for variant, hosts := range a.Hosts.Variants {
		add("hosts."+variant, hosts)
	}
	for id, in := range a.Inject {
		out["inject."+id+".value"] = in.Value
		add("inject."+id+".also", in.Also)
	}
	add("request.headers", a.Request.Headers)
	for i := range a.Auth {
		auth, path := &a.Auth[i], fmt.Sprintf("auth[%d]", i)
		out[path+".authorize.url"] = auth.Authorize.URL
		add(path+".authorize.params", auth.Authorize.Params)
		for name, e := range map[string]Endpoint{"token": auth.Token, "request_token": auth.RequestToken, "revoke": auth.Revoke, "refresh.introspect": auth.Refresh.Introspect} {
			out[path+"."+name+".url"] = e.URL
			add(path+"."+name+".params", e.Params)
			add(path+"."+name+".headers", e.Headers)
		}
		out[path+".refresh.url"] = auth.Refresh.URL
		add(path+".refresh.params", auth.Refresh.Params)
	}
	calls := map[string]Call{}
	if a.Identity != nil {
		calls["identity.request"] = a.Identity.Request
	}
	if a.Probe != nil {
		calls["probe.request"] = a.Probe.Request
	}
	for path, c := range calls {
		out[path+".get"], out[path+".post"] = c.Get, c.Post
		add(path+".headers", c.Headers)
		add(path+".form", c.Form)
	}
	return out
}
