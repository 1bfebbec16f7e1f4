package inbound_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

var now = time.Unix(1795250000, 0)

func with(header, value string) *inbound.Request {
	return &inbound.Request{Method: http.MethodPost, URL: "https://a.test/e/x?sig=" + value, Header: http.Header{header: {value}}, Body: []byte("{}")}
}

func check(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// Schemes that somebody writes for a sender of their own.
func TestGenericSchemes(t *testing.T) {
	t.Parallel()
	m := hmac.New(sha512.New, []byte{1, 2, 3})
	m.Write([]byte("POST|{}|7"))
	sum := m.Sum(nil)
	own := catalog.EventVerify{Kind: "hmac", Alg: "sha512", Header: "X-Sig", Prefix: "sig:", Encoding: "base64", Secret: "hex", Signed: "{{ method }}|{{ body }}|{{ header.x-nonce }}"}
	r := with("X-Sig", "sig:"+base64.StdEncoding.EncodeToString(sum))
	check(t, "a header that was signed is missing", inbound.Verify(&own, r, []string{"010203"}, now), inbound.ErrSignature)
	r.Header.Set("X-Nonce", "7")
	check(t, "hmac of our own", inbound.Verify(&own, r, []string{"010203"}, now), nil)
	check(t, "a secret that is no hex", inbound.Verify(&own, r, []string{"zz"}, now), inbound.ErrSignature)

	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed := hex.EncodeToString(ed25519.Sign(private, []byte("{}")))
	query := catalog.EventVerify{Kind: "ed25519", Query: "sig"}
	check(t, "ed25519 in the address", inbound.Verify(&query, with("X", signed), []string{base64.StdEncoding.EncodeToString(public)}, now), nil)
	check(t, "a key that is none", inbound.Verify(&query, with("X", signed), []string{"abc"}, now), inbound.ErrSignature)

	basic := catalog.EventVerify{Kind: "basic"}
	r = with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("user:pass")))
	check(t, "basic", inbound.Verify(&basic, r, []string{"user:pass"}, now), nil)
	check(t, "another password", inbound.Verify(&basic, r, []string{"user:pas"}, now), inbound.ErrSignature)
	bearer := catalog.EventVerify{Kind: "token", Header: "Authorization", Prefix: "Bearer "}
	check(t, "bearer", inbound.Verify(&bearer, with("Authorization", "Bearer t"), []string{"t"}, now), nil)
	check(t, "no bearer", inbound.Verify(&bearer, with("Authorization", "t"), []string{"t"}, now), inbound.ErrSignature)
	check(t, "an empty bearer", inbound.Verify(&bearer, with("Authorization", "Bearer "), []string{"t"}, now), inbound.ErrSignature)
}

// A JWT that stands for a request is good until its end, under its key, and by
// an algorithm of that key: a public key is no secret to sign with.
func TestJWT(t *testing.T) {
	t.Parallel()
	v := catalog.EventVerify{Kind: "jwt", Header: "Authorization", Prefix: "Bearer "}
	claims := jwt.MapClaims{"exp": now.Add(time.Minute).Unix()}
	make := func(method jwt.SigningMethod, key any, c jwt.Claims) *inbound.Request {
		raw, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return with("Authorization", "Bearer "+raw)
	}
	good := make(jwt.SigningMethodHS256, []byte("key"), claims)
	check(t, "good", inbound.Verify(&v, good, []string{"key"}, now), nil)
	check(t, "another key", inbound.Verify(&v, good, []string{"other"}, now), inbound.ErrSignature)
	check(t, "its end", inbound.Verify(&v, good, []string{"key"}, now.Add(time.Hour)), inbound.ErrSignature)
	check(t, "no end", inbound.Verify(&v, make(jwt.SigningMethodHS256, []byte("key"), jwt.MapClaims{}), []string{"key"}, now), inbound.ErrSignature)
	check(t, "no algorithm", inbound.Verify(&v, make(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims), []string{"key"}, now), inbound.ErrSignature)

	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	check(t, "a public key", inbound.Verify(&v, make(jwt.SigningMethodES256, private, claims), []string{public}, now), nil)
	check(t, "the public key as a secret", inbound.Verify(&v, make(jwt.SigningMethodHS256, []byte(public), claims), []string{public}, now), inbound.ErrSignature)
}

// A scheme that cannot work is refused before a request meets it.
func TestCheck(t *testing.T) {
	t.Parallel()
	bad := map[string]catalog.EventVerify{
		"a kind that there is not": {Kind: "md5", Header: "X"}, "no place": {Kind: "hmac"}, "two places": {Kind: "hmac", Header: "X", Query: "y"},
		"an algorithm": {Kind: "hmac", Header: "X", Alg: "md5"}, "an encoding": {Kind: "hmac", Header: "X", Encoding: "rot13"},
		"a hole": {Kind: "hmac", Header: "X", Signed: "{{ secret }}"}, "a tolerance": {Kind: "hmac", Header: "X", Tolerance: "long"},
		"a list": {Kind: "hmac", Header: "X", List: &catalog.EventList{Separator: ", "}}, "a time": {Kind: "hmac", Header: "X", Timestamp: catalog.EventTime{As: "year"}},
		"a secret's form": {Kind: "hmac", Header: "X", Secret: "rot13"},
	}
	for name, v := range bad {
		if err := inbound.Check(&v); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	good := catalog.EventVerify{Kind: "hmac", Header: "X", Signed: "{{ time }}.{{ body }}.{{ header.X-Y }}.{{ body/a/b }}.{{query.z}}", Tolerance: "90s"}
	if err := inbound.Check(&good); err != nil {
		t.Error(err)
	}
}
