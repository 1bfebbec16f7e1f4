package account

import (
	"context"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Fields returns what a component that is code may know of an account: its
// credential, good now, under the names of the wire contract, without what renews
// it. secrets are those of its values that nobody else is to see.
func (s *Service) Fields(ctx context.Context, scope tenant.Scope, accountID string) (fields map[string]any, secrets []string, err error) {
	h, err := s.fresh(ctx, scope, accountID)
	if err != nil {
		return nil, nil, err
	}
	if h.damaged != nil {
		return nil, nil, h.damaged
	}
	fields = revealed(h.account, h.credential)
	delete(fields, "oauth_refresh_token")
	if h.account.OauthAppID != nil {
		err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			clients, err := clientIDs(tx, []Account{*h.account})
			fields["oauth_client_id"] = clients[*h.account.OauthAppID]
			return err
		})
	}
	if h.credential.AccessToken != "" {
		secrets = append(secrets, h.credential.AccessToken)
	}
	for _, v := range h.credential.Inputs {
		secrets = append(secrets, v)
	}
	return fields, secrets, err
}
