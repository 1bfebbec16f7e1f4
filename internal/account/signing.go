package account

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// SigningSecrets returns the secrets of an OAuth client, of which some apps sign
// what they send: the present one, and the one before while it may be in use. A
// client that is gone has none.
func SigningSecrets(tx *gorm.DB, box *secret.Box, oauthAppID string) (out []string, err error) {
	o, err := db.One[OAuthApp](tx.Where("id = ?", oauthAppID), ErrOAuthApp)
	if errors.Is(err, ErrOAuthApp) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, sealed := range [][]byte{o.ClientSecret, o.PreviousSecret} {
		if len(sealed) == 0 {
			continue
		}
		plain, err := box.Open(sealed, clientAssociated(o.ID))
		if err != nil {
			return nil, fmt.Errorf("secret of client %s: %w", o.ID, err)
		}
		out = append(out, string(plain))
	}
	return out, nil
}
