package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A server that is killed after the provider's code was redeemed, and before the
// account is there, leaves nothing at the provider: the grant was written down
// first, and is revoked. The user is told to try again, and can, with the same link.
func TestChaosCallbackKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w, s := g.home, newSink(t, nil)
	app := g.hold("/api/me", `{"id":"1","name":"Ada"}`, 1)
	ctok := w.connectToken(t, "ada", `"webhook_uri":"`+s.URL+`"`)
	b := g.browser(t)
	back := b.consent(t, b.start(t, ctok), true)

	server, address := g.serve(t)
	at, err := url.Parse(g.tls)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(back, g.tls, "http://"+address, 1), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(at) {
		req.AddCookie(c)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
			_ = res.Body.Close()
			t.Error("a server that was killed answered")
		}
	}()
	app.next(t) // the code is redeemed, and it is asked who came
	server.kill(t)
	<-gone

	standing := func() reply {
		return g.do(t, http.MethodGet, g.tls+"/connect/status", "", "Authorization", bearerOf(ctok)).is(t, http.StatusOK)
	}
	if r := standing(); r.text(t, "status") != "testing" || len(w.accounts(t, "ada")) != 0 {
		t.Fatalf("%s", r.Body)
	}
	g.query(t, "UPDATE connect_flows SET expires_at = now() - interval '1 second'") // three minutes later
	g.start(t, "work")
	soon(t, "the revocation", func() bool {
		list := w.call(t, http.MethodGet, "/v1/projects/{p}/revocations", "").is(t, http.StatusOK)
		return strings.Count(list.Body, `"revoked"`) == 1 && strings.Contains(list.Body, `"not_saved"`)
	})
	if r := standing(); r.text(t, "status") != "failed" || r.text(t, "problem", "code") != "connection_failed" || r.at(t, "problem", "retry") != true {
		t.Errorf("the user is told %s", r.Body)
	}
	s.next(t, "the failure", func(h heard) bool { return h.json().at(t, "error_code") == "connection_failed" })

	b.get(t, back).is(t, http.StatusUnauthorized) // the answer was good once
	b.get(t, b.consent(t, b.start(t, ctok), true)).is(t, http.StatusOK)
	if ids := w.accounts(t, "ada"); len(ids) != 1 {
		t.Errorf("accounts %v", ids)
	}
}

// A database that is away just when the code is redeemed costs a moment, and not
// the grant.
func TestChaosDatabaseAwayOverTheCode(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	crm, away, back := g.acme.Handler(), make(chan struct{}), make(chan struct{})
	g.app.on("/oauth/token", func(rw http.ResponseWriter, r *http.Request) {
		g.query(t, "ALTER TABLE connect_flows RENAME TO connect_flows_away")
		crm.ServeHTTP(rw, r)
		close(away)
	})
	go func() {
		defer close(back)
		<-away
		time.Sleep(400 * time.Millisecond)
		g.query(t, "ALTER TABLE connect_flows_away RENAME TO connect_flows")
	}()
	b := g.browser(t)
	b.get(t, b.consent(t, b.start(t, w.connectToken(t, "ada", "")), true)).is(t, http.StatusOK)
	<-back
	if ids := w.accounts(t, "ada"); len(ids) != 1 {
		t.Errorf("accounts %v", ids)
	}
}
