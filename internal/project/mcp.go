package project

import (
	"context"
	"net/url"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrSignInURL is the fault of a sign-in address.
var ErrSignInURL = fault.New(fault.Invalid, "sign_in_url", "A sign-in address is https and names a page of yours, without a user or a fragment. In development http is allowed.").At("sign_in_url")

type signIn struct {
	URL *string `gorm:"column:mcp_sign_in_url"`
}

func (signIn) TableName() string { return "environments" }

// SignInOf returns the customer's page that says which user of tx's environment is
// signed in when a program wants to act for them; nil = there is none.
func SignInOf(tx *gorm.DB, scope tenant.Scope) (*string, error) {
	s, err := db.One[signIn](tx.Select("mcp_sign_in_url").Where("id = ?", scope.Environment()), ErrNotFound)
	if err != nil {
		return nil, err
	}
	return s.URL, nil
}

// SignIn is SignInOf for who has no transaction.
func (s *Service) SignIn(ctx context.Context, scope tenant.Scope) (at *string, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		at, err = SignInOf(tx, scope)
		return err
	})
	return at, err
}

// SetSignIn changes it.
func (s *Service) SetSignIn(ctx context.Context, scope tenant.Scope, at *string) error {
	if err := checkPage(at, scope); err != nil {
		return ErrSignInURL
	}
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		was, err := SignInOf(tx, scope)
		if err != nil {
			return err
		}
		res := tx.Exec("UPDATE environments SET mcp_sign_in_url = ? WHERE id = ?", at, scope.Environment())
		if err := db.Affected(res, ErrNotFound); err != nil {
			return err
		}
		changes := audit.Changes(audit.View{"sign_in_url": was}, audit.View{"sign_in_url": at})
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.MCPSignInChanged, Subject: scope.Environment(), Details: changes})
	})
}

// checkPage refuses an address of a customer's page that browsers are not sent to.
func checkPage(at *string, scope tenant.Scope) error {
	if at == nil {
		return nil
	}
	u, err := url.Parse(*at)
	plain := err == nil && u.Scheme == "http" && scope.EnvironmentName() == tenant.Development
	if err != nil || u.Host == "" || u.Scheme != "https" && !plain || u.User != nil || u.Fragment != "" || len(*at) > 2000 {
		return ErrVerifyURL
	}
	return nil
}
