package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// post sends a form to where a provider's answer goes.
func (b *browser) post(t *testing.T, to, form string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://provider.example") // as a browser says of a form on another site
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	return b.g.send(t, b.http, req)
}

// A provider may have the browser bring its answer as a form. It counts only
// once the browser comes by GET, with its cookie; what else is in the form is
// left behind, and it leads nowhere but to the callback.
func TestHostedCallbackByForm(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	b := g.browser(t)
	back := b.consent(t, b.start(t, w.connectToken(t, "posted", "")), true)
	path, answer, _ := strings.Cut(back, "?")
	stranger := g.browser(t).post(t, path, answer+"&id_token=s3cret&code=another&redirect_uri=https%3A%2F%2Fevil.example").is(t, http.StatusSeeOther)
	to, err := url.Parse(stranger.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := url.ParseQuery(answer)
	if err != nil {
		t.Fatal(err)
	}
	if to.Host != "" || !strings.HasSuffix(path, to.Path) || to.RawQuery != want.Encode() {
		t.Fatalf("the form leads to %s, want the parameters %s", to, want.Encode())
	}
	if ids := w.accounts(t, "posted"); len(ids) != 0 {
		t.Fatalf("the form alone made %v", ids)
	}
	if r := g.browser(t).get(t, g.tls+to.String()); r.Status != http.StatusUnauthorized {
		t.Errorf("another browser: %d", r.Status)
	}
	b.get(t, g.tls+to.String()).is(t, http.StatusOK)
	if ids := w.accounts(t, "posted"); len(ids) != 1 {
		t.Errorf("accounts %v", ids)
	}
	for name, form := range map[string]string{"no form": "%", "too long a form": "code=" + strings.Repeat("x", 17<<10)} {
		if r := b.post(t, path, form); r.Status != http.StatusUnauthorized || !strings.Contains(r.Body, "This session has expired.") {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	to, err = url.Parse(b.post(t, g.tls+"/connect/oauth/%5Cevil.example/callback", "state=x").Header.Get("Location"))
	if err != nil || to.Host != "" {
		t.Errorf("it leads to %v, %v", to, err)
	}
}
