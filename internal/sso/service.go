package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Service keeps connections, and signs people in by them.
type Service struct {
	DB        *db.DB
	Box       *secret.Box
	Members   *member.Service
	SignIns   *signin.Service
	Guard     *egress.Guard
	HTTP      *http.Client // of the guard
	PublicURL string
	// Domains are those that the operator gives: "example.com" to every workspace,
	// "example.com=o_1" to one.
	Domains []string
	// LookupTXT asks the DNS; nil = as the guard does.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
	Now       func() time.Time
}

// CallbackURL is where the provider sends browsers back to. Each workspace has
// its own, so that no provider's answer is taken for another's.
func (s *Service) CallbackURL(workspaceID string) string {
	return s.PublicURL + "/console/sso/" + workspaceID + "/callback"
}

func associated(connectionID string) string { return "sso_connection|" + connectionID }

// Of returns a workspace's connection, or ErrNotFound.
func (s *Service) Of(ctx context.Context, workspaceID string) (c *Connection, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err = s.load(tx.Where("workspace_id = ?", workspaceID))
		return err
	})
	return c, err
}

func (s *Service) load(q *gorm.DB) (*Connection, error) {
	tx := q.Session(&gorm.Session{NewDB: true})
	c, err := db.One[Connection](q, ErrNotFound)
	if err != nil {
		return nil, err
	}
	if err := tx.Where("connection_id = ?", c.ID).Order("domain").Find(&c.Domains).Error; err != nil {
		return nil, fmt.Errorf("find sso domains: %w", err)
	}
	for i := range c.Domains {
		c.Domains[i].ByOperator = s.byOperator(c.WorkspaceID, c.Domains[i].Domain)
	}
	return c, nil
}

// byOperator reports whether whoever runs the installation says that a domain is
// a workspace's.
func (s *Service) byOperator(workspaceID, domain string) bool {
	return slices.Contains(s.Domains, domain) || slices.Contains(s.Domains, domain+"="+workspaceID)
}

// CheckDomains returns an error for what is no list of domains that an operator gives.
func CheckDomains(all []string) error {
	for _, one := range all {
		domain, workspace, named := strings.Cut(one, "=")
		if d, err := checkDomain(domain); err != nil || d != domain || named && workspace == "" {
			return fmt.Errorf("%q is not a domain such as example.com, or example.com=o_1 for one workspace", one)
		}
	}
	return nil
}

// Save makes a workspace's connection or changes it, once its provider has
// described itself. A client at another issuer needs its own secret: that of one
// is never sent to another.
func (s *Service) Save(ctx context.Context, w *signin.Who, wish Wish) (c *Connection, err error) {
	if w.Member.Role != member.Owner {
		return nil, ErrOwner
	}
	if err := wish.check(); err != nil {
		return nil, err
	}
	old, err := s.Of(ctx, w.Workspace.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if wish.Secret == "" && (old == nil || old.Issuer != wish.Issuer) {
		return nil, ErrSecret
	}
	if wish.Required && (old == nil || old.Test == nil || old.Test.Code != "" || old.Issuer != wish.Issuer || old.ClientID != wish.ClientID || wish.Secret != "") {
		return nil, ErrUntested
	}
	if _, err := s.discover(ctx, wish.Issuer); err != nil {
		return nil, fault.Of(err).At("issuer")
	}
	now := s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err = s.load(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("workspace_id = ?", w.Workspace.ID))
		if errors.Is(err, ErrNotFound) {
			c, err = &Connection{ID: id.New("sso"), WorkspaceID: w.Workspace.ID, CreatedAt: now}, nil
		}
		if err != nil {
			return err
		}
		if wish.Seen != nil {
			if err := fault.Unchanged(c.UpdatedAt, *wish.Seen); err != nil {
				return err
			}
		}
		if c.ClientSecret == nil && wish.Secret == "" || c.Issuer != "" && c.Issuer != wish.Issuer && wish.Secret == "" {
			return ErrSecret // another owner changed it meanwhile
		}
		before := c.told()
		if c.Issuer != wish.Issuer || c.ClientID != wish.ClientID || wish.Secret != "" {
			c.Test = nil
		}
		if c.Issuer != "" && c.Issuer != wish.Issuer { // the same subject at another provider is somebody else
			if err := forget(tx, c.ID); err != nil {
				return err
			}
		}
		c.Issuer, c.ClientID, c.Joins, c.DefaultRole = wish.Issuer, wish.ClientID, wish.Joins, wish.DefaultRole
		c.GroupsClaim, c.GroupRoles, c.Required, c.UpdatedAt = wish.GroupsClaim, append([]GroupRole{}, wish.GroupRoles...), wish.Required, now
		if wish.Secret != "" {
			if c.ClientSecret, err = s.Box.Seal([]byte(wish.Secret), associated(c.ID)); err != nil {
				return err
			}
		}
		if err := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, UpdateAll: true}).Create(c).Error; err != nil {
			if errors.Is(err, gorm.ErrDuplicatedKey) {
				return ErrSecret.Because(err) // another owner made one meanwhile
			}
			return fmt.Errorf("write sso connection: %w", err)
		}
		return audit.RecordOf(tx, now, c.WorkspaceID, audit.Entry{Action: audit.SSOChanged, Subject: c.ID, Details: map[string]any{"before": before, "after": c.told(), "secret_changed": wish.Secret != ""}})
	})
	return c, err
}

