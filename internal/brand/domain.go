package brand

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of domains.
var (
	ErrNoDomain    = fault.New(fault.NotFound, "connect_domain_not_found", "The environment's pages have no host of their own.")
	ErrDomain      = fault.New(fault.Invalid, "connect_domain_form", "A host is a name such as connect.example.com: no address, no port, no path.").At("domain")
	ErrDomainOurs  = fault.New(fault.Invalid, "connect_domain_ours", "This host belongs to the installation.").At("domain")
	ErrDomainTaken = fault.New(fault.Conflict, "connect_domain_taken", "Another environment has this host already.").At("domain")
)

// Domain is a host at which an environment's pages are, besides the base URL.
type Domain struct {
	ID        string
	Host      string // in ASCII and lower case
	CreatedAt time.Time
}

// TableName maps the noun to its table.
func (Domain) TableName() string { return "connect_domains" }

// Domain returns the host of an environment's pages, or ErrNoDomain.
func (s *Service) Domain(ctx context.Context, scope tenant.Scope) (d *Domain, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		d, err = db.One[Domain](tx, ErrNoDomain)
		return err
	})
	return d, err
}

// SetDomain gives an environment's pages a host of their own, or another one.
func (s *Service) SetDomain(ctx context.Context, scope tenant.Scope, host string, seen ...time.Time) (d *Domain, err error) {
	if host, err = s.checkHost(host); err != nil {
		return nil, err
	}
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := lock(tx, now); err != nil { // of two at once the later stays
			return err
		}
		var at *time.Time // when it was set
		switch d, err = db.One[Domain](tx, ErrNoDomain); {
		case err == nil:
			at = &d.CreatedAt
		case !errors.Is(err, ErrNoDomain):
			return err
		}
		if err := fault.UnchangedAt(at, seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		if at != nil && d.Host == host {
			return nil
		}
		if err := tx.Where("1 = 1").Delete(&Domain{}).Error; err != nil {
			return fmt.Errorf("delete connect domain: %w", err)
		}
		d = &Domain{ID: id.New("dom"), Host: host, CreatedAt: now}
		switch err := tx.Create(d).Error; {
		case errors.Is(err, gorm.ErrDuplicatedKey):
			return ErrDomainTaken
		case err != nil:
			return fmt.Errorf("insert connect domain: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.DomainChanged, Subject: d.ID, Details: map[string]any{"host": host}})
	})
	s.domains.forget()
	if err != nil {
		return nil, err
	}
	return d, nil
}

// RemoveDomain takes the host away, if there is one. Its pages are at the base
// URL again.
func (s *Service) RemoveDomain(ctx context.Context, scope tenant.Scope) error {
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		d, err := db.One[Domain](tx, ErrNoDomain)
		if err == nil {
			err = db.Affected(tx.Where("id = ?", d.ID).Delete(&Domain{}), ErrNoDomain)
		}
		switch {
		case errors.Is(err, ErrNoDomain):
			return nil
		case err != nil:
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.DomainRemoved, Subject: d.ID, Details: map[string]any{"host": d.Host}})
	})
	s.domains.forget()
	return err
}

var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// checkHost returns a host name in the form in which browsers send it.
func (s *Service) checkHost(raw string) (string, error) {
	host, err := names.ToASCII(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(raw)), "."))
	if err != nil || !strings.Contains(host, ".") {
		return "", ErrDomain
	}
	if _, err := netip.ParseAddr(host); err == nil || strings.Trim(host[strings.LastIndex(host, ".")+1:], "0123456789") == "" {
		return "", ErrDomain
	}
	for _, own := range s.Own {
		if host == own || strings.Contains(own, ".") && strings.HasSuffix(host, "."+own) {
			return "", ErrDomainOurs
		}
	}
	return host, nil
}

// URL is where a page at the host is reached: as at the base URL, but for the
// host. An empty host is the base URL itself.
func (s *Service) URL(host string) string {
	base, err := url.Parse(s.BaseURL)
	if host == "" || err != nil {
		return s.BaseURL
	}
	if port := base.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	return base.Scheme + "://" + host
}

// PageURL is where the pages of an environment are.
func (s *Service) PageURL(ctx context.Context, scope tenant.Scope) (string, error) {
	d, err := s.Domain(ctx, scope)
	switch {
	case errors.Is(err, ErrNoDomain):
		return s.BaseURL, nil
	case err != nil:
		return "", err
	}
	return s.URL(d.Host), nil
}

// ConnectLink is the page on which whoever has a connect token connects an account.
func (s *Service) ConnectLink(ctx context.Context, scope tenant.Scope, raw string) (string, error) {
	at, err := s.PageURL(ctx, scope)
	if err != nil {
		return "", err
	}
	return at + "/_static/connect.html?token=" + raw + "&connectLink=true", nil
}

// Found is a host with the environment whose pages are there.
type Found struct {
	Host        string
	Environment string // id
}

// domains are all hosts of the installation, in memory.
type domains struct {
	sync.Mutex
	byHost map[string]Found // nil = not known
	read   time.Time
}

// fresh is how long what is remembered of hosts is believed. A change is known
// at once in the process that made it.
const fresh = 2 * time.Second

func (d *domains) forget() {
	d.Lock()
	defer d.Unlock()
	d.byHost = nil
}

func (d *domains) load(ctx context.Context, from *db.DB) error {
	var rows []struct{ Host, EnvironmentID string }
	err := from.Look(ctx, func(q *gorm.DB) error {
		return q.Table("connect_domains").Select("host, environment_id").Find(&rows).Error
	})
	if err != nil {
		return fmt.Errorf("read connect domains: %w", err)
	}
	d.byHost = make(map[string]Found, len(rows))
	for _, r := range rows {
		d.byHost[r.Host] = Found{r.Host, r.EnvironmentID}
	}
	return nil
}

// At returns whose pages are at a host as a request names it, with or without a
// port. ok is false for a host that is nobody's. Whatever hosts are asked for,
// the database is asked at most once in some seconds.
func (s *Service) At(ctx context.Context, host string) (found Found, ok bool, err error) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, own := range s.Own {
		if host == own {
			return Found{}, false, nil
		}
	}
	s.domains.Lock()
	defer s.domains.Unlock()
	if s.domains.byHost == nil || s.Now().Sub(s.domains.read) > fresh {
		if err := s.domains.load(ctx, s.DB); err != nil && s.domains.byHost == nil {
			return Found{}, false, err // else what was true is believed for as long as the database is out
		}
		s.domains.read = s.Now()
	}
	found, ok = s.domains.byHost[host]
	return found, ok, nil
}
