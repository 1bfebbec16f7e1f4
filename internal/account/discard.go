package account

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Discard has a grant revoked that no account came of; a says whose it would
// have been, and names what it was for by its id. Many providers end the whole
// grant with one of its tokens, so where it is not known who came back, it is
// left alone if the user has another account through the same client. It
// happens if and when tx commits; then call RevokeSoon with what is returned.
func (s *Service) Discard(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, auth *catalog.Auth, a *Account, g *Grant) ([]string, error) {
	if auth.Revoke.URL == "" {
		return nil, nil
	}
	a.Vars = g.Vars
	if g.Identity.ID != "" {
		a.IdentityID = &g.Identity.ID
	} else if a.OauthAppID != nil {
		var others int64
		if err := tx.Model(&Account{}).Where("user_id = ? AND oauth_app_id = ? AND NOT dead", a.UserID, *a.OauthAppID).Count(&others).Error; err != nil {
			return nil, fmt.Errorf("count accounts: %w", err)
		}
		if others > 0 {
			return nil, nil
		}
	}
	r, err := s.RevokeLater(tx, scope, apps, a, g.Credential, NotSaved)
	if err != nil {
		return nil, err
	}
	return []string{r.ID}, nil
}

// RevokeSoon nudges workers to revoke. The sweep comes to those that they miss.
func (s *Service) RevokeSoon(ctx context.Context, scope tenant.Scope, revocationIDs []string) {
	for _, id := range revocationIDs {
		s.Queue.Nudge(ctx, TaskRevoke, scope, id)
	}
}