// told is what the audit log says of a connection.
func (c *Connection) told() map[string]any {
	if c.Issuer == "" {
		return nil
	}
	return map[string]any{"issuer": c.Issuer, "client_id": c.ClientID, "joins": c.Joins, "default_role": c.DefaultRole, "groups_claim": c.GroupsClaim, "group_roles": c.GroupRoles, "required": c.Required}
}

// forget ends the sessions that a connection opened, and what it knows of people.
func forget(tx *gorm.DB, connectionID string) error {
	for _, table := range []string{"sessions", "sso_identities", "sso_flows"} {
		if err := tx.Exec("DELETE FROM "+table+" WHERE connection_id = ?", connectionID).Error; err != nil {
			return fmt.Errorf("forget sso connection: %w", err)
		}
	}
	return nil
}

// Remove takes the connection away. Sessions that it opened end.
func (s *Service) Remove(ctx context.Context, w *signin.Who) error {
	if w.Member.Role != member.Owner {
		return ErrOwner
	}
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err := s.load(tx.Where("workspace_id = ?", w.Workspace.ID))
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", c.ID).Delete(&Connection{}), ErrNotFound); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), c.WorkspaceID, audit.Entry{Action: audit.SSORemoved, Subject: c.ID, Details: c.told()})
	})
}

// AddDomain names a domain that is to be proved.
func (s *Service) AddDomain(ctx context.Context, w *signin.Who, raw string) (d *Domain, err error) {
	if w.Member.Role != member.Owner {
		return nil, ErrOwner
	}
	name, err := checkDomain(raw)
	if err != nil {
		return nil, err
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err := s.load(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("workspace_id = ?", w.Workspace.ID))
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(c.Domains, func(d Domain) bool { return d.Domain == name }); i >= 0 {
			d = &c.Domains[i]
			return nil
		}
		if len(c.Domains) >= maxDomains {
			return ErrDomain
		}
		d = &Domain{ID: id.New("dom"), ConnectionID: c.ID, Domain: name, Proof: "patchbay-" + token.Hex("", 16), ByOperator: s.byOperator(c.WorkspaceID, name)}
		if err := tx.Create(d).Error; err != nil {
			return fmt.Errorf("insert sso domain: %w", err)
		}
		return audit.RecordOf(tx, s.Now(), c.WorkspaceID, audit.Entry{Action: audit.SSODomainAdded, Subject: d.ID, Details: map[string]any{"domain": name}})
	})
	return d, err
}

// ProveDomain looks whether a domain's DNS says what it is to say.
func (s *Service) ProveDomain(ctx context.Context, w *signin.Who, domainID string) (d *Domain, err error) {
	if w.Member.Role != member.Owner {
		return nil, ErrOwner
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		d, err = domainOfWorkspace(tx, w.Workspace.ID, domainID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if d.ByOperator = s.byOperator(w.Workspace.ID, d.Domain); d.Proved() {
		return d, nil
	}
	lookup := s.LookupTXT
	if lookup == nil {
		lookup = s.Guard.LookupTXT
	}
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	said, err := lookup(within, d.Record())
	if err != nil || !slices.Contains(said, d.Proof) {
		return nil, ErrUnproved.Because(err)
	}
	now := s.Now()
	d.ProvedAt = &now
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Model(&Domain{}).Where("id = ?", d.ID).Update("proved_at", now), ErrNoDomain); err != nil {
			return err
		}
		return audit.RecordOf(tx, now, w.Workspace.ID, audit.Entry{Action: audit.SSODomainProved, Subject: d.ID, Details: map[string]any{"domain": d.Domain}})
	})
	return d, err
}

// RemoveDomain has the connection speak of a domain no more.
func (s *Service) RemoveDomain(ctx context.Context, w *signin.Who, domainID string) error {
	if w.Member.Role != member.Owner {
		return ErrOwner
	}
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		d, err := domainOfWorkspace(tx, w.Workspace.ID, domainID)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", d.ID).Delete(&Domain{}), ErrNoDomain); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), w.Workspace.ID, audit.Entry{Action: audit.SSODomainRemoved, Subject: d.ID, Details: map[string]any{"domain": d.Domain}})
	})
}

func domainOfWorkspace(tx *gorm.DB, workspaceID, domainID string) (*Domain, error) {
	return db.One[Domain](tx.Where("id = ? AND connection_id = (SELECT id FROM sso_connections WHERE workspace_id = ?)", domainID, workspaceID), ErrNoDomain)
}

// Sweep deletes flows that nobody came back from.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM sso_flows WHERE expires_at <= ?", s.Now()).Error; err != nil {
			return fmt.Errorf("sweep sso: %w", err)
		}
		return nil
	})
}
