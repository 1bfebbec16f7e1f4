package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Secrets are what requests are verified by, as they are set: nil leaves them.
type Secrets struct {
	Secrets []string
	Token   *string // what some providers repeat when they try the address
}

// Check refuses secrets that are too many or too long.
func (s *Secrets) Check() error {
	if s == nil {
		return nil
	}
	if len(s.Secrets) > mostSecrets {
		return Bad("verification.secrets", "there are at most %d", mostSecrets)
	}
	if slices.ContainsFunc(s.Secrets, func(one string) bool { return one == "" || len(one) > longestSecret }) {
		return Bad("verification.secrets", "each has 1 to %d bytes", longestSecret)
	}
	if s.Token != nil && len(*s.Token) > longestSecret {
		return Bad("verification.token", "it has at most %d bytes", longestSecret)
	}
	return nil
}

// Over returns keys with s set over them.
func (s *Secrets) Over(k inbound.Keys) inbound.Keys {
	if s == nil {
		return k
	}
	if s.Secrets != nil {
		k.Secrets, k.Kept = s.Secrets, false
	}
	if s.Token != nil {
		k.Token = *s.Token
	}
	return k
}

// Seal seals the keys of an address; nil for none.
func Seal(box *secret.Box, associated string, k inbound.Keys) ([]byte, error) {
	if len(k.Secrets) == 0 && k.Token == "" {
		return nil, nil
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return box.Seal(raw, associated) //nolint:wrapcheck // says it all
}

// Open opens the keys of an address.
func Open(box *secret.Box, associated string, sealed []byte) (k inbound.Keys, err error) {
	if sealed == nil {
		return k, nil
	}
	raw, err := box.Open(sealed, associated)
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		return k, fmt.Errorf("keys of %s: %w", associated, err)
	}
	return k, nil
}

// Set returns the keys of settings that take the place of others, with s set over
// them: another provider's are of no use.
func (s *Secrets) Set(before *Settings, in *Settings, k inbound.Keys) inbound.Keys {
	switch {
	case in.Verification == nil:
		return inbound.Keys{}
	case before == nil || before.Verification == nil || before.Verification.Scheme != in.Verification.Scheme:
		return s.Over(inbound.Keys{})
	default:
		return s.Over(k)
	}
}

// View is how an address takes its requests, as it is shown, and what came in.
type View struct {
	Settings

	Secrets int         // how many are set
	Token   bool        // one is set
	Kept    secret.Text // the secret that came by a handshake, for who has to give it back; "" = none
	SetAt   *time.Time
	Silent  *time.Time // since when it was told that the address is silent
	Counts  inbound.Counts
}

// Show returns the view of settings, nil for none, and of their keys.
func Show(in *Settings, k inbound.Keys) *View {
	v := &View{Secrets: len(k.Secrets), Token: k.Token != ""}
	if in != nil {
		v.Settings = *in
	}
	if k.Kept && len(k.Secrets) > 0 {
		v.Kept = secret.Text(k.Secrets[0])
	}
	return v
}
