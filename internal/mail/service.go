package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrNobody is the fault of an address at which nothing takes e-mail.
var ErrNobody = fault.New(fault.NotFound, "mail_address_unknown", "There is nothing at this address that takes e-mail.")

// How often messages are taken: at one address, and from one server.
var (
	perAddress = limit.Rate{Requests: 120, Window: time.Minute}
	perServer  = limit.Rate{Requests: 600, Window: time.Minute}
)

// Target is what takes e-mail: a kind of trigger.
type Target struct {
	// Takes returns why no message is taken; ErrNobody when it is off or gone.
	Takes func(ctx context.Context, scope tenant.Scope, targetID string) error
	// Take makes what is to be made of a message. When it returns without an error
	// that is durable; called again with the same message it makes nothing more.
	Take func(ctx context.Context, scope tenant.Scope, targetID string, m *Message) error
}

// Service finds out for whom e-mail is, and has it taken.
type Service struct {
	Endpoints *endpoint.Service
	Stash     *stash.Service
	Limits    *limit.Service    // nil = as often as it comes
	Targets   map[string]Target // by how their ids begin
	Domain    string            // of the addresses
	Lookup    Lookup
	Now       func() time.Time
}

// Recipient is an address at which e-mail is taken.
type Recipient struct {
	Address string
	Suffix  string // what follows a + in it

	scope    tenant.Scope
	targetID string
	target   Target
}

// Address returns the address of an endpoint; "" where no e-mail is taken.
func (s *Service) Address(endpointID string) string {
	if s == nil || s.Domain == "" {
		return ""
	}
	return endpointID + "@" + s.Domain
}

// Find returns what takes e-mail at an address, or ErrNobody.
func (s *Service) Find(ctx context.Context, address string) (*Recipient, error) {
	mailbox, suffix, domain, err := Split(address)
	if err != nil || domain != s.Domain || !strings.HasPrefix(mailbox, endpoint.Mail) {
		return nil, ErrNobody
	}
	at, err := s.Endpoints.Find(ctx, mailbox)
	if errors.Is(err, endpoint.ErrNotFound) {
		return nil, ErrNobody
	}
	if err != nil {
		return nil, err
	}
	kind, _, _ := strings.Cut(at.TargetID, "_")
	target, ok := s.Targets[kind]
	if !ok {
		return nil, ErrNobody
	}
	r := &Recipient{Address: address, Suffix: suffix, scope: at.Scope(""), targetID: at.TargetID, target: target}
	if err := target.Takes(ctx, r.scope, r.targetID); err != nil {
		return nil, err
	}
	return r, s.Limits.Take(ctx, "mail-to:"+at.TargetID, perAddress)
}

// Welcome returns why nothing is taken from a server now; it has sent too much.
func (s *Service) Welcome(ctx context.Context, ip string) error {
	return s.Limits.Take(ctx, "mail-from:"+ip, perServer)
}

// Raw is a message as it was sent.
type Raw interface {
	io.ReadSeeker
	io.ReaderAt
}

// Take takes a message in for each of its recipients. When it returns without an
// error, what they make of it is durable. After an error the message may be sent
// again: those who have it already take it once.
func (s *Service) Take(ctx context.Context, to []*Recipient, e Envelope, raw Raw, size int64) error {
	var known *Authentication
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(raw, 0, size)); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	for _, r := range to {
		if _, err := raw.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		m, err := Parse(ctx, raw, s.keeper(r.scope))
		if err != nil {
			return err
		}
		if known == nil {
			if _, err := raw.Seek(0, io.SeekStart); err != nil {
				return fmt.Errorf("read message: %w", err)
			}
			out := Verify(ctx, raw, m.From, s.Lookup)
			known = &out
		}
		m.Authentication, m.Size, m.ReceivedAt = *known, size, stamp(s.Now())
		m.Envelope, m.digest = e, hex.EncodeToString(sum.Sum(nil))
		m.Envelope.To, m.Envelope.Suffix = clean(r.Address), clean(r.Suffix)
		if err := r.target.Take(ctx, r.scope, r.targetID, m); err != nil {
			return err
		}
	}
	return nil
}

// keeper keeps the files of one message, each in a place of its own.
func (s *Service) keeper(scope tenant.Scope) Keep {
	stashID, n := stash.New, 0
	return func(ctx context.Context, name, contentType string, from io.Reader) (File, int64, error) {
		n++
		f, err := s.Stash.Put(ctx, scope, "", stashID, fmt.Sprintf("%d/%s", n, name), contentType, from)
		if err != nil {
			return File{}, 0, err
		}
		stashID = f.StashID
		url, err := s.Stash.LongLink(scope, f)
		return File{ID: f.ID, URL: url, ExpiresAt: stamp(f.ExpiresAt)}, f.Size, err
	}
}
