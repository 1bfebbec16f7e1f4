package project

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrSignInURL is the fault of a sign-in address.
var ErrSignInURL = fault.New(fault.Invalid, "sign_in_url", "A sign-in address is https and names a page of yours, without a user or a fragment. In development http is allowed.").At("sign_in_url")

// Approval is what an agent may run only once its user has approved it.
type Approval string

// The policies.
const (
	ApproveNone        Approval = "none"
	ApproveDestructive Approval = "destructive" // what deletes, or cannot be taken back
	ApproveWrites      Approval = "writes"      // all that does not only read
)

// SignIn is where the users of an environment sign in when a program wants to act
// for them.
type SignIn struct {
	URL       *string    `gorm:"column:mcp_sign_in_url"` // the customer's page that says who is signed in; nil = there is none
	Approval  Approval   `gorm:"column:mcp_approval"`
	UpdatedAt *time.Time `gorm:"column:mcp_at"` // nil = it was never changed
}

// TableName maps the settings to their table.
func (SignIn) TableName() string { return "environments" }

// SignInOf returns where the users of tx's environment sign in.
func SignInOf(tx *gorm.DB, scope tenant.Scope) (*SignIn, error) {
	return db.One[SignIn](tx.Select("mcp_sign_in_url", "mcp_approval", "mcp_at").Where("id = ?", scope.Environment()), ErrNotFound)
}

// SignIn is SignInOf for who has no transaction.
func (s *Service) SignIn(ctx context.Context, scope tenant.Scope) (in *SignIn, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		in, err = SignInOf(tx, scope)
		return err
	})
	return in, err
}

// SetSignIn changes the page, and what has to be approved; "" = that stays. seen is
// when what the caller saw had been changed last.
func (s *Service) SetSignIn(ctx context.Context, scope tenant.Scope, at *string, approval Approval, seen ...time.Time) error {
	if err := checkPage(at, scope); err != nil {
		return ErrSignInURL
	}
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		was, err := SignInOf(tx.Clauses(changing), scope)
		if err != nil {
			return err
		}
		if err := fault.UnchangedAt(was.UpdatedAt, seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		approval = cmp.Or(approval, was.Approval)
		res := tx.Exec("UPDATE environments SET mcp_sign_in_url = ?, mcp_approval = ?, mcp_at = ? WHERE id = ?", at, approval, s.Now(), scope.Environment())
		if err := db.Affected(res, ErrNotFound); err != nil {
			return err
		}
		if approval != was.Approval {
			changes := audit.Changes(audit.View{"approval": was.Approval}, audit.View{"approval": approval})
			if err := audit.Record(tx, s.Now(), audit.Entry{Action: audit.ToolApprovalChanged, Subject: scope.Environment(), Details: changes}); err != nil {
				return err
			}
		}
		changes := audit.Changes(audit.View{"sign_in_url": was.URL}, audit.View{"sign_in_url": at})
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
