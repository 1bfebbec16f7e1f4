package member

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of the addresses from which a workspace's console may be used.
var (
	ErrAddress = fault.New(fault.Forbidden, "address_not_allowed", "This workspace may not be used from the address that you come from. Use a network that it allows, or ask an owner of the workspace.")
	ErrPrefix  = fault.New(fault.Invalid, "address_prefix", "An address or a prefix is missing, such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32.").At("addresses")
	ErrTooMany = fault.New(fault.Invalid, "too_many_addresses", "A list holds %d addresses and prefixes at most.", mostAddresses).At("addresses")
	ErrShutOut = fault.New(fault.Conflict, "shuts_you_out", "The list would shut you out: your own address is not on it. Add it, or save the list with force.").At("addresses")
)

const mostAddresses = 200

// Addresses are those from which a workspace's console may be used.
type Addresses struct {
	Allowed   []string // prefixes, in one spelling each; none = from everywhere
	ChangedAt time.Time
}

// Admits reports whether the workspace's console may be used from an address.
// What cannot be read is nobody's.
func (w *Workspace) Admits(address string) bool {
	return w.AllowedAddresses == "" || admits(strings.Split(w.AllowedAddresses, ","), address)
}

func admits(prefixes []string, address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(prefixes, func(text string) bool {
		p, err := netip.ParsePrefix(text)
		return err == nil && p.Contains(a)
	})
}

// prefixesOf returns a list of addresses and prefixes in one spelling each, every
// one of them once.
func prefixesOf(list []string) ([]string, error) {
	out := []string{}
	for _, text := range list {
		p, ok := prefixOf(strings.TrimSpace(text))
		if !ok {
			return nil, fault.New(ErrPrefix.Kind, ErrPrefix.Code, "%.80q is not an address or a prefix, such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32.", text).At("addresses")
		}
		if s := p.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > mostAddresses {
		return nil, ErrTooMany
	}
	return out, nil
}

// prefixOf reads an address or a prefix. One of IPv6 that stands for IPv4 is IPv4's.
func prefixOf(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, false
	}
	if a := p.Addr(); a.Is4In6() {
		if p.Bits() < 96 {
			return p, false
		}
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

func (w *Workspace) addresses() *Addresses {
	a := &Addresses{Allowed: []string{}, ChangedAt: w.CreatedAt}
	if w.AddressesChangedAt != nil {
		a.ChangedAt = *w.AddressesChangedAt
	}
	if w.AllowedAddresses != "" {
		a.Allowed = strings.Split(w.AllowedAddresses, ",")
	}
	return a
}

// AllowedAddresses returns from where a workspace's console may be used.
func (s *Service) AllowedAddresses(ctx context.Context, workspaceID string) (*Addresses, error) {
	w, err := s.Workspace(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	return w.addresses(), nil
}

// NewAddresses is a list to be saved.
type NewAddresses struct {
	Allowed []string
	From    string      // where who saves it comes from; "" = they are not held to the list
	Force   bool        // save it even if it shuts them out
	Seen    []time.Time // when what they saw had been changed; none = write in any case
}

// SetAddresses says from where a workspace's console may be used; an empty list
// says from everywhere. A list that shuts out who saves it is refused unless forced.
func (s *Service) SetAddresses(ctx context.Context, workspaceID string, n NewAddresses) (*Addresses, error) {
	list, err := prefixesOf(n.Allowed)
	if err != nil {
		return nil, err
	}
	if n.From != "" && !n.Force && len(list) > 0 && !admits(list, n.From) {
		return nil, ErrShutOut.With(map[string]any{"address": n.From})
	}
	var w *Workspace
	err = s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		if w, err = db.One[Workspace](tx.Clauses(locked).Where("id = ?", workspaceID), ErrWorkspaceNotFound); err != nil {
			return err
		}
		was := w.addresses()
		if err := fault.Unchanged(was.ChangedAt, n.Seen...); err != nil {
			return err
		}
		now := s.Now()
		w.AllowedAddresses, w.AddressesChangedAt = strings.Join(list, ","), &now
		if err := tx.Model(w).Select("allowed_addresses", "addresses_changed_at").Updates(w).Error; err != nil {
			return fmt.Errorf("change addresses: %w", err)
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{
			Action: audit.AddressesChanged, Subject: workspaceID,
			Details: audit.Changes(audit.View{"allowed_addresses": was.Allowed}, audit.View{"allowed_addresses": list}),
		})
	})
	if err != nil {
		return nil, err
	}
	return w.addresses(), nil
}
