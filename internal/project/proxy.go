package project

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// stale is how old what is known of a project may be where every call asks for
// it. A change is known at once in the process that made it.
const stale = 5 * time.Second

const maxHosts = 100

// ErrHosts is returned for a list that does not name hosts.
var ErrHosts = fault.New(fault.Invalid, "proxy_allowed_hosts", "A host is written like api.example.com, or *.example.com for all below it; there are up to %d.", maxHosts).At("proxy_allowed_hosts")

// ProxyRules are what a project says of calls through the proxy, and of what is
// kept of them and of runs of actions.
type ProxyRules struct {
	Hosts      []string // host names, "*." before one means all below it; empty = an app's own hosts, all of them
	LogBodies  bool
	LogActions bool
	Redact     *redact.Rules // what is taken out of logs; nil = nothing but what looks secret
}

// Allows reports whether calls may go to a host that is one of the app's.
func (r ProxyRules) Allows(hostname string) bool {
	if len(r.Hosts) == 0 {
		return true
	}
	hostname = strings.ToLower(strings.TrimSuffix(hostname, "."))
	for _, h := range r.Hosts {
		if below, ok := strings.CutPrefix(h, "*"); h == hostname || ok && strings.HasSuffix(hostname, below) && len(hostname) > len(below) {
			return true
		}
	}
	return false
}

// ProxyRules returns what a project says of calls through the proxy, as it was
// some seconds ago at most.
func (s *Service) ProxyRules(ctx context.Context, scope tenant.Scope) (ProxyRules, error) {
	s.caches()
	if r, ok := s.rules.Get(scope.Project()); ok {
		return r, nil
	}
	var r ProxyRules
	err := s.DB.Project(ctx, scope.Project(), func(tx *gorm.DB) error {
		p, err := Current(tx)
		if err != nil {
			return err
		}
		r = ProxyRules{Hosts: p.ProxyHosts, LogBodies: p.ProxyLogBodies, LogActions: p.ActionLogValues}
		r.Redact, err = redact.New(p.LogRedactions)
		return err
	})
	if err == nil {
		s.rules.Add(scope.Project(), r)
	}
	return r, err
}

// Redactions are what is taken out of a project's logs: everything, of a project
// that cannot be asked; and nothing where there is no service, as in tests.
func (s *Service) Redactions(ctx context.Context, scope tenant.Scope) *redact.Rules {
	if s == nil {
		return nil
	}
	rules, err := s.ProxyRules(ctx, scope)
	if err != nil {
		slog.WarnContext(ctx, "what a project takes out of its logs is not known", "error", err)
		return redact.Everything
	}
	return rules.Redact
}

// Place is Scope from memory, as it was some seconds ago at most.
func (s *Service) Place(ctx context.Context, workspaceID, projectID, environmentName string) (tenant.Scope, error) {
	s.caches()
	key := [...]string{workspaceID, projectID, environmentName}
	if scope, ok := s.places.Get(key); ok {
		return scope, nil
	}
	scope, err := s.Scope(ctx, workspaceID, projectID, environmentName)
	if err == nil {
		s.places.Add(key, scope)
	}
	return scope, err
}

func (s *Service) caches() {
	s.once.Do(func() {
		s.places = expirable.NewLRU[[3]string, tenant.Scope](10_000, nil, stale)
		s.rules = expirable.NewLRU[string, ProxyRules](10_000, nil, stale)
	})
}

func checkHosts(hosts []string) error {
	if len(hosts) > maxHosts {
		return ErrHosts
	}
	for i, h := range hosts {
		h = strings.ToLower(strings.TrimSpace(h))
		hosts[i] = h
		name := strings.TrimPrefix(h, "*.")
		if name == "" || len(name) > 253 || strings.ContainsFunc(name, func(r rune) bool {
			return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
			return ErrHosts
		}
	}
	return nil
}
