package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// ListTriggerLooks lists what became of a trigger's last looks, and of requests to it.
func (s *Server) ListTriggerLooks(ctx context.Context, req gen.ListTriggerLooksRequestObject) (gen.ListTriggerLooksResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	looks, err := s.Triggers.Looks(ctx, p.Scope, req.TriggerID, user)
	if err != nil {
		return nil, err
	}
	return gen.ListTriggerLooks200JSONResponse{Data: each(looks, toLook)}, nil
}

func toLook(l *trigger.Look) gen.TriggerLook {
	out := gen.TriggerLook{At: l.At.UTC(), Kind: gen.TriggerLookKind(l.Kind), Found: l.Found, New: l.New, Dropped: each(l.Dropped, func(d *trigger.Drop) gen.TriggerDrop {
		return gen.TriggerDrop{Reason: gen.TriggerDropReason(d.Reason), Count: d.Count, Ids: append([]string{}, d.IDs...)}
	})}
	out.ID, out.Unchanged = set(&l.ID), l.Unchanged
	if l.Error != "" {
		out.Error = &l.Error
	}
	return out
}

// GetTriggerLook returns what a source that is code logged in one of its last looks.
func (s *Server) GetTriggerLook(ctx context.Context, req gen.GetTriggerLookRequestObject) (gen.GetTriggerLookResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	said, err := s.Triggers.Said(ctx, p.Scope, req.TriggerID, user, req.LookID)
	if err != nil {
		return nil, err
	}
	os := observations(&action.Outcome{Observations: said.Observations})
	return gen.GetTriggerLook200JSONResponse{Data: gen.TriggerLookLog{Os: os, Omitted: said.More, Exports: toProxyBody(said.Exports)}}, nil
}

// ListTriggerOrphans lists what may be left at apps of triggers that are gone.
func (s *Server) ListTriggerOrphans(ctx context.Context, _ gen.ListTriggerOrphansRequestObject) (gen.ListTriggerOrphansResponseObject, error) {
	all, err := s.Triggers.Orphans(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	return gen.ListTriggerOrphans200JSONResponse{Data: each(all, s.toOrphan)}, nil
}

func (s *Server) toOrphan(o *trigger.Orphan) gen.TriggerOrphan {
	at := s.PublicURL + "/e/" + o.EndpointID
	out := gen.TriggerOrphan{
		ID: o.ID, TriggerID: o.TriggerID, ComponentKey: o.ComponentKey, Address: &at, Unsure: o.Unsure, Attempts: o.Attempts, Error: o.Error,
		NextAt: utc(o.DueAt), CreatedAt: o.CreatedAt.UTC(),
	}
	if o.ExternalUserID != "" {
		out.ExternalUserID = &o.ExternalUserID
	}
	return out
}

// RetryTriggerOrphan ends at the app what is left there.
func (s *Server) RetryTriggerOrphan(ctx context.Context, req gen.RetryTriggerOrphanRequestObject) (gen.RetryTriggerOrphanResponseObject, error) {
	return gen.RetryTriggerOrphan204Response{}, s.Triggers.RetryOrphan(ctx, principal(ctx).Scope, req.OrphanID)
}

// DeleteTriggerOrphan takes an orphan off the list.
func (s *Server) DeleteTriggerOrphan(ctx context.Context, req gen.DeleteTriggerOrphanRequestObject) (gen.DeleteTriggerOrphanResponseObject, error) {
	return gen.DeleteTriggerOrphan204Response{}, s.Triggers.ForgetOrphan(ctx, principal(ctx).Scope, req.OrphanID)
}
