package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/account"
)

// Where an app can be connected in several ways, the page lists them, each a
// link to the page for it; a client that was named, or a way, settles it.
func TestHostedChoice(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	token := w.connectToken(t, "ada", "")
	const link, form, leave = `href="?app=github&amp;auth=personal_token&amp;token=`, `data-form="keys"`, `data-form="oauth"`
	if r := g.page(t, "app=github&token="+token); !strings.Contains(r.Body, form) || strings.Contains(r.Body, link) {
		t.Errorf("set up for keys alone: %s", r.Body)
	}
	o, err := g.Accounts.Register(t.Context(), w.project, "github", account.OAuthAppInput{Auth: "oauth_app", ClientID: "c", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	r := g.page(t, "app=github&token="+token)
	if r.Status != http.StatusOK || !strings.Contains(r.Body, link) || !strings.Contains(r.Body, "How do you want to connect GitHub?") || strings.Contains(r.Body, form) || strings.Contains(r.Body, leave) {
		t.Errorf("set up for two: %s", r.Body)
	}
	for query, want := range map[string]string{"auth=personal_token": form, "auth=oauth_app": leave, "oauthAppId=" + o.ID: leave} {
		if r := g.page(t, "app=github&token="+token+"&"+query); !strings.Contains(r.Body, want) || strings.Contains(r.Body, link) {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
	if r := g.page(t, "app=github&auth=none_such&token="+token); !strings.Contains(r.Body, "The app has no such way to sign in.") {
		t.Errorf("a way that is not there: %s", r.Body)
	}
}
