package masterkey

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// openVault names a key of a transit engine, which must be of a kind that takes
// associated data (aes256-gcm96, the default). Token, certificates, namespace
// or an agent come from where Vault's own tools take them: VAULT_TOKEN ….
func openVault(setting string) (*Key, error) {
	if err := Check(setting); err != nil {
		return nil, err
	}
	u, err := url.Parse(setting)
	if err != nil {
		return nil, fmt.Errorf("key of Vault: %w", err)
	}
	c := api.DefaultConfig()
	if c.Error != nil {
		return nil, fmt.Errorf("key of Vault: %w", c.Error)
	}
	c.Address, c.Timeout = "https://"+u.Host, callTimeout
	client, err := api.NewClient(c)
	if err != nil {
		return nil, fmt.Errorf("key of Vault: %w", err)
	}
	service, err := hcvault.NewClientWithAEADOptions(setting, client.Logical())
	if err != nil {
		return nil, fmt.Errorf("key of Vault: %w", err)
	}
	a, err := service.GetAEAD(setting)
	if err != nil {
		return nil, fmt.Errorf("key of Vault: %w. Want %shost:8200/transit/keys/name", err, vaultScheme)
	}
	// The host is left out: a Vault that moves keeps its keys.
	name := strings.TrimPrefix(u.EscapedPath(), "/")
	return &Key{AEADWithContext: remote{impatient{a}, "Vault"}, Fingerprint: fingerprint("vault", []byte(name)), Place: setting}, nil
}

// impatient gives up waiting when the context ends. The call itself ends by the
// client's own timeout.
type impatient struct{ tink.AEAD }

func (i impatient) EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error) {
	return inTime(ctx, func() ([]byte, error) { return i.Encrypt(plain, associated) })
}

func (i impatient) DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	return inTime(ctx, func() ([]byte, error) { return i.Decrypt(sealed, associated) })
}

func inTime(ctx context.Context, call func() ([]byte, error)) ([]byte, error) {
	type answer struct {
		out []byte
		err error
	}
	done := make(chan answer, 1)
	go func() {
		out, err := call()
		done <- answer{out, err}
	}()
	select {
	case a := <-done:
		return a.out, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
