package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/instance"
)

func toInstance(i *instance.Instance) gen.Instance {
	return gen.Instance{
		ID: i.ID, WorkflowID: i.WorkflowID, ExternalUserID: i.ExternalUserID, Active: i.Active, Config: i.Config, AccountMap: i.Accounts,
		CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
	}
}

// ListInstances lists what users have of workflows.
func (s *Server) ListInstances(ctx context.Context, req gen.ListInstancesRequestObject) (gen.ListInstancesResponseObject, error) {
	p, q := principal(ctx), req.Params
	user, err := p.User(value(q.ExternalUserID))
	if err != nil {
		return nil, err
	}
	page, err := s.Instances.List(ctx, p.Scope, instance.Filter{WorkflowID: value(q.WorkflowID), ExternalUserID: user, Active: q.Active}, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListInstances200JSONResponse{Data: each(page.Items, toInstance), PageInfo: pageInfo(page)}, nil
}

// GetInstance returns what a user has of a workflow.
func (s *Server) GetInstance(ctx context.Context, req gen.GetInstanceRequestObject) (gen.GetInstanceResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.ExternalUserID)
	if err != nil {
		return nil, err
	}
	i, err := s.Instances.Get(ctx, p.Scope, req.WorkflowID, user)
	if err != nil {
		return nil, err
	}
	return gen.GetInstance200JSONResponse(toInstance(i)), nil
}

// PutInstance sets what a user has of a workflow.
func (s *Server) PutInstance(ctx context.Context, req gen.PutInstanceRequestObject) (gen.PutInstanceResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.ExternalUserID)
	if err != nil {
		return nil, err
	}
	w := instance.Wish{Active: or(req.Body.Active, true), Config: value(req.Body.Config), Accounts: value(req.Body.AccountMap), Self: !p.Trusted(), Seen: given(req.Params.UnchangedSince)}
	i, err := s.Instances.Put(ctx, p.Scope, req.WorkflowID, user, w)
	if err != nil {
		return nil, err
	}
	return gen.PutInstance200JSONResponse(toInstance(i)), nil
}

// DeleteInstance removes what a user has of a workflow.
func (s *Server) DeleteInstance(ctx context.Context, req gen.DeleteInstanceRequestObject) (gen.DeleteInstanceResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.DeleteInstance204Response{}, s.Instances.Delete(ctx, p.Scope, req.WorkflowID, user, !p.Trusted())
}
