package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/component"
)

// ListComponents lists components.
func (s *Server) ListComponents(ctx context.Context, req gen.ListComponentsRequestObject) (gen.ListComponentsResponseObject, error) {
	q := req.Params
	page, err := s.listComponents(ctx, component.Type(value(q.ComponentType)), value(q.Q), value(q.App), string(value(q.Registry)), cursor(q.After, q.Before, q.Limit))
	return gen.ListComponents200JSONResponse{ComponentPageJSONResponse: page}, err
}

// GetComponent returns one of the components.
func (s *Server) GetComponent(ctx context.Context, req gen.GetComponentRequestObject) (gen.GetComponentResponseObject, error) {
	body, err := s.oneComponent(ctx, "", req.ComponentID, req.Params.Version)
	return gen.GetComponent200JSONResponse{ComponentBodyJSONResponse: body}, err
}

// ConfigureComponentProp asks what can be chosen for a prop.
func (s *Server) ConfigureComponentProp(ctx context.Context, req gen.ConfigureComponentPropRequestObject) (gen.ConfigureComponentPropResponseObject, error) {
	res, err := s.configure(ctx, "", req.Body)
	return gen.ConfigureComponentProp200JSONResponse{PropOptionsJSONResponse: res}, err
}

// ReloadComponentProps asks for the props that depend on what is filled in.
func (s *Server) ReloadComponentProps(ctx context.Context, req gen.ReloadComponentPropsRequestObject) (gen.ReloadComponentPropsResponseObject, error) {
	res, err := s.reload(ctx, "", req.Body)
	return gen.ReloadComponentProps200JSONResponse{DynamicPropsJSONResponse: res}, err
}

// ListActions lists actions.
func (s *Server) ListActions(ctx context.Context, req gen.ListActionsRequestObject) (gen.ListActionsResponseObject, error) {
	q := req.Params
	page, err := s.listComponents(ctx, component.Action, value(q.Q), value(q.App), string(value(q.Registry)), cursor(q.After, q.Before, q.Limit))
	return gen.ListActions200JSONResponse{ComponentPageJSONResponse: page}, err
}

// GetAction returns one of the actions.
func (s *Server) GetAction(ctx context.Context, req gen.GetActionRequestObject) (gen.GetActionResponseObject, error) {
	body, err := s.oneComponent(ctx, component.Action, req.ComponentID, req.Params.Version)
	return gen.GetAction200JSONResponse{ComponentBodyJSONResponse: body}, err
}

// ConfigureActionProp asks what can be chosen for a prop.
func (s *Server) ConfigureActionProp(ctx context.Context, req gen.ConfigureActionPropRequestObject) (gen.ConfigureActionPropResponseObject, error) {
	res, err := s.configure(ctx, component.Action, req.Body)
	return gen.ConfigureActionProp200JSONResponse{PropOptionsJSONResponse: res}, err
}

// ReloadActionProps asks for the props that depend on what is filled in.
func (s *Server) ReloadActionProps(ctx context.Context, req gen.ReloadActionPropsRequestObject) (gen.ReloadActionPropsResponseObject, error) {
	res, err := s.reload(ctx, component.Action, req.Body)
	return gen.ReloadActionProps200JSONResponse{DynamicPropsJSONResponse: res}, err
}

// ListTriggers lists triggers.
func (s *Server) ListTriggers(ctx context.Context, req gen.ListTriggersRequestObject) (gen.ListTriggersResponseObject, error) {
	q := req.Params
	page, err := s.listComponents(ctx, component.Trigger, value(q.Q), value(q.App), string(value(q.Registry)), cursor(q.After, q.Before, q.Limit))
	return gen.ListTriggers200JSONResponse{ComponentPageJSONResponse: page}, err
}

// GetTrigger returns one of the triggers.
func (s *Server) GetTrigger(ctx context.Context, req gen.GetTriggerRequestObject) (gen.GetTriggerResponseObject, error) {
	body, err := s.oneComponent(ctx, component.Trigger, req.ComponentID, req.Params.Version)
	return gen.GetTrigger200JSONResponse{ComponentBodyJSONResponse: body}, err
}

// ConfigureTriggerProp asks what can be chosen for a prop.
func (s *Server) ConfigureTriggerProp(ctx context.Context, req gen.ConfigureTriggerPropRequestObject) (gen.ConfigureTriggerPropResponseObject, error) {
	res, err := s.configure(ctx, component.Trigger, req.Body)
	return gen.ConfigureTriggerProp200JSONResponse{PropOptionsJSONResponse: res}, err
}

// ReloadTriggerProps asks for the props that depend on what is filled in.
func (s *Server) ReloadTriggerProps(ctx context.Context, req gen.ReloadTriggerPropsRequestObject) (gen.ReloadTriggerPropsResponseObject, error) {
	res, err := s.reload(ctx, component.Trigger, req.Body)
	return gen.ReloadTriggerProps200JSONResponse{DynamicPropsJSONResponse: res}, err
}
