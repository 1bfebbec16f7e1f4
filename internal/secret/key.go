package secret

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/cryptofmt"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeyID names a data key. It stands at the head of every value that the key
// sealed: one byte, and four of the id.
type KeyID uint32

// String returns the id as people see it: eight hexadecimal digits.
func (i KeyID) String() string { return fmt.Sprintf("%08x", uint32(i)) }

// Head is how a value begins that the key sealed.
func (i KeyID) Head() []byte {
	return binary.BigEndian.AppendUint32([]byte{cryptofmt.TinkStartByte}, uint32(i))
}

// HeadSize is the length of Head in bytes.
const HeadSize = cryptofmt.TinkPrefixSize

// KeyOf returns the id of the key that sealed a value, and false for bytes that
// no key of ours sealed.
func KeyOf(sealed []byte) (KeyID, bool) {
	if len(sealed) < HeadSize || sealed[0] != cryptofmt.TinkStartByte {
		return 0, false
	}
	return KeyID(binary.BigEndian.Uint32(sealed[1:HeadSize])), true
}

// Key is a data key in the clear. It lives in memory only; Wrap is the way out.
type Key struct {
	id     KeyID
	handle *keyset.Handle
	aead   tink.AEAD
}

// NewKey makes a key: XChaCha20-Poly1305, whose random nonces are long enough
// for any number of values.
func NewKey() (*Key, error) {
	h, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make data key: %w", err)
	}
	return fromHandle(h)
}

func fromHandle(h *keyset.Handle) (*Key, error) {
	p, err := h.Primary()
	if err != nil {
		return nil, fmt.Errorf("read data key: %w", err)
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("read data key: %w", err)
	}
	return &Key{id: KeyID(p.KeyID()), handle: h, aead: a}, nil
}

// ID returns the key's name.
func (k *Key) ID() KeyID { return k.id }

// Wrap returns the key encrypted by the master key and bound to its own id.
func (k *Key) Wrap(ctx context.Context, master tink.AEADWithContext) ([]byte, error) {
	var out bytes.Buffer
	if err := k.handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&out), master, wrapAssociated(k.id)); err != nil {
		return nil, fmt.Errorf("wrap data key %s: %w", k.id, err)
	}
	return out.Bytes(), nil
}

// Unwrap returns the key that Wrap encrypted under the id.
func Unwrap(ctx context.Context, id KeyID, wrapped []byte, master tink.AEADWithContext) (*Key, error) {
	h, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(wrapped)), master, wrapAssociated(id))
	if err != nil {
		return nil, fmt.Errorf("unwrap data key %s: %w", id, err)
	}
	return fromHandle(h)
}

func wrapAssociated(id KeyID) []byte { return []byte("data_key|" + id.String()) }
