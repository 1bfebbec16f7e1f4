// Package sso has members of a workspace sign in at an identity provider of its
// own, by OpenID Connect.
//
// A workspace's owner chooses the provider, and nothing keeps them from choosing
// one that lies. So a provider speaks for its workspace alone: of e-mails whose
// domain was shown to be the workspace's, and by sessions that reach no other
// workspace and change nothing of how their person signs in elsewhere.
package sso

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Faults of this package.
var (
	ErrNotFound    = fault.New(fault.NotFound, "sso_not_found", "The workspace has no single sign-on.")
	ErrNowhere     = fault.New(fault.NotFound, "sso_unknown_domain", "No workspace takes e-mails of this domain by single sign-on.")
	ErrOwner       = fault.New(fault.Forbidden, "sso_owner", "Only an owner of the workspace may change its single sign-on.")
	ErrIssuer      = fault.New(fault.Invalid, "sso_issuer", "An issuer is an https URL without a query, such as https://login.example.com.").At("issuer")
	ErrClient      = fault.New(fault.Invalid, "sso_client", "Give the client's id, with up to %d characters.", maxText).At("client_id")
	ErrSecret      = fault.New(fault.Invalid, "sso_secret", "Give the client's secret, with up to %d characters. One that is kept already is left out, unless the issuer changes.", maxText).At("client_secret")
	ErrRole        = fault.New(fault.Invalid, "sso_role", "A provider makes admins, developers and viewers. Owners are made by owners.").At("group_roles")
	ErrGroups      = fault.New(fault.Invalid, "sso_groups", "Name up to %d groups, each once and with up to %d characters, and the claim in which the provider tells them.", maxGroups, maxText).At("group_roles")
	ErrDomain      = fault.New(fault.Invalid, "sso_domain", "A domain is what stands after the @ of e-mails, such as example.com. A workspace has up to %d.", maxDomains).At("domain")
	ErrNoDomain    = fault.New(fault.NotFound, "sso_domain_not_found", "There is no such domain.")
	ErrUnproved    = fault.New(fault.Conflict, "sso_domain_unproved", "The domain's DNS does not say it yet. It may take an hour until a new record is seen.")
	ErrDiscovery   = fault.New(fault.Invalid, "sso_discovery", "The provider's description of itself cannot be read.").At("issuer")
	ErrUntested    = fault.New(fault.Conflict, "sso_untested", "Test the connection first: then nobody is shut out by a mistake.").At("required")
	ErrFlow        = fault.New(fault.Unauthenticated, "sso_flow", "This sign-in took too long, or was begun in another browser. Begin it again.")
	ErrDeclined    = fault.New(fault.Unauthenticated, "sso_declined", "The identity provider let nobody in.")
	ErrProvider    = fault.New(fault.Unauthenticated, "sso_provider", "What the identity provider answered is not accepted.")
	ErrNoEmail     = fault.New(fault.Unauthenticated, "sso_email", "The identity provider tells no e-mail.")
	ErrUnverified  = fault.New(fault.Unauthenticated, "sso_unverified", "The identity provider does not say that the e-mail is verified.")
	ErrOtherDomain = fault.New(fault.Unauthenticated, "sso_other_domain", "The e-mail is of a domain that the workspace has not shown to be its own.")
	ErrUninvited   = fault.New(fault.Unauthenticated, "sso_uninvited", "You are no member of this workspace. Ask to be invited.")
	ErrInactive    = fault.New(fault.Unauthenticated, "sso_inactive", "Your organisation's directory says that you are not active here.")
	ErrOtherPerson = fault.New(fault.Unauthenticated, "sso_other_person", "The e-mail belongs to somebody whom the identity provider knows under another name.")
)

const (
	flowLife   = 10 * time.Minute
	maxText    = 500
	maxGroups  = 100
	maxDomains = 20
)

// Connection is a workspace's identity provider.
type Connection struct {
	ID           string
	WorkspaceID  string
	Issuer       string
	ClientID     string
	ClientSecret []byte // sealed
	Joins        bool
	DefaultRole  member.Role
	GroupsClaim  string
	GroupRoles   []GroupRole `gorm:"serializer:json"`
	Required     bool
	Test         *Test `gorm:"serializer:json"`
	CreatedAt    time.Time
	UpdatedAt    time.Time

	// ScimTokenHash is of the token by which the workspace's directory speaks; nil = none does.
	ScimTokenHash []byte
	ScimTokenAt   *time.Time

	Domains []Domain `gorm:"-"`
}

// TableName maps the noun to its table.
func (Connection) TableName() string { return "sso_connections" }

// GroupRole gives those of a provider's group a role.
type GroupRole struct {
	Group string      `json:"group"`
	Role  member.Role `json:"role"`
}

// Test is what a sign-in found that signed nobody in.
type Test struct {
	At      time.Time   `json:"at"`
	Code    string      `json:"code"` // of the fault; "" = all is well
	Says    string      `json:"says"`
	Email   string      `json:"email"`
	Subject string      `json:"subject"`
	Groups  []string    `json:"groups"`
	Role    member.Role `json:"role"` // that they would have, were they new
}

