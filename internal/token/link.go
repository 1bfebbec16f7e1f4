package token

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrExpired says that a token was ours and good, and is no longer.
var ErrExpired = errors.New("token: expired")

// linkAudience keeps links and access tokens apart, which the same keys sign.
const linkAudience = "link"

// Link is a right to read one thing for a while, in an address that anybody may
// be given. It is no access token, and none is a Link.
type Link struct {
	Subject         string // the id of the thing
	Project         string
	Environment     string // its id
	EnvironmentName string
	ExpiresAt       time.Time
}

type linkWire struct {
	jwt.RegisteredClaims

	Project     string `json:"prj"`
	Environment string `json:"env"`
	Name        string `json:"nam"`
}

// SignLink returns the link's text, which fits into an address as it is.
func (r *Keyring) SignLink(l Link) (string, error) {
	r.mu.RLock()
	k := r.signer
	r.mu.RUnlock()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, linkWire{
		jwt.RegisteredClaims{Issuer: r.issuer, Subject: l.Subject, Audience: jwt.ClaimStrings{linkAudience}, ExpiresAt: jwt.NewNumericDate(l.ExpiresAt)},
		l.Project, l.Environment, l.EnvironmentName,
	})
	t.Header["kid"] = k.ID
	raw, err := t.SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign link: %w", err)
	}
	return raw, nil
}

// VerifyLink returns what a link says, ErrExpired when it once was good, or ErrInvalid.
func (r *Keyring) VerifyLink(raw string, now time.Time) (Link, error) {
	var w linkWire
	_, err := jwt.ParseWithClaims(raw, &w, r.key, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(r.issuer), jwt.WithAudience(linkAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	switch {
	case err == nil:
		return Link{w.Subject, w.Project, w.Environment, w.Name, w.ExpiresAt.Time}, nil
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenInvalidIssuer) && !errors.Is(err, jwt.ErrTokenInvalidAudience):
		return Link{}, fmt.Errorf("%w: %w", ErrExpired, err) // claims are read only below a signature of ours
	default:
		return Link{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
}

// key finds the key that a token names.
func (r *Keyring) key(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.keys[kid]
	if !ok {
		return nil, errors.New("unknown key")
	}
	return k.Public, nil
}
