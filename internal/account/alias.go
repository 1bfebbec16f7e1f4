package account

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of aliases.
var (
	ErrAlias     = fault.New(fault.NotFound, "account_alias_not_found", "The environment has no account of this alias.")
	ErrAliasName = fault.New(fault.Invalid, "account_alias", "An alias has up to 63 small letters, digits and _, and begins with a letter.").At("alias")
)

var aliasName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// Alias is the name by which workflows know an account, in one environment.
type Alias struct {
	ID        string // aal_…
	Alias     string
	AccountID string
	CreatedAt time.Time
	UpdatedAt time.Time

	App         string  `gorm:"->"` // slug, of the account
	AccountName *string `gorm:"->"`
	ExternalID  string  `gorm:"->"` // of the account's user
}

// TableName maps the noun to its table.
func (Alias) TableName() string { return "account_aliases" }

// Aliases returns the aliases of tx's environment, by name.
func Aliases(tx *gorm.DB) (out []Alias, err error) {
	err = tx.Raw(`SELECT l.*, a.app, a.name AS account_name, u.external_id FROM account_aliases l
		JOIN accounts a ON a.id = l.account_id JOIN external_users u ON u.id = a.user_id ORDER BY l.alias`).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list aliases: %w", err)
	}
	return out, nil
}

// ByAlias returns the account that an alias stands for in tx's environment.
func ByAlias(tx *gorm.DB, alias string) (*Account, error) {
	missing := fault.New(ErrAlias.Kind, ErrAlias.Code, "The environment has no account of the alias %q: say which it is, by PUT account_aliases/%s.", alias, alias)
	return db.One[Account](selectAccounts(tx).Where("accounts.id = (SELECT account_id FROM account_aliases WHERE alias = ?)", alias), missing)
}

// Aliases returns the aliases of an environment, by name.
func (s *Service) Aliases(ctx context.Context, scope tenant.Scope) (out []Alias, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		out, err = Aliases(tx)
		return err
	})
	return out, err
}

// SetAlias has an alias stand for an account from now on, also in runs that are
// under way.
func (s *Service) SetAlias(ctx context.Context, scope tenant.Scope, alias, accountID string, seen ...time.Time) (out *Alias, err error) {
	if !aliasName.MatchString(alias) {
		return nil, ErrAliasName
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		a, err := ByID(tx, accountID)
		if err != nil {
			return err
		}
		now := s.Now()
		row := &Alias{ID: id.New("aal"), Alias: alias, AccountID: a.ID, CreatedAt: now, UpdatedAt: now}
		if err := db.Put(tx, row, []string{"alias", "environment_id"}, []string{"account_id", "updated_at"}, seen...); err != nil {
			return fmt.Errorf("write alias: %w", err)
		}
		all, err := Aliases(tx)
		for i := range all {
			if all[i].Alias == alias {
				out = &all[i]
			}
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.AliasSet, Subject: a.ID, Details: map[string]any{"alias": alias}})
	})
	return out, err
}

// DeleteAlias has an alias stand for nothing any more.
func (s *Service) DeleteAlias(ctx context.Context, scope tenant.Scope, alias string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("alias = ?", alias).Delete(&Alias{}), ErrAlias); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.AliasDeleted, Subject: alias})
	})
}
