package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of authenticator apps.
var (
	ErrHasTOTP     = fault.New(fault.Conflict, "totp_set_up", "An authenticator app is set up already. Remove it first.")
	ErrNoTOTP      = fault.New(fault.NotFound, "totp_not_set_up", "No authenticator app is being set up. Begin again.")
	ErrCurrentCode = fault.New(fault.Invalid, "code", "The code is wrong, or was used before.").At("code")
)

const (
	period        = 30 // seconds that a code is of
	recoveryCodes = 10
)

// authenticator is an app that makes codes out of a secret and the time.
type authenticator struct {
	ID          string
	PersonID    string
	Secret      []byte // sealed
	ConfirmedAt *time.Time
	LastStep    int64
	CreatedAt   time.Time
}

func associated(authenticatorID string) string { return "authenticator|" + authenticatorID }

// Enrolment is what an authenticator app is given.
type Enrolment struct {
	Secret string // for who cannot scan
	URI    string
	QR     string // a PNG as a data URL
}

// BeginTOTP makes a secret for an authenticator app. It counts from the first
// code that ConfirmTOTP takes; until then another may be begun in its place.
func (s *Service) BeginTOTP(ctx context.Context, w *Who) (*Enrolment, error) {
	if !w.Session.Fresh(s.Now()) {
		return nil, ErrProof
	}
	issuer := "Patchbay"
	if u, err := url.Parse(s.PublicURL); err == nil && u.Hostname() != "" {
		issuer = "Patchbay (" + u.Hostname() + ")"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: w.Person.Email, SecretSize: 20})
	if err != nil {
		return nil, fmt.Errorf("make totp secret: %w", err)
	}
	drawn, err := key.Image(232, 232)
	if err != nil {
		return nil, fmt.Errorf("draw totp secret: %w", err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, drawn); err != nil {
		return nil, fmt.Errorf("draw totp secret: %w", err)
	}
	row := authenticator{ID: id.New("otp"), PersonID: w.Person.ID, CreatedAt: s.Now()}
	if row.Secret, err = s.Box.Seal([]byte(key.Secret()), associated(row.ID)); err != nil {
		return nil, err
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("person_id = ? AND confirmed_at IS NULL", w.Person.ID).Delete(&authenticator{}).Error; err != nil {
			return fmt.Errorf("delete authenticator: %w", err)
		}
		err := tx.Create(&row).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return ErrHasTOTP
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Enrolment{Secret: key.Secret(), URI: key.URL(), QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture.Bytes())}, nil
}

// ConfirmTOTP takes the first code of an app: from now on it is asked for. It
// returns recovery codes, which are shown this once.
func (s *Service) ConfirmTOTP(ctx context.Context, w *Who, code string, b Browser) (o *Opened, codes []string, err error) {
	own := ofCode.of("confirm", w.Person.ID)
	if err := s.tries().begin(ctx, own); err != nil {
		return nil, nil, err
	}
	o, now := &Opened{}, s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		row, err := db.One[authenticator](tx.Where("person_id = ? AND confirmed_at IS NULL", w.Person.ID), ErrNoTOTP)
		if err != nil {
			return err
		}
		at, err := s.stepOf(row, code, now)
		if err != nil {
			return err
		}
		if at == 0 {
			return ErrCurrentCode
		}
		if err := db.Affected(tx.Model(&authenticator{}).Where("id = ? AND confirmed_at IS NULL", row.ID).Updates(map[string]any{"confirmed_at": now, "last_step": at}), ErrNoTOTP); err != nil {
			return err
		}
		if codes, err = newCodes(tx, w.Person.ID); err != nil {
			return err
		}
		if o.Token, err = s.stronger(tx, w); err != nil {
			return err
		}
		return s.note(tx, b, w.Person, audit.FactorAdded, map[string]any{"factor": ByTOTP})
	})
	if err != nil {
		return nil, nil, err
	}
	s.tries().forget(ctx, own)
	s.tellOfFactor(w.Person, "An authenticator app was added to your Patchbay account")
	return o, codes, nil
}

