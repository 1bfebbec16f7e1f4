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
	at := e.Stored
	if at == nil {
		sum := sha256.Sum256([]byte(e.Body))
		at = &Stored{Size: e.Size(), SHA256: hex.EncodeToString(sum[:])}
	}
	return p.ReferTo(scope, e.ID, at)
}

// ReferTo makes a reference to what is kept of a subject, and nil for nothing.
// Whoever knows the subject follows it.
func (p *Payloads) ReferTo(scope tenant.Scope, subject string, at *Stored) (*Reference, error) {
	if p == nil || at == nil {
		return nil, nil
	}
	until := p.Now().Add(LinkFor).UTC().Truncate(time.Second)
	raw, err := p.Keys.SignLink(token.Link{
		Subject: subject, Project: scope.Project(), Environment: scope.Environment(), EnvironmentName: scope.EnvironmentName(), ExpiresAt: until,
	})
	if err != nil {
		return nil, err
	}
	return &Reference{URL: p.BaseURL + PayloadPath + raw, Size: at.Size, SHA256: at.SHA256, ContentType: contentType, ExpiresAt: until}, nil
}

// ReferStored is Refer for an event whose body is not in its row, and nil for any other.
func (p *Payloads) ReferStored(scope tenant.Scope, e *Event) (*Reference, error) {
	if p == nil || e.Stored == nil {
		return nil, nil
	}
	return p.Refer(scope, e)
}

// Subject returns of what a link is, and whose that is.
func (p *Payloads) Subject(raw string) (string, tenant.Scope, error) {
	l, err := p.Keys.VerifyLink(raw, p.Now())
	switch {
	case errors.Is(err, token.ErrExpired):
		return "", tenant.Scope{}, ErrLinkExpired.Because(err)
	case err != nil:
		return "", tenant.Scope{}, ErrLink.Because(err)
	}
	return l.Subject, tenant.NewScope(l.Project, l.Environment, l.EnvironmentName), nil
}

// Follow returns what a link leads to: the event, and whose it is. An event that
// holds a secret is reached by no link.
func (p *Payloads) Follow(ctx context.Context, raw string) (*Event, tenant.Scope, error) {
	subject, scope, err := p.Subject(raw)
	if err != nil {
		return nil, scope, err
	}
	e, err := (&Service{DB: p.DB}).Get(ctx, scope, subject)
	if err != nil {
		return nil, scope, err
	}
	if strings.Contains(e.Body, SecretMark) {
		return nil, scope, ErrLink
	}
	return e, scope, nil
}
