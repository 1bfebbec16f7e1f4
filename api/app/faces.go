package app

import (
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/console"
	"github.com/patchbay-dev/patchbay/api/docs"
	"github.com/patchbay-dev/patchbay/api/download"
	"github.com/patchbay-dev/patchbay/api/hosted"
	"github.com/patchbay-dev/patchbay/api/ingress"
	"github.com/patchbay-dev/patchbay/api/mcp"
	"github.com/patchbay-dev/patchbay/api/oauth"
	"github.com/patchbay-dev/patchbay/api/proxy"
	"github.com/patchbay-dev/patchbay/api/rest"
	"github.com/patchbay-dev/patchbay/api/resume"
	"github.com/patchbay-dev/patchbay/api/scim"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/approval"
	"github.com/patchbay-dev/patchbay/internal/archive"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/directory"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/listview"
	"github.com/patchbay-dev/patchbay/internal/manifest"
	"github.com/patchbay-dev/patchbay/internal/promotion"
	"github.com/patchbay-dev/patchbay/internal/removal"
	"github.com/patchbay-dev/patchbay/internal/statistics"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/workflow"
	"github.com/patchbay-dev/patchbay/web"
)

// faces are the parts that nobody but the faces asks for.
type faces struct {
	actions   *action.Service
	apps      *appfile.Service
	brands    *brand.Service
	limits    *limit.Service
	workflows *workflow.Service
}

// face builds what the App answers with, from parts that are there.
func (a *App) face(f *faces) error {
	c := &a.config
	a.removals = &removal.Service{DB: a.db, Members: a.Members, Projects: a.Projects, Accounts: a.Accounts, Triggers: a.triggers, Now: a.clock.Now}
	crossOrigin, proxies := http.NewCrossOriginProtection(), c.trustedProxies()
	callers := &caller.Authenticator{
		Access: a.Access, SignIns: a.SignIns, Projects: a.Projects, Connect: a.Connect, Agents: a.agents, CrossOrigin: crossOrigin, OwnOrigins: []string{c.PublicURL, c.ConnectURL}, Limits: f.limits,
	}
	through := &proxy.Server{
		Callers: callers, Projects: a.Projects, Accounts: a.Accounts, Requests: a.requests, Plans: a.plans, Timeout: c.proxyTimeout(),
		Metrics: a.metrics, TrustedProxies: proxies, Now: a.clock.Now,
	}
	manifests := &manifest.Service{DB: a.db, Components: a.components.For, Now: a.clock.Now}
	variables := &variable.Service{DB: a.db, Box: a.keys.Box, Now: a.clock.Now}
	profiles := &toolprofile.Service{DB: a.db, Components: a.components, Now: a.clock.Now}
	api, err := (&rest.Server{
		Promotions: &promotion.Service{DB: a.db, Brands: f.brands, Projects: a.Projects, Variables: variables, Webhooks: a.webhooks, Now: a.clock.Now},
		Archives:   &archive.Service{DB: a.db, Manifests: manifests, Variables: variables, Payloads: a.payloads, Now: a.clock.Now},
		Callers:    callers, Proxy: through.Handler(), Access: a.Access, Members: a.Members, Audit: a.audit, AuditWebhooks: a.auditHooks, Projects: a.Projects, Catalog: f.apps, Accounts: a.Accounts, Brands: f.brands, Connect: a.Connect, Agents: a.agents, Profiles: profiles, Events: a.events, Payloads: a.payloads, Imports: a.Imports, Erasures: a.erasures, Renames: a.renames, Removals: a.removals, Webhooks: a.webhooks, Notify: a.notify, Replays: a.replays, Reruns: a.reruns, Triggers: a.triggers, Actions: f.actions, Components: a.components, Tools: a.tools,
		Firings: a.firings, Mail: a.mail,
		Workflows: f.workflows, Manifests: manifests, Runs: a.runs, Requests: a.requests, Sessions: a.sessions, Statistics: &statistics.Service{DB: a.db, Now: a.clock.Now}, DataStores: a.stores, Instances: &instance.Service{DB: a.db, Now: a.clock.Now}, Variables: variables, Stash: a.stash, Limits: f.limits, Usage: a.usage, Plans: a.plans, Metrics: a.metrics, TrustedProxies: proxies, PublicURL: c.PublicURL, WorkflowDomain: c.WorkflowDomain,
	}).Handler()
	if err != nil {
		return err
	}
	in := &ingress.Server{
		Endpoints: &endpoint.Service{DB: a.db}, Access: a.Access, Projects: a.Projects, Workflows: f.workflows, Runs: a.runs, Triggers: a.triggers, Stash: a.stash,
		Metrics: a.metrics, TrustedProxies: proxies, Domain: c.WorkflowDomain, PublicURL: c.PublicURL,
	}
	payloads := &download.Server{Payloads: a.payloads, Runs: a.runs, Stash: a.stash, Metrics: a.metrics, TrustedProxies: proxies}
	answers := &resume.Server{Runs: a.runs, Metrics: a.metrics, TrustedProxies: proxies}
	admin := &console.Server{SignIns: a.SignIns, SSO: a.SSO, Members: a.Members, Projects: a.Projects, Views: &listview.Service{DB: a.db, Now: a.clock.Now}, Metrics: a.metrics, TrustedProxies: proxies, CrossOrigin: crossOrigin, Files: dist(), PublicURL: c.PublicURL, DemoURL: c.DemoURL, TLSURL: c.ConnectURL, About: a.about, Look: a.system}
	people := &scim.Server{SSO: a.SSO, Directory: &directory.Service{DB: a.db, Members: a.Members, Now: a.clock.Now}, Metrics: a.metrics, TrustedProxies: proxies, PublicURL: c.PublicURL}
	pages, err := (&hosted.Server{Connect: a.Connect, Brands: f.brands, Agents: a.agents, Components: a.components, Catalog: f.apps, Metrics: a.metrics, TrustedProxies: proxies, Files: web.Connect}).Handler()
	if err != nil {
		return err
	}
	agents := &mcp.Server{
		Callers: callers, Components: a.components, Actions: f.actions, Accounts: a.Accounts, Connect: a.Connect, Brands: f.brands, Agents: a.agents, Profiles: profiles, Approvals: &approval.Service{DB: a.db, Now: a.clock.Now}, Projects: a.Projects, Plans: a.plans,
		Metrics: a.metrics, TrustedProxies: proxies, Version: Version(), Wait: 25 * time.Second, Now: a.clock.Now,
	}
	grants := &oauth.Server{Agents: a.agents, Access: a.Access, Metrics: a.metrics, TrustedProxies: proxies, PublicURL: c.PublicURL, ConnectURL: c.ConnectURL}
	pagesOf, err := fs.Sub(web.Docs, "docs/dist")
	if err != nil {
		return fmt.Errorf("find the documentation: %w", err)
	}
	manual := &docs.Server{Files: pagesOf, Metrics: a.metrics, TrustedProxies: proxies}
	a.handler = a.front(f.brands, api, in, payloads.Handler(), answers.Handler(), pages, people.Handler(), agents.Handler(), grants.Handler(), manual.Handler(), admin.Handler())
	return nil
}
