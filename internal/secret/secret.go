// Package secret keeps credentials unreadable at rest and out of logs.
//
// A Box seals with envelope encryption: each value has a data key of its own,
// which the master key encrypts. The sealed form begins with the id of the
// master key, so that keys can be rotated while old values still open.
package secret

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

const idSize = 4

// ErrOpen is returned for a value that was not sealed by one of the keys with
// the same associated data, or that was changed since.
var ErrOpen = errors.New("secret: cannot open")

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	primary [idSize]byte
	keys    map[[idSize]byte]tink.AEAD
}

// NewBox returns a box that seals with the first key and opens with all. A key
// is KeySize bytes in standard base64.
func NewBox(keys ...string) (*Box, error) {
	b := &Box{keys: map[[idSize]byte]tink.AEAD{}}
	for i, k := range keys {
		raw, err := base64.StdEncoding.DecodeString(k)
		if err != nil || len(raw) != KeySize {
			return nil, fmt.Errorf("master key %d: want %d bytes in base64", i+1, KeySize)
		}
		kek, err := subtle.NewXChaCha20Poly1305(raw)
		if err != nil {
			return nil, fmt.Errorf("master key %d: %w", i+1, err)
		}
		sum := sha256.Sum256(append([]byte("patchbay key id "), raw...))
		id := [idSize]byte(sum[:idSize])
		b.keys[id] = aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), kek)
		if i == 0 {
			b.primary = id
		}
	}
	if len(b.keys) == 0 {
		return nil, errors.New("no master key")
	}
	return b, nil
}

// Seal encrypts plain and binds it to where it belongs: Open wants the same
// associated data, so a sealed value moved to another row does not open.
func (b *Box) Seal(plain []byte, associated string) ([]byte, error) {
	sealed, err := b.keys[b.primary].Encrypt(plain, []byte(associated))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append(b.primary[:], sealed...), nil
}

// Open decrypts what Seal returned, or returns ErrOpen.
func (b *Box) Open(sealed []byte, associated string) ([]byte, error) {
	if len(sealed) < idSize {
		return nil, ErrOpen
	}
	key, ok := b.keys[[idSize]byte(sealed[:idSize])]
	if !ok {
		return nil, fmt.Errorf("%w: unknown master key", ErrOpen)
	}
	plain, err := key.Decrypt(sealed[idSize:], []byte(associated))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Text is a secret in memory. It prints as [redacted], whatever prints it.
type Text string

const redacted = "[redacted]"

// String hides the text.
func (Text) String() string { return redacted }

// GoString hides the text.
func (Text) GoString() string { return redacted }

// LogValue hides the text.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the text.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Reveal returns the text itself.
func (t Text) Reveal() string { return string(t) }
