package webhook

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Listed is a delivery with what a list shows of its endpoint and event.
type Listed struct {
	Delivery

	URL       string
	Level     Level
	SubjectID string
}

// Detail is a delivery with its payload and every attempt, oldest first.
type Detail struct {
	Listed

	Payload   string           // a secret in it is masked; "" when there is a Reference
	Reference *event.Reference // to a payload that is too large for a row
	Attempts  []Attempt
}

// List returns deliveries, newest first. The total is counted up to 10,000;
// more are told as 10,001.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (*db.Page[Listed], error) {
	var out db.Page[Listed]
	err := s.DB.Read(ctx, scope, func(tx *gorm.DB) error {
		page, err := db.List(f.Where(tx), c, func(d *Delivery) string { return d.ID })
		if err != nil {
			return err
		}
		out = db.Page[Listed]{Total: page.Total, Start: page.Start, End: page.End}
		out.Items, err = describe(tx, page.Items)
		return err
	})
	return &out, err
}

// Get returns one delivery.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, deliveryID string) (*Detail, error) {
	var out Detail
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		d, err := db.One[Delivery](tx.Where("id = ?", deliveryID), ErrDeliveryNotFound)
		if err != nil {
			return err
		}
		listed, err := describe(tx, []Delivery{*d})
		if err != nil {
			return err
		}
		e, err := db.One[event.Event](tx.Where("id = ?", d.EventID), ErrDeliveryNotFound)
		if err != nil {
			return err
		}
		out.Listed, out.Payload, out.Attempts = listed[0], masked(e.Body), []Attempt{}
		if out.Reference, err = s.Payloads.ReferStored(scope, e); err != nil {
			return err
		}
		if err := tx.Where("delivery_id = ?", d.ID).Order("id").Find(&out.Attempts).Error; err != nil {
			return fmt.Errorf("load attempts: %w", err)
		}
		return nil
	})
	return &out, err
}

// Retry makes a delivery due now, whatever its state, unless it is being sent.
// A receiver that is left alone is tried at once. The delivery keeps its event's id, so a receiver that has seen it can tell.
func (s *Service) Retry(ctx context.Context, scope tenant.Scope, deliveryID string) (*Listed, error) {
	now := s.Now()
	var out Listed
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		d, err := db.One[Delivery](tx.Where("id = ?", deliveryID), ErrDeliveryNotFound)
		if err != nil {
			return err
		}
		res := tx.Model(&Delivery{}).Where("id = ? AND state <> ?", deliveryID, Sending).
			Updates(map[string]any{"state": Pending, "next_attempt_at": now, "finished_at": nil})
		if err := db.Affected(res, ErrDeliveryBusy); err != nil {
			return err
		}
		if err := tx.Model(&Endpoint{}).Where("id = ? AND open_until > ?", d.EndpointID, now).UpdateColumn("open_until", now).Error; err != nil {
			return fmt.Errorf("update webhook: %w", err)
		}
		if err := audit.Record(tx, now, audit.Entry{Action: audit.DeliveryRetried, Subject: d.ID, ExternalUserID: d.ExternalUserID}); err != nil {
			return err
		}
		d.State, d.NextAttemptAt, d.FinishedAt = Pending, now, nil
		listed, err := describe(tx, []Delivery{*d})
		if err == nil {
			out = listed[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.Nudge(ctx, scope, []string{out.EndpointID})
	return &out, nil
}

// describe adds to deliveries what a list shows of their endpoints and events.
func describe(tx *gorm.DB, rows []Delivery) ([]Listed, error) {
	out := make([]Listed, len(rows))
	if len(rows) == 0 {
		return out, nil
	}
	endpointIDs, eventIDs := make([]string, len(rows)), make([]string, len(rows))
	for i, d := range rows {
		endpointIDs[i], eventIDs[i] = d.EndpointID, d.EventID
	}
	var endpoints []Endpoint
	if err := tx.Where("id IN ?", endpointIDs).Find(&endpoints).Error; err != nil {
		return nil, fmt.Errorf("load endpoints: %w", err)
	}
	var events []event.Event
	if err := tx.Select("id", "subject_id").Where("id IN ?", eventIDs).Find(&events).Error; err != nil {
		return nil, fmt.Errorf("load events: %w", err)
	}
	endpointByID, subjectByID := map[string]Endpoint{}, map[string]string{}
	for _, e := range endpoints {
		endpointByID[e.ID] = e
	}
	for _, e := range events {
		subjectByID[e.ID] = e.SubjectID
	}
	for i, d := range rows {
		e := endpointByID[d.EndpointID]
		out[i] = Listed{Delivery: d, URL: e.URL, Level: e.Level, SubjectID: subjectByID[d.EventID]}
	}
	return out, nil
}
