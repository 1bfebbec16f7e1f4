package connect

import (
	"context"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/token"
)

// place is a host of a customer's own: whose pages are there.
type place struct{ host, environment string }

type placeKey struct{}

// Within returns a context whose work is done at a host of an environment's
// own. There the environment's tokens are good and no others, so that nobody
// shows a page of theirs at somebody else's address.
func Within(ctx context.Context, host, environmentID string) context.Context {
	return context.WithValue(ctx, placeKey{}, place{host, environmentID})
}

// placeOf is the place of a context; the zero one is the base URL.
func placeOf(ctx context.Context) place {
	p, _ := ctx.Value(placeKey{}).(place)
	return p
}

// holds reports whether an environment's pages are at the place. All are at the
// base URL.
func (p place) holds(environmentID string) bool {
	return p.environment == "" || p.environment == environmentID
}

// Elsewhere returns the host at which a flow's browser is known, when that is
// not the place of the context: providers call back at the base URL, which has
// no cookie of a page at another host. "" = here, or there is no such flow.
//
// The host is looked up and not read from the request, so that an answer goes
// to no host but that of the flow's own environment. It is good there only in
// the browser that began.
func (s *Service) Elsewhere(ctx context.Context, oauthAppID, state string) (host string, err error) {
	var row struct{ Host string }
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		return q.Raw(`SELECT d.host FROM connect_flows f JOIN connect_domains d ON d.environment_id = f.environment_id AND d.host = f.host
			WHERE f.state_hash = ? AND f.oauth_app_id = ? AND f.status = 'open'`, token.Hash(state), oauthAppID).Scan(&row).Error
	})
	if err != nil || row.Host == placeOf(ctx).host {
		return "", err
	}
	return row.Host, nil
}

// HostOf is the customer's own host at which a context's work is done; "" = the
// base URL's.
func HostOf(ctx context.Context) string { return placeOf(ctx).host }
