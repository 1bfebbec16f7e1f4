package inbound

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// plaidHosts are asked for a key one after the other: a secret is good at one of
// them, and does not say at which.
var plaidHosts = []string{"https://production.plaid.com", "https://sandbox.plaid.com"}

const (
	plaidKeyFor  = time.Hour // after which it is seen that a key is over
	longestKeyID = 100
)

// plaidClaims are what Plaid signs.
type plaidClaims struct {
	jwt.RegisteredClaims

	Body string `json:"request_body_sha256"`
}

// plaid judges a request as plaid.com/docs/api/webhooks/webhook-verification
// describes: a JWT by ES256 that holds the body's hash and is at most five
// minutes old, and whose key is fetched by its id. A secret is client_id:secret.
func (f *Verifier) plaid(r *Request, secrets []string, now time.Time) error {
	raw := r.Header.Get("Plaid-Verification")
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	var claims plaidClaims
	t, _, err := parser.ParseUnverified(raw, &claims)
	if err != nil || t.Method.Alg() != "ES256" || claims.IssuedAt == nil || !sumFits(r.Body, claims.Body) {
		return ErrSignature
	}
	keyID, _ := t.Header["kid"].(string)
	if keyID == "" || len(keyID) > longestKeyID {
		return ErrSignature
	}
	name := hashed("plaid ", strings.Join(secrets, "\n")) + " " + keyID // what one customer is told is not another's
	k, err := f.key(name, now, func(ctx context.Context) (published, error) { return f.plaidKey(ctx, secrets, keyID, now) })
	if err != nil {
		return err
	}
	if _, err := parser.Parse(raw, func(*jwt.Token) (any, error) { return k, nil }); err != nil {
		return ErrSignature
	}
	if now.Sub(claims.IssuedAt.Time).Abs() > signedFor {
		return ErrLate
	}
	return nil
}

// plaidKey asks Plaid for a key by its id.
func (f *Verifier) plaidKey(ctx context.Context, secrets []string, keyID string, now time.Time) (published, error) {
	for _, secret := range secrets {
		client, password, ok := strings.Cut(secret, ":")
		if !ok {
			continue
		}
		for _, host := range plaidHosts {
			k, err := f.askPlaid(ctx, host, map[string]string{"client_id": client, "secret": password, "key_id": keyID})
			if errors.Is(err, errNoKey) {
				continue
			}
			if err != nil || k == nil {
				return published{}, err
			}
			return published{key: k, stale: now.Add(plaidKeyFor)}, nil
		}
	}
	return published{}, nil
}

// askPlaid returns nil for a key that is over, or is none by ES256.
func (f *Verifier) askPlaid(ctx context.Context, host string, ask map[string]string) (*ecdsa.PublicKey, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, host+"/webhook_verification_key/get", bytes.NewReader(body))
	if err != nil {
		return nil, err //nolint:wrapcheck // Fetch says what failed
	}
	req.Header.Set("Content-Type", "application/json")
	raw, err := f.answerTo(req)
	if err != nil {
		return nil, err
	}
	var said struct {
		Key struct {
			Alg, Crv, X, Y string
			ExpiredAt      *int64 `json:"expired_at"`
		}
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	x, errX := base64.RawURLEncoding.DecodeString(said.Key.X)
	y, errY := base64.RawURLEncoding.DecodeString(said.Key.Y)
	if errX != nil || errY != nil || said.Key.Alg != "ES256" || said.Key.Crv != "P-256" || said.Key.ExpiredAt != nil {
		return nil, nil //nolint:nilerr // a key that cannot be read is none
	}
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, nil //nolint:nilerr // a key that is no point is none
	}
	return k, nil
}
