package inbound_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// Who does not know the key is believed by no scheme, whatever they send; and
// who does is, whatever the body.
func FuzzVerify(f *testing.F) {
	const scheme = "hmac of our own"
	f.Add("sha256=00", "1795250000", "{}", "a=b")
	f.Add("t=1795250000,v1=00,v1=", "", `{"sig": "x"}`, "sig=%zz")
	f.Add("v1,AAAA v1a,BBBB v1,", "99999999999999999999", "\x00", "")
	f.Add("Basic Og==", "-1", "a=1&a=2", "sig=&sig=")
	f.Add("eyJhbGciOiJub25lIn0.e30.", "NaN", "[]", "?")
	f.Add("Bearer ", " ", "", "\n")
	schemes := map[string]*catalog.EventVerify{
		scheme:      {Kind: "hmac", Alg: "sha256", Header: "X-Sig", Prefix: "sha256=", Encoding: "hex"},
		"a list":    {Kind: "hmac", Alg: "sha256", Header: "X-Sig", Encoding: "hex", List: &catalog.EventList{Separator: ",", Time: "t", Signature: "v1"}, Signed: "{{ time }}.{{ body }}"},
		"a field":   {Kind: "hmac", Alg: "sha512", JSON: "sig", Encoding: "base64"},
		"a query":   {Kind: "token", Query: "sig"},
		"stripe":    {Kind: "stripe"},
		"twilio":    {Kind: "twilio"},
		"standard":  {Kind: "standard_webhooks"},
		"basic":     {Kind: "basic"},
		"a token":   {Kind: "token", Header: "X-Sig"},
		"jwt":       {Kind: "jwt", Header: "X-Sig", Alg: "HS256"},
		"an edward": {Kind: "ed25519", Header: "X-Sig", Encoding: "hex"},
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	secret := hex.EncodeToString(key)
	f.Fuzz(func(t *testing.T, signature, stamp, body, query string) {
		r := &inbound.Request{Method: http.MethodPost, URL: "https://a.test/e/x?" + query, Body: []byte(body), Header: http.Header{}}
		for _, name := range []string{"X-Sig", "Stripe-Signature", "X-Twilio-Signature", "Webhook-Signature", "Svix-Signature", "Authorization"} {
			r.Header.Set(name, signature)
		}
		for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "X-Time"} {
			r.Header.Set(name, stamp)
		}
		for name, v := range schemes {
			err := inbound.Verify(v, r, []string{secret, ""}, now)
			if _, ours := errors.AsType[*fault.Error](err); !ours {
				t.Errorf("%s says %v of what nobody signed: %q at %q", name, err, signature, body)
			}
		}
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte(body))
		r.Header.Set("X-Sig", "sha256="+hex.EncodeToString(m.Sum(nil)))
		if err := inbound.Verify(schemes[scheme], r, []string{"another", secret}, now); err != nil {
			t.Errorf("%q was signed, and: %v", body, err)
		}
		if r.Body = slices.Concat(r.Body, []byte("x")); !errors.Is(inbound.Verify(schemes[scheme], r, []string{secret}, now), inbound.ErrSignature) {
			t.Errorf("%q was changed and is believed", body)
		}
	})
}
