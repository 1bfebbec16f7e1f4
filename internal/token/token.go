// Package token makes and checks the tokens that callers carry: signed access
// tokens (EdDSA JWTs) and opaque ones, of which only a hash is kept.
package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Hex returns prefix followed by n random bytes in lower-case hex.
func Hex(prefix string, n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return prefix + hex.EncodeToString(b)
}

// Hash returns the form in which an opaque token is kept. The token holds 128
// random bits or more, so a fast hash suffices.
func Hash(opaque string) []byte {
	sum := sha256.Sum256([]byte(opaque))
	return sum[:]
}

// Matches reports whether opaque hashes to hash, in constant time.
func Matches(opaque string, hash []byte) bool {
	return subtle.ConstantTimeCompare(Hash(opaque), hash) == 1
}

// ErrInvalid is returned for an access token that is not ours, not yet or no
// longer valid, or meant for something else.
var ErrInvalid = errors.New("token: invalid")

const kind = "oauth_access_token"

// Key is a signing key. A key without Private only verifies.
type Key struct {
	ID      string
	Public  ed25519.PublicKey
	Private ed25519.PrivateKey
}

// Claims is what an access token says.
type Claims struct {
	ID        string
	ClientID  string
	Workspace string
	Scopes    []string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

type wire struct {
	jwt.RegisteredClaims
	TokenType string   `json:"token_type"`
	Workspace string   `json:"workspace"`
	Scopes    []string `json:"scopes"`
}

// Keyring signs with its newest key and verifies with all. It is safe for
// concurrent use.
type Keyring struct {
	issuer string
	mu     sync.RWMutex
	keys   map[string]Key
	signer Key
}

// NewKeyring returns a keyring that signs as issuer. The last key signs.
func NewKeyring(issuer string, keys ...Key) *Keyring {
	r := &Keyring{issuer: issuer}
	r.Replace(keys)
	return r
}

// Replace swaps the keys for another set; the last one signs.
func (r *Keyring) Replace(keys []Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = map[string]Key{}
	for _, k := range keys {
		r.keys[k.ID] = k
		r.signer = k
	}
}

// Has reports whether the keyring knows the key that signed raw. It checks nothing else.
func (r *Keyring) Has(raw string) bool {
	t, _, err := jwt.NewParser().ParseUnverified(raw, &wire{})
	if err != nil {
		return true // not a token at all: no key would help
	}
	kid, _ := t.Header["kid"].(string)
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.keys[kid]
	return ok
}

// Sign returns the claims as a compact JWT.
func (r *Keyring) Sign(c Claims) (string, error) {
	r.mu.RLock()
	k := r.signer
	r.mu.RUnlock()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, wire{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: c.ID, Issuer: r.issuer, Subject: c.ClientID, Audience: jwt.ClaimStrings{"api"},
			IssuedAt: jwt.NewNumericDate(c.IssuedAt), NotBefore: jwt.NewNumericDate(c.IssuedAt), ExpiresAt: jwt.NewNumericDate(c.ExpiresAt),
		},
		TokenType: kind, Workspace: c.Workspace, Scopes: c.Scopes,
	})
	t.Header["kid"] = k.ID
	raw, err := t.SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return raw, nil
}

// Verify returns the claims of an access token that is valid at now, or ErrInvalid.
func (r *Keyring) Verify(raw string, now time.Time) (Claims, error) {
	var w wire
	_, err := jwt.ParseWithClaims(raw, &w, r.key,
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(r.issuer), jwt.WithAudience("api"), jwt.WithExpirationRequired(),
		jwt.WithLeeway(5*time.Second), // clocks of two machines differ
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if w.TokenType != kind {
		return Claims{}, fmt.Errorf("%w: a token of type %q", ErrInvalid, w.TokenType)
	}
	return Claims{
		ID: w.ID, ClientID: w.Subject, Workspace: w.Workspace, Scopes: w.Scopes,
		IssuedAt: w.IssuedAt.Time, ExpiresAt: w.ExpiresAt.Time,
	}, nil
}

// JWK is a public key in the form of RFC 8037.
type JWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	KeyID     string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}
