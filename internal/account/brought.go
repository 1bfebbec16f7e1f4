package account

import (
	"context"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// TryBrought asks the app who is connected by a grant that was made elsewhere,
// and fills that in. o is nil for methods without a client. A refusal is ErrTest.
func (s *Service) TryBrought(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, g *Grant) error {
	c, err := s.connection(app, auth, o, g.Vars, g.Credential)
	if err != nil {
		return err
	}
	derived, err := s.Provider.Derive(ctx, c)
	if err != nil {
		return err
	}
	c.Vars = mergeVars(c.Vars, derived)
	who, err := s.Provider.Identify(ctx, c)
	if err != nil {
		return err
	}
	g.Vars = c.Vars
	if who.ID != "" {
		g.Identity = who
	}
	return nil
}
