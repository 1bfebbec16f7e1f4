package provider

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// assert signs an assertion and, when the app has a token endpoint for it,
// exchanges it (RFC 7523); else the assertion itself is the token.
func (p *Client) assert(ctx context.Context, c *Connection) (*Grant, error) {
	values, now := c.Values(), p.Now()
	values["scopes"] = strings.Join(c.Auth.Requested(""), or(c.Auth.Scopes.Join, " "))
	signed, until, err := sign(c.Auth.Assertion, values, now)
	if err != nil {
		return nil, &Refusal{Class: Reauth, cause: err} // the key that the user gave cannot sign
	}
	values = maps.Clone(values)
	values["assertion"] = signed
	if c.Auth.Token.URL != "" {
		return p.tokenWith(ctx, c, c.Auth.Token, map[string]string{}, values)
	}
	g := newGrant()
	for name, t := range c.Auth.Tokens {
		g.Expires[name] = until
		if g.Tokens[name+".access"], err = catalog.Expand(t.Value, values); err != nil {
			return nil, fmt.Errorf("tokens.%s.value: %w", name, err)
		}
	}
	return g, nil
}

// sign makes a JWT of the claims that the file names. Where it names no times,
// they are now and now plus the lifetime.
func sign(a catalog.Assertion, values map[string]string, now time.Time) (string, time.Time, error) {
	life, err := Duration(or(a.Lifetime, "1h"))
	if err != nil {
		return "", now, err
	}
	until := now.Add(life)
	claims := jwt.MapClaims{"iat": now.Unix(), "exp": until.Unix(), "jti": rand.Text()}
	for k, text := range a.Claims {
		if k == "iat" || k == "exp" {
			continue
		}
		v, err := catalog.Expand(text, values)
		if err != nil {
			return "", now, fmt.Errorf("assertion.claims.%s: %w", k, err)
		}
		if v != "" {
			claims[k] = v
		}
	}
	method := jwt.GetSigningMethod(a.Alg)
	if method == nil {
		return "", now, fmt.Errorf("assertion.alg %q is not known", a.Alg)
	}
	t := jwt.NewWithClaims(method, claims)
	if a.Kid != "" {
		if t.Header["kid"], err = catalog.Expand(a.Kid, values); err != nil {
			return "", now, fmt.Errorf("assertion.kid: %w", err)
		}
	}
	text, err := catalog.Expand(a.Key, values)
	if err != nil {
		return "", now, fmt.Errorf("assertion.key: %w", err)
	}
	key, err := signingKey(a.Alg, text)
	if err != nil {
		return "", now, err
	}
	raw, err := t.SignedString(key)
	if err != nil {
		return "", now, fmt.Errorf("sign assertion: %w", err)
	}
	return raw, until, nil
}

// signingKey reads a key that a user or an operator gave. Its errors show
// nothing of it.
func signingKey(alg, text string) (any, error) {
	if alg == "HS256" {
		return []byte(text), nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("the private key is not in PEM form")
	}
	if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if signer, ok := k.(crypto.Signer); ok {
			return signer, nil
		}
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	return nil, fmt.Errorf("the private key cannot be read")
}
