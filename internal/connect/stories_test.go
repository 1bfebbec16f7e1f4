package connect_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// For each way into each of the first thirty apps: a user connects, it is known
// who they are, the token is refreshed once before it ends, calls carry what
// they should to the app and to nobody else, and the end of it is told.
func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.method, func(t *testing.T) {
			t.Parallel()
			r := newTeller(t, s)
			a := r.connected()
			r.known(a)
			r.travels(a.ID, s.carries)
			if s.then == "" {
				r.endless()
			} else {
				r.refreshed(a)
			}
			for _, asked := range r.provider.seen {
				r.silent(asked.url)
			}
			if s.then != "" && r.provider.answers["token_error"] != nil {
				r.ends(a.ID)
			}
		})
	}
}

// known checks who is connected, and how that was found out.
func (r *teller) known(a *account.Account) {
	r.t.Helper()
	asked, want := r.provider.saw("identity"), r.provider.answers["identity"]
	if n := len(asked); n != 1 && (n != 2 || r.method != "intercom/oauth") { // Intercom tells the workspace by the same request
		r.t.Fatalf("who is connected was asked %d times", len(asked))
	}
	if who := r.app.IdentityFor(r.auth.ID); (who == nil || who.Request.Auth != "assertion") && !holds(asked[0].header, r.carries) {
		r.t.Errorf("who is connected was asked with %v", asked[0].header)
	}
	if !a.Healthy || a.Dead || a.App != r.app.Slug || a.Auth != r.auth.ID || a.ExternalID != "user-1" {
		r.t.Errorf("%+v", a)
	}
	for name, input := range r.auth.Derive.FromInput {
		if a.Vars[name] != r.fields[input] {
			r.t.Errorf("%s is %q, want the %s that was typed", name, a.Vars[name], input)
		}
	}
	if want == nil {
		return // the app does not tell who it is: it was asked whether the key is good
	}
	if a.IdentityID == nil || *a.IdentityID != want.ID || want.Name != "" && (a.Name == nil || *a.Name != want.Name) {
		r.t.Errorf("%v is connected, want %s (%s)", a, want.Name, want.ID)
	}
}

// travels makes a call, which has to carry line and go to the app's API; and one
// to a place that is not the app's, which must not go anywhere.
func (r *teller) travels(id, line string) {
	r.t.Helper()
	if err := r.called(id, path); err != nil {
		r.t.Fatal(err)
	}
	calls := r.provider.saw("call")
	last := calls[len(calls)-1]
	if last.url.String() != r.api+path || !holds(last.header, line) {
		r.t.Errorf("a call goes to %s with %v, want %s with %s", last.url, last.header, r.api, line)
	}
	if in, ok := r.app.InjectFor(r.auth.ID); ok {
		for name, v := range in.Also {
			if last.header.Get(name) != v {
				r.t.Errorf("%s is %q, want %q", name, last.header.Get(name), v)
			}
		}
	}
	before := len(r.provider.seen)
	for _, target := range []string{"https://elsewhere.test/", "http://" + last.url.Host + path, "https://" + last.url.Host + ".elsewhere.test/", "https://" + last.url.Host + "@elsewhere.test/"} {
		if err := r.called(id, target); !errors.Is(err, account.ErrTarget) {
			r.t.Errorf("%s: %v, want %v", target, err, account.ErrTarget)
		}
	}
	if len(r.provider.seen) != before {
		r.t.Errorf("what is not the app's was called: %v", r.provider.seen[before:])
	}
}

// endless checks that nobody is asked for a token that has no end.
func (r *teller) endless() {
	r.t.Helper()
	before := len(r.provider.seen)
	r.clock.Pass(400 * 24 * time.Hour)
	r.round()
	if len(r.provider.seen) != before {
		r.t.Errorf("%v", r.provider.seen[before:])
	}
}