// Domain is one whose e-mails a connection may speak of.
type Domain struct {
	ID           string
	ConnectionID string
	Domain       string
	Proof        string
	ProvedAt     *time.Time

	ByOperator bool `gorm:"-"`
}

// TableName maps the noun to its table.
func (Domain) TableName() string { return "sso_domains" }

// Proved reports whether the domain was shown to be the workspace's.
func (d *Domain) Proved() bool { return d.ProvedAt != nil || d.ByOperator }

// Record is the name of the TXT record that proves a domain.
func (d *Domain) Record() string { return "_patchbay." + d.Domain }

type flow struct {
	StateHash    []byte `gorm:"primaryKey"`
	BrowserHash  []byte
	ConnectionID string
	Tests        bool
	Next         string
	ExpiresAt    time.Time
}

// TableName maps the noun to its table.
func (flow) TableName() string { return "sso_flows" }

type identity struct {
	ConnectionID string `gorm:"primaryKey"`
	Subject      string `gorm:"primaryKey"`
	PersonID     string
	UsedAt       time.Time
}

// TableName maps the noun to its table.
func (identity) TableName() string { return "sso_identities" }

// Wish is how a connection is to be.
type Wish struct {
	Issuer      string
	ClientID    string
	Secret      string // "" = as it is
	Joins       bool
	DefaultRole member.Role
	GroupsClaim string
	GroupRoles  []GroupRole
	Required    bool
	Seen        *time.Time // when what was looked at was last changed; nil = nothing was
}

// roles are those that a provider may give.
var roles = member.Roles[1:]

func (w *Wish) check() error {
	w.Issuer, w.ClientID, w.Secret, w.GroupsClaim = strings.TrimSpace(w.Issuer), strings.TrimSpace(w.ClientID), strings.TrimSpace(w.Secret), strings.TrimSpace(w.GroupsClaim)
	if w.GroupsClaim == "" {
		w.GroupsClaim = "groups"
	}
	seen := map[string]bool{}
	for i, g := range w.GroupRoles {
		g.Group = strings.TrimSpace(g.Group)
		w.GroupRoles[i] = g
		if !text(g.Group) || seen[g.Group] {
			return ErrGroups
		}
		if !slices.Contains(roles, g.Role) {
			return ErrRole
		}
		seen[g.Group] = true
	}
	switch u, err := url.Parse(w.Issuer); {
	case err != nil || !text(w.Issuer) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !reachable(u):
		return ErrIssuer
	case !text(w.ClientID):
		return ErrClient
	case w.Secret != "" && !text(w.Secret):
		return ErrSecret
	case !slices.Contains(roles, w.DefaultRole):
		return ErrRole
	case len(w.GroupRoles) > maxGroups || !text(w.GroupsClaim):
		return ErrGroups
	}
	return nil
}

func text(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
}

// reachable reports whether secrets and people may be sent to an address: by
// https, or on this machine, which the egress guard has to allow besides.
func reachable(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
}

var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// checkDomain returns a domain in ASCII and lower case.
func checkDomain(raw string) (string, error) {
	d, err := names.ToASCII(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(raw)), "."))
	if err != nil || !strings.Contains(d, ".") || strings.Trim(d[strings.LastIndexByte(d, '.')+1:], "0123456789") == "" {
		return "", ErrDomain
	}
	return d, nil
}

// domainOf returns the domain of an e-mail, or "".
func domainOf(email string) string {
	email, err := member.CheckEmail(email)
	if err != nil {
		return ""
	}
	d, err := checkDomain(email[strings.LastIndexByte(email, '@')+1:])
	if err != nil {
		return ""
	}
	return d
}

// role is the most that a person's groups give them, else the default.
func (c *Connection) role(groups []string) (r member.Role, mapped bool) {
	for _, r := range roles { // from the one that may do most down
		for _, g := range c.GroupRoles {
			if g.Role == r && slices.Contains(groups, g.Group) {
				return r, true
			}
		}
	}
	return c.DefaultRole, false
}

// flag is a boolean that some providers write as a text.
type flag bool

func (f *flag) UnmarshalJSON(b []byte) error {
	switch strings.ToLower(strings.Trim(string(b), `"`)) {
	case "true", "1":
		*f = true
	case "false", "0", "null", "":
		*f = false
	default:
		return &json.UnsupportedValueError{Str: "not a boolean: " + string(b)}
	}
	return nil
}

// list is texts, of which some providers write a single one without brackets.
type list []string

func (l *list) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = list{one}
		return nil
	}
	var all []any
	if err := json.Unmarshal(b, &all); err != nil {
		return nil //nolint:nilerr // something else than groups is no group
	}
	for _, v := range all {
		if s, ok := v.(string); ok && s != "" && len(*l) < 1000 {
			*l = append(*l, s)
		}
	}
	return nil
}
