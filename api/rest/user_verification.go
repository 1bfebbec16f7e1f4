package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/project"
)

// GetUserVerification returns how the environment verifies users.
func (s *Server) GetUserVerification(ctx context.Context, _ gen.GetUserVerificationRequestObject) (gen.GetUserVerificationResponseObject, error) {
	v, err := s.userVerification(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetUserVerification200JSONResponse(v), nil
}

// UpdateUserVerification sets how the environment verifies users.
func (s *Server) UpdateUserVerification(ctx context.Context, req gen.UpdateUserVerificationRequestObject) (gen.UpdateUserVerificationResponseObject, error) {
	err := s.Projects.SetVerification(ctx, principal(ctx).Scope, project.Verification{URL: set(req.Body.VerifyURL), Enabled: req.Body.Enabled}, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	v, err := s.userVerification(ctx)
	if err != nil {
		return nil, err
	}
	return gen.UpdateUserVerification200JSONResponse(v), nil
}

func (s *Server) userVerification(ctx context.Context) (gen.UserVerification, error) {
	scope := principal(ctx).Scope
	v, err := s.Projects.Verification(ctx, scope)
	if err != nil {
		return gen.UserVerification{}, err
	}
	return gen.UserVerification{VerifyURL: v.URL, Enabled: v.Enabled, Active: v.On(scope.EnvironmentName()), UpdatedAt: utc(v.UpdatedAt)}, nil
}

// ConfirmUserVerification takes the word of the customer's server for who is
// signed in.
func (s *Server) ConfirmUserVerification(ctx context.Context, req gen.ConfirmUserVerificationRequestObject) (gen.ConfirmUserVerificationResponseObject, error) {
	to, err := s.Connect.Confirm(ctx, principal(ctx).Scope, req.Body.Nonce, req.Body.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.ConfirmUserVerification200JSONResponse{RedirectURI: to}, nil
}
