package inbound

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // some providers sign by HMAC-SHA1, which holds
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// fits reports whether one of the signatures was made with the secret.
func (s *signed) fits(v *catalog.EventVerify, secret string, now time.Time) bool {
	switch v.Kind {
	case "hmac", "twilio":
		key, ok := plain(v.Secret, secret)
		return ok && s.any(v.Encoding, func(sig, text []byte) bool { return hmac.Equal(sig, mac(v.Alg, key, text)) })
	case "standard_webhooks":
		return s.standard(secret)
	case "ed25519":
		public, ok := publicKey(secret)
		return ok && s.any(v.Encoding, func(sig, text []byte) bool { return ed25519.Verify(public, text, sig) })
	case "ecdsa":
		public, ok := curveKey(secret)
		return ok && s.any(v.Encoding, func(sig, text []byte) bool {
			sum := sha256.Sum256(text)
			return ecdsa.VerifyASN1(public, sum[:], sig)
		})
	case "token":
		return slices.ContainsFunc(s.got, func(got string) bool { return same(got, secret) })
	case "basic":
		return same(s.got[0], "Basic "+base64.StdEncoding.EncodeToString([]byte(secret)))
	case "jwt":
		return jwtFits(s.got[0], secret, now)
	}
	return false
}

// any reports whether a signature fits a text.
func (s *signed) any(encoding string, fits func(sig, text []byte) bool) bool {
	for _, got := range s.got {
		sig, ok := plain(orHex(encoding), got)
		if !ok || len(sig) == 0 {
			continue
		}
		for _, text := range s.texts {
			if fits(sig, []byte(text)) {
				return true
			}
		}
	}
	return false
}

func orHex(encoding string) string {
	if encoding == "" {
		return "hex"
	}
	return encoding
}

// plain reads bytes that were written as hex, base64 or themselves.
func plain(encoding, text string) ([]byte, bool) {
	switch encoding {
	case "hex":
		b, err := hex.DecodeString(text)
		return b, err == nil
	case "base64":
		b, err := base64.StdEncoding.DecodeString(text)
		return b, err == nil
	}
	return []byte(text), true
}

func mac(alg string, key, text []byte) []byte {
	m := hmac.New(map[string]func() hash.Hash{"sha1": sha1.New, "sha512": sha512.New, "sha256": sha256.New, "": sha256.New}[alg], key)
	m.Write(text)
	return m.Sum(nil)
}

// same compares two texts in a time that tells nothing of where they differ,
// nor of how long the second is.
func same(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func sumFits(body []byte, want string) bool {
	sum := sha256.Sum256(body)
	return same(strings.ToLower(want), hex.EncodeToString(sum[:]))
}

// standard checks v1 signatures under a secret, and v1a ones under a public key.
func (s *signed) standard(secret string) bool {
	version, fits := "v1,", func(key, sig []byte) bool { return hmac.Equal(sig, mac("", key, []byte(s.texts[0]))) }
	text, asymmetric := strings.CutPrefix(secret, "whpk_")
	if asymmetric {
		version, fits = "v1a,", func(key, sig []byte) bool {
			return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, []byte(s.texts[0]), sig)
		}
	}
	key, ok := plain("base64", strings.TrimPrefix(text, "whsec_"))
	return ok && slices.ContainsFunc(s.got, func(got string) bool {
		value, named := strings.CutPrefix(got, version)
		sig, ok := plain("base64", value)
		return named && ok && fits(key, sig)
	})
}

// publicKey reads an Ed25519 key: 32 bytes in hex or base64, or PEM.
func publicKey(text string) (ed25519.PublicKey, bool) {
	for _, encoding := range []string{"hex", "base64"} {
		if b, ok := plain(encoding, text); ok && len(b) == ed25519.PublicKeySize {
			return b, true
		}
	}
	k, ok := parsed(text).(ed25519.PublicKey)
	return k, ok
}

func curveKey(text string) (*ecdsa.PublicKey, bool) {
	k, ok := parsed(text).(*ecdsa.PublicKey)
	return k, ok
}

// parsed reads a public key in PEM, or the same without its first and last line.
func parsed(text string) any {
	der, ok := plain("base64", text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der, ok = block.Bytes, true
	}
	if !ok {
		return nil
	}
	k, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil
	}
	return k
}

// jwtFits reports whether a token was signed with the key and has not ended.
// Which algorithms are taken follows from the key, never from the token.
func jwtFits(raw, key string, now time.Time) bool {
	methods, with := []string{"HS256", "HS384", "HS512"}, any([]byte(key))
	if strings.Contains(key, "-----BEGIN") {
		switch k := parsed(key).(type) {
		case *rsa.PublicKey:
			methods, with = []string{"RS256", "RS384", "RS512"}, k
		case *ecdsa.PublicKey:
			methods, with = []string{"ES256", "ES384", "ES512"}, k
		case ed25519.PublicKey:
			methods, with = []string{"EdDSA"}, k
		default:
			return false
		}
	}
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.Parse(raw, func(*jwt.Token) (any, error) { return with, nil })
	return err == nil
}
