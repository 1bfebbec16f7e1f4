package provider_test

import (
	"net/url"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// A callback that must be signed, or must speak of the user's own place, is
// refused when it is not.
func TestVerifyCallback(t *testing.T) {
	t.Parallel()
	c := conn(catalog.Auth{Callback: catalog.Callback{Verify: []catalog.VerifyRule{
		{HMACQuery: &catalog.HMACQuery{Param: "hmac"}}, {MatchVar: &catalog.MatchVar{Param: "shop", Equals: "{{ var.shop }}.example.com"}},
	}}})
	c.Client = provider.OAuthClient{ID: "id", Secret: "hush"}
	c.Vars = map[string]string{"shop": "acme"}
	// HMAC-SHA256 of "code=0907&shop=acme.example.com&state=s&timestamp=1337178173" under "hush", by openssl.
	const signature = "3202e6444f927db2cb97da1b1d8d448463be390a0673ce5b93baebf4abf16216"
	tests := map[string]struct {
		query string
		ok    bool
	}{
		"signed":         {"code=0907&shop=acme.example.com&state=s&timestamp=1337178173&hmac=" + signature, true},
		"another order":  {"hmac=" + signature + "&timestamp=1337178173&state=s&shop=acme.example.com&code=0907", true},
		"another code":   {"code=0908&shop=acme.example.com&state=s&timestamp=1337178173&hmac=" + signature, false},
		"another shop":   {"code=0907&shop=evil.example.com&state=s&timestamp=1337178173&hmac=" + signature, false},
		"not signed":     {"code=0907&shop=acme.example.com&state=s&timestamp=1337178173", false},
		"no hexadecimal": {"code=0907&shop=acme.example.com&state=s&timestamp=1337178173&hmac=zz", false},
	}
	for name, tt := range tests {
		q, err := url.ParseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.VerifyCallback(q); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok: %v", name, err, tt.ok)
		}
	}
	c.Vars["shop"] = "other"
	q, _ := url.ParseQuery(tests["signed"].query)
	if err := c.VerifyCallback(q); err == nil {
		t.Error("a callback that is signed, but of another shop, was taken")
	}
}
