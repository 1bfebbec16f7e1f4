// Package masterkey opens the key that wraps all others. It lies outside of the
// database: in a file, in the environment, or in a key service that never hands
// it out (AWS KMS, Google Cloud KMS, the transit engine of HashiCorp Vault).
// The services are named by the operator, as the database is, and so are
// reached without the guard of internal/egress.
package masterkey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Size is the length of a master key of our own in bytes.
const Size = 32

// The forms of a setting.
const (
	fileScheme  = "file://"
	awsScheme   = "aws-kms://"
	gcpScheme   = "gcp-kms://"
	vaultScheme = "hcvault://"
)

// Environment is the place of a key that stands in the setting itself.
const Environment = "the environment"

var (
	// ErrSetting is returned for a setting that names no key.
	ErrSetting = errors.New("want 32 bytes in base64, or where the key is: file:///folder/master.key, aws-kms://arn:aws:kms:…, gcp-kms://projects/…/cryptoKeys/…, hcvault://host:8200/transit/keys/…")
	// ErrMissing is returned for a file that is not there.
	ErrMissing = errors.New("there is no such file")
)

// Key is a master key. It wraps and unwraps data keys and nothing else.
type Key struct {
	tink.AEADWithContext
	// Fingerprint tells this key from others and tells nothing of it: 16
	// hexadecimal digits.
	Fingerprint string
	// Place says where the key is kept: the setting, or Environment.
	Place string

	raw []byte // nil: the service keeps it
}

// Bytes returns the key itself in base64, and false for one that a service
// keeps and never hands out.
func (k *Key) Bytes() (string, bool) {
	return base64.StdEncoding.EncodeToString(k.raw), k.raw != nil
}

// IsFile reports whether a setting names a file, and which.
func IsFile(setting string) (path string, ok bool) { return strings.CutPrefix(setting, fileScheme) }

// InClear reports whether a setting is itself the key.
func InClear(setting string) bool { return !strings.Contains(setting, "://") }

// Open returns the key that a setting names: 32 bytes in base64, a file://, or
// a key service. It returns ErrMissing for a file that is not there. Services
// are first asked when a data key is wrapped or unwrapped.
func Open(ctx context.Context, setting string) (*Key, error) {
	path, file := IsFile(setting)
	switch {
	case file:
		return readFile(path)
	case strings.HasPrefix(setting, awsScheme):
		return openAWS(ctx, setting)
	case strings.HasPrefix(setting, gcpScheme):
		return openGCP(ctx, setting)
	case strings.HasPrefix(setting, vaultScheme):
		return openVault(setting)
	case InClear(setting):
		return Parse(setting, Environment)
	}
	return nil, ErrSetting
}

// Check says whether Open could make sense of a setting, without a look at files or services.
func Check(setting string) error {
	path, file := IsFile(setting)
	switch {
	case file:
		if !filepath.IsAbs(path) {
			return fmt.Errorf("%s is not a full path: want three slashes, as in file:///folder/master.key", setting)
		}
	case strings.HasPrefix(setting, awsScheme), strings.HasPrefix(setting, gcpScheme):
	case strings.HasPrefix(setting, vaultScheme):
		if u, err := url.Parse(setting); err != nil || u.Host == "" || !strings.Contains(u.Path, "/keys/") {
			return errors.New("want hcvault://host:8200/transit/keys/name")
		}
	default:
		_, err := Parse(setting, Environment)
		return err
	}
	return nil
}

// Parse returns the key that a text in base64 holds.
func Parse(text, place string) (*Key, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != Size {
		return nil, ErrSetting // which does not show the text: it may be a key with a slip
	}
	return fromBytes(raw, place)
}

// New makes a key that is kept nowhere yet.
func New() (*Key, error) {
	raw := make([]byte, Size)
	_, _ = rand.Read(raw) // never fails: see crypto/rand
	return fromBytes(raw, "")
}

func fromBytes(raw []byte, place string) (*Key, error) {
	a, err := subtle.NewXChaCha20Poly1305(raw)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return &Key{AEADWithContext: local{a}, Fingerprint: fingerprint("bytes", raw), Place: place, raw: raw}, nil
}

// fingerprint is short: it tells an operator's keys apart, and proves nothing.
// The proof is that the data keys open.
func fingerprint(kind string, of []byte) string {
	sum := sha256.Sum256(append([]byte("patchbay master key "+kind+" "), of...))
	return hex.EncodeToString(sum[:8])
}

// local makes a key that needs no network look like one that does.
type local struct{ tink.AEAD }

func (l local) EncryptWithContext(_ context.Context, plain, associated []byte) ([]byte, error) {
	return l.Encrypt(plain, associated)
}

func (l local) DecryptWithContext(_ context.Context, sealed, associated []byte) ([]byte, error) {
	return l.Decrypt(sealed, associated)
}

// callTimeout is how long a key service may take for one call.
const callTimeout = 10 * time.Second

// remote gives each call of a key service its time, and says in an error which
// service it was.
type remote struct {
	tink.AEADWithContext
	name string
}

func (r remote) EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := r.AEADWithContext.EncryptWithContext(ctx, plain, associated)
	if err != nil {
		return nil, fmt.Errorf("%s does not encrypt: %w", r.name, err)
	}
	return out, nil
}

func (r remote) DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := r.AEADWithContext.DecryptWithContext(ctx, sealed, associated)
	if err != nil {
		return nil, fmt.Errorf("%s does not decrypt: %w", r.name, err)
	}
	return out, nil
}
