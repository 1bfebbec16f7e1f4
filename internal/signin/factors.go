package signin

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of the second factor.
var (
	ErrStep       = fault.New(fault.Unauthenticated, "sign_in_step", "This sign-in took too long. Begin it again.")
	ErrCode       = fault.New(fault.Unauthenticated, "sign_in_code", "The code is wrong, or was used before.")
	ErrTwoFactors = fault.New(fault.Forbidden, "two_factors_required", "This workspace asks for two factors. Set up an authenticator app or a passkey in your account first.")
	ErrRole       = fault.New(fault.Forbidden, "role", "Only an owner of the workspace may change how its members sign in.")
)

// Ways of a second factor.
const (
	ByTOTP     = "totp"
	ByPasskey  = "passkey"
	ByRecovery = "recovery_code"
)

const stepLife = 10 * time.Minute

// step is a sign-in that waits for its second factor.
type step struct {
	TokenHash []byte `gorm:"primaryKey"`
	PersonID  string
	Way       string // of the first factor
	ExpiresAt time.Time
}

// TableName maps the noun to its table.
func (step) TableName() string { return "sign_in_steps" }

// Factors is what somebody has beside a password.
type Factors struct {
	TOTP     bool
	Recovery int // codes that are left
	Passkeys []Passkey
}

// Ways are those by which a second factor can be shown; none: it is not asked for.
func (f *Factors) Ways() (ways []string) {
	if f.TOTP {
		ways = append(ways, ByTOTP)
	}
	if len(f.Passkeys) > 0 {
		ways = append(ways, ByPasskey)
	}
	if len(ways) > 0 && f.Recovery > 0 {
		ways = append(ways, ByRecovery)
	}
	return ways
}

// Factors returns what a person has beside a password.
func (s *Service) Factors(ctx context.Context, personID string) (f *Factors, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		f, err = factors(tx, personID)
		return err
	})
	return f, err
}

func factors(tx *gorm.DB, personID string) (*Factors, error) {
	f := &Factors{}
	var n struct{ TOTP, Recovery int }
	err := tx.Raw(`SELECT (SELECT count(*) FROM authenticators WHERE person_id = ? AND confirmed_at IS NOT NULL) AS totp,
		(SELECT count(*) FROM recovery_codes WHERE person_id = ?) AS recovery`, personID, personID).Scan(&n).Error
	if err != nil {
		return nil, fmt.Errorf("count factors: %w", err)
	}
	f.TOTP, f.Recovery = n.TOTP > 0, n.Recovery
	if err := tx.Where("person_id = ?", personID).Order("created_at, id").Find(&f.Passkeys).Error; err != nil {
		return nil, fmt.Errorf("find passkeys: %w", err)
	}
	return f, nil
}

// admit opens a session for who has shown a first factor, or asks for the second
// if they have one: then no session is open.
func (s *Service) admit(ctx context.Context, p *member.Person, way string, b Browser) (*Opened, error) {
	o, asked := &Opened{}, false
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		f, err := factors(tx, p.ID)
		if err != nil {
			return err
		}
		if o.Ways = f.Ways(); len(o.Ways) == 0 {
			return nil
		}
		o.Step, asked = token.Hex("pbt_", 32), true
		row := step{TokenHash: token.Hash(o.Step), PersonID: p.ID, Way: way, ExpiresAt: s.Now().Add(stepLife)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert step: %w", err)
		}
		return nil
	})
	if err != nil || asked {
		return o, err
	}
	return s.open(ctx, p, way, 1, b)
}

// waiting returns who has shown a first factor.
func (s *Service) waiting(tx *gorm.DB, raw string) (*step, *member.Person, error) {
	st, err := db.One[step](tx.Where("token_hash = ? AND expires_at > ?", token.Hash(raw), s.Now()), ErrStep)
	if err != nil {
		return nil, nil, err
	}
	p, err := db.One[member.Person](tx.Where("id = ?", st.PersonID), ErrStep)
	return st, p, err
}

// Second opens a session for a code of the authenticator app, or a recovery
// code, of somebody who has shown a first factor.
func (s *Service) Second(ctx context.Context, raw, code string, b Browser) (*Opened, error) {
	var st *step
	var p *member.Person
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		st, p, err = s.waiting(tx, raw)
		return err
	})
	if err != nil {
		return nil, err
	}
	way, err := s.tryCode(ctx, p, code, b)
	if err != nil {
		return nil, err
	}
	return s.second(ctx, st, p, way, b)
}

// second ends a step, once, and opens its session.
func (s *Service) second(ctx context.Context, st *step, p *member.Person, way string, b Browser) (*Opened, error) {
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return db.Affected(tx.Where("token_hash = ?", st.TokenHash).Delete(&step{}), ErrStep)
	})
	if err != nil {
		return nil, err
	}
	return s.open(ctx, p, st.Way+"+"+way, 2, b)
}

// tryCode takes a code of a person, which is good once. Guesses are held back.
func (s *Service) tryCode(ctx context.Context, p *member.Person, code string, b Browser) (way string, err error) {
	own := ofCode.of("code", p.ID)
	if err := s.tries().begin(ctx, own); err != nil {
		return "", err
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		way, err = s.useCode(tx, p.ID, code)
		return err
	})
	if err == nil {
		s.tries().forget(ctx, own)
		return way, nil
	}
	failed := s.DB.System(ctx, func(tx *gorm.DB) error {
		return s.note(tx, b, p, audit.SignInFailed, map[string]any{"way": "code"})
	})
	if failed != nil {
		return "", failed
	}
	return "", err
}

// Prove takes a password or a code of somebody who is signed in, and gives the
// session another token: for a while it counts as fresh.
func (s *Service) Prove(ctx context.Context, w *Who, password, code string, b Browser) (*Opened, error) {
	if err := w.Free(); err != nil {
		return nil, err
	}
	change := map[string]any{"proved_at": s.Now()}
	if code != "" {
		if _, err := s.tryCode(ctx, w.Person, code, b); err != nil {
			return nil, ErrCurrentCode.Because(err)
		}
		change["factors"] = 2
	} else if err := s.check(ctx, w, password); err != nil {
		return nil, err
	}
	o := &Opened{}
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		o.Token, err = rotate(tx, w.Session, change)
		return err
	})
	return o, err
}

// stronger rotates a session that has another factor now, and ends the others,
// which have not shown it.
func (s *Service) stronger(tx *gorm.DB, w *Who) (string, error) {
	if _, err := end(tx, w.Person.ID, w.Session.TokenHash); err != nil {
		return "", err
	}
	return rotate(tx, w.Session, map[string]any{"factors": 2})
}

// RequireTwoFactors says whether members of the open workspace need two factors.
func (s *Service) RequireTwoFactors(ctx context.Context, w *Who, on bool) error {
	if w.Member.Role != member.Owner {
		return ErrRole
	}
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Model(&member.Workspace{}).Where("id = ? AND require_two_factors <> ?", w.Workspace.ID, on).Update("require_two_factors", on)
		if res.Error != nil {
			return fmt.Errorf("change workspace: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil
		}
		return audit.RecordOf(tx, s.Now(), w.Workspace.ID,
			audit.Entry{Action: audit.SignInRules, Subject: w.Workspace.ID, Details: map[string]any{"require_two_factors": on}})
	})
}
