package app_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// named lets the rig's browsers reach a host by name, as DNS would.
func (g *rig) named(host string) (base string) {
	at, err := url.Parse(g.tls)
	if err != nil {
		g.t.Fatal(err)
	}
	tr := g.http.Transport.(*validating).next.(*http.Transport).Clone()
	tr.TLSClientConfig.InsecureSkipVerify = true // the test's certificate knows none of the names
	tr.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if name, _, _ := net.SplitHostPort(to); strings.HasSuffix(name, ".example") {
			to = at.Host
		}
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}
	g.http.Transport = &validating{t: g.t, next: tr}
	return "https://" + net.JoinHostPort(host, at.Port())
}

const ownHost = "connect.acme.example"

// own gives the environment's pages a host.
func (w *workspace) own(t *testing.T) (base string) {
	t.Helper()
	base = w.g.named(ownHost)
	if r := w.call(t, http.MethodPut, "/v1/projects/{p}/connect_domain", `{"host":"`+ownHost+`"}`).is(t, http.StatusOK); r.text(t, "data", "url") != base {
		t.Fatalf("%s, want %s", r.Body, base)
	}
	return base
}

// startAt sends the page's form at a host.
func (b *browser) startAt(t *testing.T, base, ctok string) reply {
	t.Helper()
	body := url.Values{"token": {ctok}, "app": {"acme_crm"}}.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/connect/oauth/start", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.g.send(t, b.http, req)
}

// A page at a customer's own host: links name it, the provider calls back at the
// base URL as ever, and from there the browser comes home, where its cookie is.
func TestOwnHost(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	base := w.own(t)
	link := w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusOK)
	ctok := link.text(t, "token")
	if !strings.HasPrefix(link.text(t, "connect_link_url"), base+"/_static/connect.html?token=ctok_") {
		t.Errorf("%s", link.Body)
	}
	b := g.browser(t)
	if r := b.get(t, link.text(t, "connect_link_url")+"&app=acme_crm").is(t, http.StatusOK); !strings.Contains(r.Body, "Acme CRM") {
		t.Errorf("%s", r.Body)
	}
	back := b.consent(t, b.startAt(t, base, ctok), true)
	if !strings.HasPrefix(back, g.tls+"/connect/oauth/"+w.oauthApp+"/callback?") {
		t.Fatalf("the provider calls back at %s", back)
	}
	// Another browser, that was sent here, gets on to the host and no further.
	stranger := g.browser(t)
	on := stranger.get(t, back).is(t, http.StatusSeeOther).Header.Get("Location")
	if on != strings.Replace(back, g.tls, base, 1) {
		t.Fatalf("sent on to %s", on)
	}
	if r := stranger.get(t, on); r.Status != http.StatusUnauthorized || len(w.accounts(t, "ada")) != 0 {
		t.Fatalf("another browser: %d %s", r.Status, r.Body)
	}
	home := b.get(t, back).is(t, http.StatusSeeOther).Header.Get("Location")
	b.get(t, home).is(t, http.StatusOK)
	if len(w.accounts(t, "ada")) != 1 {
		t.Fatal("no account")
	}
	b.get(t, home).is(t, http.StatusUnauthorized) // a state is good once
	if r := b.get(t, back); r.Status != http.StatusUnauthorized || r.Header.Get("Location") != "" {
		t.Errorf("an answer to a flow that is over: %d %v", r.Status, r.Header)
	}
}

