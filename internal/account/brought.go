package account

import (
	"context"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// TryBrought asks the app who is connected by a grant that was made elsewhere,
// and fills that in. o is nil for methods without a client. A refusal is ErrTest.
func (s *Service) TryBrought(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, g *Grant) error {
	brought := g.Identity
	if _, err := s.Complete(ctx, app, auth, o, g, nil, false); err != nil {
		return err
	}
	if g.Identity.ID == "" {
		g.Identity = brought
	}
	return nil
}
