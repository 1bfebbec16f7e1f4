package app

import (
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/sso"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// admit builds what lets servers and people in, and what both may keep here.
func (a *App) admit(box *secret.Box, guard *egress.Guard) {
	now := a.clock.Now
	a.stores = &datastore.Service{DB: a.db, Now: now}
	a.Access = &access.Service{DB: a.db, Box: box, Keys: token.NewKeyring(a.config.PublicURL), Now: now}
	a.Members = &member.Service{DB: a.db, BaseURL: a.config.PublicURL, NewWorkspaces: a.config.NewWorkspaces, Grace: a.config.WorkspaceGrace, Now: now}
	a.SignIns = &signin.Service{DB: a.db, Box: box, Members: a.Members, Redis: a.shared, PublicURL: a.config.PublicURL, Secure: strings.HasPrefix(a.config.PublicURL, "https://"), Now: now}
	a.SSO = &sso.Service{
		DB: a.db, Box: box, Members: a.Members, SignIns: a.SignIns, Guard: guard, HTTP: guard.Client(10*time.Second, 2), PublicURL: a.config.PublicURL, Domains: a.config.ssoDomains(), Now: now,
	}
}