// refreshed lets the token near its end. It is refreshed then and not before,
// once, and what was refreshed with is what was given.
func (r *teller) refreshed(a *account.Account) {
	r.t.Helper()
	first := len(r.provider.saw("token"))
	switch {
	case a.NextRefreshAt == nil: // no end is known: the app says so itself, one day
		r.provider.set(func() { r.provider.refused = r.carries })
	case a.ExpiresAt != nil && !a.NextRefreshAt.Before(*a.ExpiresAt):
		r.t.Fatalf("refreshed at %v, and ends at %v", a.NextRefreshAt, a.ExpiresAt)
	default:
		r.clock.Pass(a.NextRefreshAt.Sub(r.clock.Now()) - 4*time.Minute)
		r.round()
		if n := len(r.provider.saw("token")); n != first {
			r.t.Errorf("refreshed before it was due: %d", n-first)
		}
		if r.clock.Pass(4 * time.Minute); a.ExpiresAt != nil {
			r.clock.Pass(a.ExpiresAt.Sub(r.clock.Now()) - time.Second) // each of several tokens is due by now
		}
		r.round()
		r.round()
	}
	old := r.token(a.ID)
	r.travels(a.ID, r.then)
	if now := r.get(a.ID); !now.Healthy || a.NextRefreshAt != nil && (now.LastRefreshedAt == nil || old != r.token(a.ID)) {
		r.t.Errorf("after the refresh: %+v", now)
	}
	r.asked(r.provider.saw("token")[first:])
}

func (r *teller) token(id string) string {
	r.t.Helper()
	_, c, err := r.Accounts.Fresh(r.t.Context(), r.scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return c.AccessToken
}

// asked checks the requests of a refresh.
func (r *teller) asked(all []seen) {
	r.t.Helper()
	want := r.tokens("refresh")
	if r.auth.Type != catalog.OAuth2 {
		if want = nil; r.provider.token != "" {
			want = []string{""} // minted: there is nothing to refresh with
		}
	}
	sent := []string{}
	for _, s := range all {
		p := s.params(r.t)
		sent = append(sent, p["refresh_token"])
		if r.auth.Type == catalog.OAuth2 && p["grant_type"] != "refresh_token" || p["code"] != "" {
			r.t.Errorf("refreshed with %v", p)
		}
		r.proved(s)
	}
	slices.Sort(sent)
	if slices.Sort(want); !slices.Equal(sent, want) {
		r.t.Errorf("refreshed with %q, want each of %q once", sent, want)
	}
}

// tokens are a part of each token that was recorded.
func (r *teller) tokens(part string) (out []string) {
	places := r.auth.Tokens
	if len(places) == 0 {
		places = map[string]catalog.Tokens{"main": {Map: map[string]string{"access": "/access_token", "refresh": "/refresh_token"}}}
	}
	for _, use := range []string{"token_ok", "refresh_ok"} {
		a := r.provider.answers[use]
		if a == nil || use == "refresh_ok" && part == "refresh" {
			continue
		}
		for _, place := range places {
			if v, ok := catalog.Pointer(a.Body, place.Map[part]); ok && place.Map[part] != "" {
				out = append(out, catalog.Text(v))
			}
		}
	}
	return out
}

// silent checks that an address shows nothing secret.
func (r *teller) silent(at *url.URL) {
	r.t.Helper()
	if in, ok := r.app.InjectFor(r.auth.ID); ok && in.In != "header" || r.auth.Token.Encode == "query" {
		r.t.Fatalf("%s puts secrets into addresses: say which are to be expected", r.app.Slug)
	}
	secrets := slices.Concat(r.tokens("access"), r.tokens("refresh"), []string{clientSecret, signedIn, sharedKey()})
	for name, in := range r.auth.Inputs {
		if in.Kind == "secret" {
			secrets = append(secrets, r.fields[name])
		}
	}
	text := at.String()
	if plain, err := url.QueryUnescape(text); err == nil {
		text += " " + plain
	}
	for _, s := range secrets {
		if s != "" && strings.Contains(text, s) {
			r.t.Errorf("the address %s shows a secret", at)
		}
	}
}

// ends lets the provider refuse a refresh as it was recorded. Where that means
// that the user has to connect again, the account is dead, and calls say so.
func (r *teller) ends(id string) {
	r.t.Helper()
	next := r.get(id).NextRefreshAt
	if next == nil || r.provider.answers["token_error"].Class != "reauth" {
		return
	}
	r.provider.set(func() { r.provider.over = true })
	r.clock.Pass(next.Sub(r.clock.Now()))
	r.round()
	if a := r.get(id); !a.Dead || a.Healthy || a.Cause == nil {
		r.t.Errorf("after the end: %+v", a)
	}
	before := len(r.provider.saw("call"))
	if err := r.called(id, path); !errors.Is(err, account.ErrDead) || len(r.provider.saw("call")) != before {
		r.t.Errorf("a call with a dead account: %v", err)
	}
}
