package token_test

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/token"
)

func newKey(t *testing.T, id string) token.Key {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return token.Key{ID: id, Public: pub, Private: priv}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	old, fresh := newKey(t, "k1"), newKey(t, "k2")
	ring := token.NewKeyring("https://patchbay.test", old, fresh)
	claims := token.Claims{ID: "j1", ClientID: "cli_1", Workspace: "o_1", Scopes: []string{"connect:*"}, IssuedAt: now, ExpiresAt: now.Add(time.Hour)}
	sign := func(r *token.Keyring) string {
		raw, err := r.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	symmetric, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "cli_1"}).SignedString([]byte(fresh.Public))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		raw string
		at  time.Time
		ok  bool
	}{
		"fresh":                           {sign(ring), now, true},
		"signed by the key before":        {sign(token.NewKeyring("https://patchbay.test", old)), now, true},
		"just expired":                    {sign(ring), now.Add(time.Hour + 6*time.Second), false},
		"not yet valid":                   {sign(ring), now.Add(-time.Minute), false},
		"another issuer":                  {sign(token.NewKeyring("https://evil.test", fresh)), now, false},
		"unknown key":                     {sign(token.NewKeyring("https://patchbay.test", newKey(t, "k9"))), now, false},
		"a stranger's key under our id":   {sign(token.NewKeyring("https://patchbay.test", newKey(t, "k2"))), now, false},
		"public key used as an HMAC key":  {symmetric, now, false},
		"no signature":                    {"eyJhbGciOiJub25lIn0.e30.", now, false},
		"not a token":                     {"garbage", now, false},
		"a token with its signature cut":  {sign(ring)[:80], now, false},
		"an empty string instead of one.": {"", now, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ring.Verify(tt.raw, tt.at)
			if !tt.ok {
				if !errors.Is(err, token.ErrInvalid) {
					t.Fatalf("Verify() = %v, want ErrInvalid", err)
				}
				return
			}
			if diff := cmp.Diff(claims, got); err != nil || diff != "" {
				t.Fatal(err, diff)
			}
		})
	}
	if got := ring.JWKS(); len(got) != 2 || got[0].KeyID != "k1" || got[0].KeyType != "OKP" {
		t.Fatalf("JWKS() = %+v", got)
	}
}

func TestOpaque(t *testing.T) {
	t.Parallel()
	a, b := token.Hex("ctok_", 16), token.Hex("ctok_", 16)
	if len(a) != len("ctok_")+32 || a == b {
		t.Fatal(a, b)
	}
	if !token.Matches(a, token.Hash(a)) || token.Matches(b, token.Hash(a)) || token.Matches("", nil) {
		t.Fatal("Matches is wrong")
	}
}
