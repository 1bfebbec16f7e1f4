package token

import (
	"encoding/base64"
	"slices"
	"strings"
)

// JWKS returns the public keys in the order of their ids.
func (r *Keyring) JWKS() []JWK {
	r.mu.RLock()
	defer r.mu.RUnlock()
	set := []JWK{}
	for _, k := range r.keys {
		set = append(set, JWK{
			KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(k.Public),
			KeyID: k.ID, Use: "sig", Algorithm: "EdDSA",
		})
	}
	slices.SortFunc(set, func(a, b JWK) int { return strings.Compare(a.KeyID, b.KeyID) })
	return set
}