// An answer is sent on to the host of its own flow and to no other: not for
// another client, not to a host that was taken away, and not by what it says.
func TestOwnHostRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	base := w.own(t)
	b := g.browser(t)
	back := b.consent(t, b.startAt(t, base, w.connectToken(t, "ada", "")), true)
	other := w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"acme_crm","client_id":"other","client_secret":"s"}`).is(t, http.StatusCreated).text(t, "id")
	for name, to := range map[string]string{
		"for another client": strings.Replace(back, w.oauthApp, other, 1),
		"of nobody's state":  g.tls + "/connect/oauth/" + w.oauthApp + "/callback?code=x&state=" + strings.Repeat("0", 64) + "&host=evil.example",
		"without a state":    g.tls + "/connect/oauth/" + w.oauthApp + "/callback?code=x",
	} {
		if r := b.get(t, to); r.Status != http.StatusUnauthorized || r.Header.Get("Location") != "" {
			t.Errorf("%s: %d, sent to %q", name, r.Status, r.Header.Get("Location"))
		}
	}
	w.call(t, http.MethodDelete, "/v1/projects/{p}/connect_domain", "").is(t, http.StatusNoContent)
	if r := b.get(t, back); r.Status != http.StatusUnauthorized || r.Header.Get("Location") != "" {
		t.Errorf("to a host that was taken away: %d, sent to %q", r.Status, r.Header.Get("Location"))
	}
}

// At a host of a project's own there are its pages alone: tokens of others are
// no good, and neither the console nor the API is there.
func TestOwnHostIsItsOwn(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	base := w.own(t)
	for name, theirs := range map[string]*workspace{"another workspace": g.stranger(), "the other environment": w.in("production")} {
		ctok := theirs.connectToken(t, "eve", "")
		if r := g.do(t, http.MethodGet, base+"/connect/status", "", "Authorization", bearerOf(ctok)); r.Status != http.StatusUnauthorized || r.text(t, "code") != "connect_token_invalid" {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		if r := g.browser(t).get(t, base+"/_static/connect.html?app=acme_crm&token="+ctok); !strings.Contains(r.Body, `"plan":null`) || !strings.Contains(r.Body, `"code":"connect_token_invalid"`) || !strings.Contains(r.Body, `"product":"This application"`) {
			t.Errorf("%s has a page there: %d", name, r.Status)
		}
		if r := g.browser(t).startAt(t, base, ctok); r.Status != http.StatusUnauthorized {
			t.Errorf("%s begins there: %d", name, r.Status)
		}
	}
	for _, path := range []string{"/", "/sign-in", "/v1/connect/projects", "/console/session", "/metrics", "/healthz", "/e/x"} {
		g.do(t, http.MethodGet, base+path, "").refused(t, http.StatusNotFound, "unknown_route")
	}
	g.do(t, http.MethodGet, base+"/connect/status", "", "Authorization", bearerOf(w.connectToken(t, "ada", ""))).is(t, http.StatusOK)
	g.do(t, http.MethodGet, g.tls+"/connect/domain?domain=connect.acme.example", "").is(t, http.StatusNoContent)
	g.do(t, http.MethodGet, g.tls+"/connect/domain?domain=evil.example", "").refused(t, http.StatusNotFound, "connect_domain_not_found")
}

// A logo is served so that it can do nothing but be seen, at an address that
// never shows anything else.
func TestBrandFiles(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	at := w.call(t, http.MethodPut, "/v1/projects/{p}/brand/files/logo", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "Content-Type", "application/octet-stream").is(t, http.StatusOK).text(t, "url")
	for _, base := range []string{g.tls, g.api, w.own(t)} {
		r := g.do(t, http.MethodGet, base+at, "").is(t, http.StatusOK)
		h := r.Header
		if h.Get("Content-Type") != "image/svg+xml" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", base, h)
		}
	}
	g.do(t, http.MethodGet, g.tls+"/_static/brand/bf_0", "").refused(t, http.StatusNotFound, "brand_file_not_found")
}

// The page is given the brand of its environment, which its project fills up.
func TestBrandedPage(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.call(t, http.MethodPatch, "/v1/projects/{p}/brand", `{"product":"Northwind","light":{"accent":"#0f766e"},"texts":{"en":{"explain.title":"Let {product} into {app}"}},"terms_url":"https://northwind.example/terms"}`).is(t, http.StatusOK)
	for _, shown := range []struct {
		of   *workspace
		says []string
	}{
		{w, []string{`"product":"Northwind"`, `#0f766e`, `Let Northwind into Acme CRM`, `https://northwind.example/terms`}},
		{w.in("production"), []string{`"product":"My SaaS"`, `"accent":null`, `"terms_url":null`}},
	} {
		r := g.browser(t).get(t, g.tls+"/_static/connect.html?app=acme_crm&connectLink=true&token="+shown.of.connectToken(t, "ada", "")).is(t, http.StatusOK)
		for _, text := range shown.says {
			if !strings.Contains(r.Body, text) {
				t.Errorf("in %s the page does not say %s", shown.of.environment, text)
			}
		}
	}
}

// What is tried is answered and not kept.
func TestBrandDryRun(t *testing.T) {
	t.Parallel()
	w := newRig(t).home
	if r := w.call(t, http.MethodPut, "/v1/projects/{p}/brand?dry_run=true", `{"product":"Tried"}`).is(t, http.StatusOK); r.text(t, "brand", "product") != "Tried" {
		t.Error(r.Body)
	}
	if r := w.call(t, http.MethodGet, "/v1/projects/{p}/brand", "").is(t, http.StatusOK); r.text(t, "brand", "product") != "My SaaS" || r.at(t, "updated_at") != nil {
		t.Error(r.Body)
	}
}
