package event

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Size is how many bytes the event's body has, wherever it lies.
func (e *Event) Size() int64 {
	if e.Stored != nil {
		return e.Stored.Size
	}
	return int64(len(e.Body))
}

// Refer makes a reference to an event's payload, which is good for LinkFor.
func (p *Payloads) Refer(scope tenant.Scope, e *Event) (*Reference, error) {
	until := p.Now().Add(LinkFor).UTC().Truncate(time.Second)
	raw, err := p.Keys.SignLink(token.Link{
		Subject: e.ID, Project: scope.Project(), Environment: scope.Environment(), EnvironmentName: scope.EnvironmentName(), ExpiresAt: until,
	})
	if err != nil {
		return nil, err
	}
	out := &Reference{URL: p.BaseURL + PayloadPath + raw, Size: e.Size(), ContentType: contentType, ExpiresAt: until}
	if e.Stored != nil {
		out.SHA256 = e.Stored.SHA256
	} else {
		sum := sha256.Sum256([]byte(e.Body))
		out.SHA256 = hex.EncodeToString(sum[:])
	}
	return out, nil
}

// ReferStored is Refer for an event whose body is not in its row, and nil for any other.
func (p *Payloads) ReferStored(scope tenant.Scope, e *Event) (*Reference, error) {
	if p == nil || e.Stored == nil {
		return nil, nil
	}
	return p.Refer(scope, e)
}

// Follow returns what a link leads to: the event, and whose it is. An event that
// holds a secret is reached by no link.
func (p *Payloads) Follow(ctx context.Context, raw string) (*Event, tenant.Scope, error) {
	l, err := p.Keys.VerifyLink(raw, p.Now())
	switch {
	case errors.Is(err, token.ErrExpired):
		return nil, tenant.Scope{}, ErrLinkExpired.Because(err)
	case err != nil:
		return nil, tenant.Scope{}, ErrLink.Because(err)
	}
	scope := tenant.NewScope(l.Project, l.Environment, l.EnvironmentName)
	e, err := (&Service{DB: p.DB}).Get(ctx, scope, l.Subject)
	if err != nil {
		return nil, scope, err
	}
	if strings.Contains(e.Body, SecretMark) {
		return nil, scope, ErrLink
	}
	return e, scope, nil
}
