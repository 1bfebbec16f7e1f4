package connect_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
)

// attacked takes a user of a recorded provider through connecting, with a
// callback that an attacker had a hand in.
func attacked(t *testing.T, method string, change func(r *teller, q url.Values)) (*teller, *connect.Outcome) {
	t.Helper()
	for _, s := range stories {
		if s.method != method {
			continue
		}
		r := newTeller(t, s)
		raw, _, err := r.CreateToken(t.Context(), r.scope, connect.TokenInput{ExternalUserID: "user-1"})
		if err != nil {
			t.Fatal(err)
		}
		_, at, err := r.Start(t.Context(), connect.Begin{Token: raw, App: r.app.Slug, Auth: r.auth.ID, Browser: browser, Fields: r.fields})
		if err != nil {
			t.Fatal(err)
		}
		page, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		q := url.Values{"code": {signedIn}, "state": {page.Query().Get("state")}}
		change(r, q)
		out, err := r.Callback(t.Context(), r.oauth.ID, browser, q)
		if err != nil {
			t.Fatal(err)
		}
		return r, out
	}
	t.Fatalf("nobody tells of %s", method)
	return nil, nil
}

// defended checks that an attack ended as a failed exchange, without an account.
func defended(t *testing.T, r *teller, out *connect.Outcome) {
	t.Helper()
	if out.Err == nil || !errors.Is(out.Err, connect.ErrExchange) || out.AccountID != "" {
		t.Errorf("it ended with %+v, %v", out, out.Err)
	}
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		var n int64
		if err := tx.Model(&account.Account{}).Count(&n).Error; err != nil {
			return err
		}
		if n != 0 {
			t.Errorf("%d accounts were saved", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// An installation id in a callback is anybody's to write: an id of another
// company's installation, which is counted up from one's own, is asked about at
// GitHub with the token of the person who came back, and no token is minted for it.
func TestAttackInstallationOfAnother(t *testing.T) {
	t.Parallel()
	const method = "github/app_installation"
	for name, change := range map[string]func(r *teller, q url.Values){
		"another's installation": func(_ *teller, q url.Values) { back(method, q); q.Set("installation_id", "49234872") },
		"nobody came back":       func(_ *teller, q url.Values) { back(method, q); q.Del("code") },
		"a path in it":           func(_ *teller, q url.Values) { back(method, q); q.Set("installation_id", "49234871/../1") },
		"none":                   func(_ *teller, q url.Values) { back(method, q); q.Del("installation_id") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, out := attacked(t, method, change)
			defended(t, r, out)
			r.provider.set(func() {
				for _, s := range r.provider.seen {
					if strings.HasSuffix(s.url.Path, "/access_tokens") {
						t.Errorf("a token was minted at %s", s.url)
					}
				}
			})
		})
	}
	if _, out := attacked(t, method, func(_ *teller, q url.Values) { back(method, q) }); out.Err != nil {
		t.Errorf("the honest one: %v", out.Err)
	}
}

// A callback of Shopify's is signed by the client's secret and speaks of the
// shop that the user named. Any other does not lead to a code being sent anywhere.
func TestAttackShop(t *testing.T) {
	t.Parallel()
	const method = "shopify/oauth"
	for name, change := range map[string]func(r *teller, q url.Values){
		"not signed":           func(_ *teller, q url.Values) { back(method, q); q.Del("hmac") },
		"changed after it":     func(_ *teller, q url.Values) { back(method, q); q.Set("code", "injected") },
		"added after it":       func(_ *teller, q url.Values) { back(method, q); q.Set("host", "x") },
		"a signature of zeros": func(_ *teller, q url.Values) { back(method, q); q.Set("hmac", strings.Repeat("0", 64)) },
		"another shop, well signed": func(r *teller, q url.Values) {
			back(method, q)
			q.Del("hmac")
			q.Set("shop", "evil-store.myshopify.com")
			signLikeShopify(q)
		},
		"a shop of no shop's name, well signed": func(r *teller, q url.Values) {
			q.Set("shop", "my-store.myshopify.com.evil.example")
			signLikeShopify(q)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, out := attacked(t, method, change)
			defended(t, r, out)
			if n := len(r.provider.saw("token")); n != 0 {
				t.Errorf("the code was redeemed %d times", n)
			}
		})
	}
	if _, out := attacked(t, method, func(_ *teller, q url.Values) { back(method, q) }); out.Err != nil {
		t.Errorf("the honest one: %v", out.Err)
	}
}

// Where Salesforce says that its API is, the credential goes: only hosts of
// Salesforce's are believed.
func TestAttackInstanceURL(t *testing.T) {
	t.Parallel()
	const method = "salesforce/oauth"
	for _, instance := range []string{
		"https://evil.example", "https://salesforce.com.evil.example", "https://evilsalesforce.com", "https://evil.example/.my.salesforce.com",
		"https://evil.example#.my.salesforce.com", "https://my.salesforce.com@evil.example", "http://fixture.my.salesforce.com", "https://fixture.my.salesforce.com:8443",
		"https://127.0.0.1", "//evil.example", "",
	} {
		t.Run(instance, func(t *testing.T) {
			t.Parallel()
			r, out := attacked(t, method, func(r *teller, _ url.Values) {
				r.provider.set(func() { r.provider.answers["token_ok"].Body.(map[string]any)["instance_url"] = instance })
			})
			defended(t, r, out)
			for _, s := range r.provider.saw("identity") {
				t.Errorf("the credential went to %s", s.url)
			}
		})
	}
	if _, out := attacked(t, method, func(*teller, url.Values) {}); out.Err != nil {
		t.Errorf("the honest one: %v", out.Err)
	}
}
