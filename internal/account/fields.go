package account

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// SignerURI begins what a component finds as oauth_signer_uri of an account by OAuth
// 1.0a; the account's id follows. It is no address: the runner asks Sign.
const SignerURI = "patchbay:oauth1/"

// ErrUnsigned is the fault of a signature for an account whose app asks for none.
var ErrUnsigned = fault.New(fault.Invalid, "not_oauth1", "The account is not one of OAuth 1, and its calls are not signed.")

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
		if err != nil {
			return nil, nil, err
		}
	}
	app, err := s.Catalog.App(ctx, scope.Project(), h.account.App)
	if err != nil {
		return nil, nil, err
	}
	if auth, ok := app.Method(h.account.Auth); ok && auth.Type == catalog.OAuth1 {
		fields["oauth_signer_uri"] = SignerURI + accountID
	}
	if h.credential.AccessToken != "" {
		secrets = append(secrets, h.credential.AccessToken)
	}
	for _, v := range h.credential.Inputs {
		secrets = append(secrets, v)
	}
	return fields, secrets, nil
}

// Sign returns the Authorization header of a call of an app that is signed by OAuth
// 1.0a (RFC 5849, 3), with its query and its form, which is "" for a body of another
// kind. The call itself is the component's to make.
func (s *Service) Sign(ctx context.Context, scope tenant.Scope, accountID, method, target, form string) (string, error) {
	h, err := s.fresh(ctx, scope, accountID)
	if err != nil {
		return "", err
	}
	conn, err := s.at(ctx, scope, h.account, h.credential)
	if err != nil {
		return "", err
	}
	if conn.Auth.Type != catalog.OAuth1 {
		return "", ErrUnsigned
	}
	req, err := http.NewRequestWithContext(ctx, method, "/", strings.NewReader(form))
	if err != nil {
		return "", fmt.Errorf("sign call: %w", err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if err := conn.Prepare(req, target); err != nil {
		return "", err //nolint:wrapcheck // a fault
	}
	return req.Header.Get("Authorization"), nil
}
