package webhook

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
)

// Own returns the endpoints of tx's environment that are no trigger's and no connect
// token's, by their URLs.
func Own(tx *gorm.DB) (all []Endpoint, err error) {
	if err := own(tx).Order("url").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	return all, nil
}

// Shown are an endpoint's settings without what is secret, by the names that they have
// on the wire.
func (e *Endpoint) Shown() map[string]any {
	out := e.logged()
	delete(out, "headers")
	delete(out, "client_certificate")
	out["url"] = e.URL
	return out
}

// Take gives tx's environment an endpoint with the settings of another one's: that
// with its URL, or a new one with a signing key of its own. Headers and a client
// certificate, which are secrets, are not taken over; what the endpoint has stays.
func (s *Service) Take(tx *gorm.DB, of *Endpoint) error {
	now := s.Now()
	var found []Endpoint
	if err := own(tx).Where("url = ?", of.URL).Limit(1).Find(&found).Error; err != nil {
		return fmt.Errorf("find endpoint: %w", err)
	}
	if len(found) == 0 {
		e := newEndpoint(LevelProject, "", of.URL, now)
		e.adopt(&of.Settings)
		_, err := s.insert(tx, &e, now)
		return err
	}
	e, err := held(tx, found[0].ID)
	if err != nil {
		return err
	}
	was := e.logged()
	e.adopt(&of.Settings)
	e.UpdatedAt = now
	if err := tx.Model(e).Select(changeable).UpdateColumns(e).Error; err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	return audit.Record(tx, now, audit.Entry{Action: audit.EndpointChanged, Subject: e.ID, Details: audit.Changes(was, e.logged())})
}

// adopt takes settings over, and keeps the secrets among them.
func (e *Endpoint) adopt(of *Settings) {
	headers, certificate, subject, until := e.Headers, e.Certificate, e.CertificateSubject, e.CertificateExpiresAt
	e.Settings = *of
	e.Headers, e.Certificate, e.CertificateSubject, e.CertificateExpiresAt = headers, certificate, subject, until
	e.Room = min(e.Room, e.Concurrency)
}
