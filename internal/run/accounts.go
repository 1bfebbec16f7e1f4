package run

import (
	"context"
	"errors"
	"regexp"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Which account a step uses: one of the project's, which its definition names, or
// the user's. Of several of the user's it is the one that the call names in its
// account_map, else the one that the user's instance names. There is no guessing.

// ErrAccountMap is the fault of a map that names what the user does not have.
var ErrAccountMap = fault.New(fault.Invalid, "account_map", "account_map is a list of apps, each with the id of one of the user's accounts, such as slack=apn_….")

// mostMapped is how many apps an account_map names at the most.
const mostMapped = 50

var mapped = regexp.MustCompile(`^apn_[0-9A-Za-z]{1,60}$`)

// checkMap checks that each account of a map is the user's, and of its app.
func checkMap(tx *gorm.DB, userID string, accounts map[string]string) error {
	if len(accounts) > mostMapped {
		return fault.New(ErrAccountMap.Kind, ErrAccountMap.Code, "account_map names at most %d apps.", mostMapped)
	}
	for app, id := range accounts {
		if !mapped.MatchString(id) {
			return fault.New(ErrAccountMap.Kind, ErrAccountMap.Code, "account_map: what is named for %q is no id of an account, such as apn_….", app)
		}
		_, err := account.Chosen(tx, userID, app, id)
		if errors.Is(err, account.ErrNotFound) {
			return fault.New(ErrAccountMap.Kind, ErrAccountMap.Code, "account_map: %s is no account of this user for %q.", id, app)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// chosen is the id of the account that is to be used for an app; "" = nobody said.
func (r *Run) chosen(app string) string {
	if id := r.Accounts[app]; id != "" || r.Instance == nil {
		return id
	}
	return r.Instance.Accounts[app]
}

// may returns why a run cannot be for its user in the scope.
func may(tx *gorm.DB, scope tenant.Scope, d *workflow.Definition, r *Run) error {
	apps, needed := d.UserApps()
	if r.ExternalUserID == nil {
		if needed || len(r.Accounts) > 0 {
			return ErrNoUser
		}
		return nil
	}
	u, err := account.UserByExternalID(tx, *r.ExternalUserID)
	if errors.Is(err, account.ErrUserNotFound) {
		return ErrUnknownUser
	}
	if err != nil {
		return err
	}
	if scope.EnvironmentName() == tenant.Production {
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		if !p.WorkflowsInProduction {
			return ErrPlan
		}
	}
	if err := checkMap(tx, u.ID, r.Accounts); err != nil {
		return err
	}
	for _, app := range apps {
		if _, err := usersAccount(tx, scope, r, u, app); err != nil {
			return err
		}
	}
	return nil
}

// usersAccount returns the account of a run's user for an app.
func usersAccount(tx *gorm.DB, scope tenant.Scope, r *Run, u *account.User, app string) (*account.Account, error) {
	a, err := account.Chosen(tx, u.ID, app, r.chosen(app))
	if errors.Is(err, account.ErrNotFound) {
		return nil, noAccount(app, u.ExternalID, scope.EnvironmentName())
	}
	return a, err
}

// accountOf finds the account that a step is to use, at the moment of its use.
func (x *Executor) accountOf(ctx context.Context, scope tenant.Scope, r *Run, want *workflow.Account) (a *account.Account, err error) {
	err = x.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if want.Of == workflow.OfProject && want.Alias != "" {
			a, err = account.ByAlias(tx, want.Alias)
			return err
		}
		if want.Of == workflow.OfProject {
			a, err = account.ByID(tx, want.ID)
			return err
		}
		if r.ExternalUserID == nil {
			return ErrNoUser
		}
		u, err := account.UserByExternalID(tx, *r.ExternalUserID)
		if errors.Is(err, account.ErrUserNotFound) {
			return ErrUnknownUser
		}
		if err == nil {
			a, err = usersAccount(tx, scope, r, u, want.App)
		}
		return err
	})
	return a, err
}
