package app_test

import (
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/account"
)

// Where an app can be connected in several ways, the page is given them to
// choose from; a client that was named, or a way, settles it.
func TestHostedChoice(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	token := w.connectToken(t, "ada", "")
	settled := func(t *testing.T, query string) string {
		t.Helper()
		r := g.page(t, "app=github&token="+token+query).given(t)
		if r.at(t, "plan", "method") == nil {
			return ""
		}
		return r.text(t, "plan", "method", "kind") + " of " + r.text(t, "plan", "method", "id")
	}
	if got := settled(t, ""); got != "keys of personal_token" {
		t.Errorf("set up for keys alone: %s", got)
	}
	o, err := g.Accounts.Register(t.Context(), w.project, "github", account.OAuthAppInput{Auth: "oauth_app", ClientID: "c", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if r := g.page(t, "app=github&token="+token); settled(t, "") != "" || !strings.Contains(r.Body, "How do you want to connect GitHub?") || len(r.given(t).at(t, "plan", "methods").([]any)) < 2 {
		t.Errorf("set up for two: %s", r.Body)
	}
	for query, want := range map[string]string{"auth=personal_token": "keys of personal_token", "auth=oauth_app": "oauth of oauth_app", "oauthAppId=" + o.ID: "oauth of oauth_app"} {
		if got := settled(t, "&"+query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	if r := g.page(t, "app=github&auth=none_such&token="+token); !strings.Contains(r.Body, "The app has no such way to sign in.") {
		t.Errorf("a way that is not there: %s", r.Body)
	}
}
