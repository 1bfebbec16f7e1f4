package trigger_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
)

// A request whose key has to be fetched is judged after that, in a transaction of
// its own; while the provider is out, its sender is told to come again.
func TestTakeWithAFetchedKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr := r.taking(intake.Settings{Verification: &intake.Verification{Scheme: "plaid"}}, "id:secret")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	status := http.StatusBadGateway
	r.Verifier.Client = &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		body := `{"key":{"alg":"ES256","crv":"P-256","x":"` + text(point[1:33]) + `","y":"` + text(point[33:]) + `"}}`
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	})}
	signed := func(body string) *intake.Arrival {
		sum := sha256.Sum256([]byte(body))
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iat": r.clock.Now().Unix(), "request_body_sha256": hex.EncodeToString(sum[:])})
		token.Header["kid"] = "k"
		raw, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return post(body, "Plaid-Verification", raw)
	}
	r.refused(tr, signed(`{"a":1}`), inbound.ErrKey)
	status = http.StatusOK
	if got := r.status(tr, signed(`{"a":1}`)); got != intake.Accepted {
		t.Error(got)
	}
	forged := signed(`{"a":2}`)
	forged.Request.Body = []byte(`{"a":3}`)
	r.refused(tr, forged, inbound.ErrSignature)
	if got := fmt.Sprint(r.bodies(tr)); got != `[{"a":1}]` {
		t.Error(got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