// RemoveTOTP removes the app, for who proved a moment ago who they are.
func (s *Service) RemoveTOTP(ctx context.Context, w *Who, b Browser) error {
	if !w.Session.Fresh(s.Now()) {
		return ErrProof
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("person_id = ? AND confirmed_at IS NOT NULL", w.Person.ID).Delete(&authenticator{}), ErrNoTOTP); err != nil {
			return err
		}
		return s.weaker(tx, w, b, map[string]any{"factor": ByTOTP})
	})
	if err == nil {
		s.tellOfFactor(w.Person, "An authenticator app was removed from your Patchbay account")
	}
	return err
}

// weaker looks at what is left after a factor went. Sessions that were opened
// with two go on with one where none is left.
func (s *Service) weaker(tx *gorm.DB, w *Who, b Browser, details map[string]any) error {
	f, err := factors(tx, w.Person.ID)
	if err != nil {
		return err
	}
	if len(f.Ways()) == 0 {
		for _, sql := range []string{"DELETE FROM recovery_codes WHERE person_id = ?", "UPDATE sessions SET factors = 1 WHERE person_id = ?"} {
			if err := tx.Exec(sql, w.Person.ID).Error; err != nil {
				return fmt.Errorf("remove factors: %w", err)
			}
		}
	}
	return s.note(tx, b, w.Person, audit.FactorRemoved, details)
}

// NewRecoveryCodes puts new codes in the place of those that are left.
func (s *Service) NewRecoveryCodes(ctx context.Context, w *Who, b Browser) (codes []string, err error) {
	if !w.Session.Fresh(s.Now()) {
		return nil, ErrProof
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		f, err := factors(tx, w.Person.ID)
		if err != nil {
			return err
		}
		if len(f.Ways()) == 0 {
			return ErrNoTOTP
		}
		if codes, err = newCodes(tx, w.Person.ID); err != nil {
			return err
		}
		return s.note(tx, b, w.Person, audit.FactorAdded, map[string]any{"factor": ByRecovery})
	})
	return codes, err
}

var letters32 = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

func newCodes(tx *gorm.DB, personID string) ([]string, error) {
	if err := tx.Exec("DELETE FROM recovery_codes WHERE person_id = ?", personID).Error; err != nil {
		return nil, fmt.Errorf("delete recovery codes: %w", err)
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		var b [10]byte // 80 bits
		_, _ = rand.Read(b[:])
		c := letters32.EncodeToString(b[:])
		codes[i] = c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
		if err := tx.Exec("INSERT INTO recovery_codes (person_id, code_hash) VALUES (?, ?)", personID, token.Hash(c)).Error; err != nil {
			return nil, fmt.Errorf("insert recovery code: %w", err)
		}
	}
	return codes, nil
}

// useCode takes a code of the app or a recovery code. Each is good once.
func (s *Service) useCode(tx *gorm.DB, personID, code string) (way string, err error) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if len(code) != 6 {
		res := tx.Exec("DELETE FROM recovery_codes WHERE person_id = ? AND code_hash = ?", personID, token.Hash(code))
		return ByRecovery, db.Affected(res, ErrCode)
	}
	row, err := db.One[authenticator](tx.Where("person_id = ? AND confirmed_at IS NOT NULL", personID), ErrCode)
	if err != nil {
		return "", err
	}
	at, err := s.stepOf(row, code, s.Now())
	if err != nil {
		return "", err
	}
	if at == 0 {
		return "", ErrCode
	}
	res := tx.Model(&authenticator{}).Where("id = ? AND last_step < ?", row.ID, at).Update("last_step", at)
	return ByTOTP, db.Affected(res, ErrCode)
}

// stepOf returns the time step that a code is of, or 0 if it is of none near now.
// A clock may be half a minute apart.
func (s *Service) stepOf(row *authenticator, code string, now time.Time) (int64, error) {
	key, err := s.Box.Open(row.Secret, associated(row.ID))
	if err != nil {
		return 0, fmt.Errorf("open totp secret: %w", err)
	}
	for _, off := range []int64{0, -1, 1} {
		at := now.Unix()/period + off
		want, err := totp.GenerateCode(string(key), time.Unix(at*period, 0))
		if err != nil {
			return 0, fmt.Errorf("make totp code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at, nil
		}
	}
	return 0, nil
}
