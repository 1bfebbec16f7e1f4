package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// A link is good for whoever has it. Where an environment verifies its users, a
// link first sends the browser to the customer's page, whose server says who is
// signed in there; only then the page opens, in that browser alone. It is done
// before anything else, so that a wrong person is asked for nothing: no grant
// is made that would have to be revoked, and no key is typed in.

// Faults of user verification.
var (
	ErrUnverified       = fault.New(fault.Forbidden, "user_verification_required", "Please open this link again, so that it is known whose it is.")
	ErrNonce            = fault.New(fault.NotFound, "verification_not_found", "There is no such verification.")
	ErrNonceUsed        = fault.New(fault.Conflict, "verification_used", "This nonce was used already.")
	ErrNonceExpired     = fault.New(fault.Conflict, "verification_expired", "This nonce has expired. The user opens the link again.")
	ErrNonceEnvironment = fault.New(fault.Forbidden, "verification_other_environment", "This nonce is of the other environment.")
	ErrNonceUser        = fault.New(fault.Forbidden, "verification_other_user", "This link was made for another user.")
)

// nonceLife is how long a user may take at the customer's page, where they
// perhaps sign in first.
const nonceLife = 15 * time.Minute

// The statuses of a verification.
const (
	asked     = "asked"     // the browser was sent to the customer's page
	confirmed = "confirmed" // its server said that it is the user; the browser has not come back
	verified  = "verified"
	refused   = "refused"
)

// verification is a browser's way over the customer's page.
type verification struct {
	ID          string
	TokenID     string
	SessionID   *string // nil = none, or the page took it over
	NonceHash   []byte
	KeyHash     []byte
	BrowserHash []byte
	Secret      []byte // sealed verificationSecret
	Status      string
	Error       *string
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

func (verification) TableName() string { return "connect_verifications" }

type verificationSecret struct {
	Token string `json:"token"`
	Base  string `json:"base"` // of the pages, as the browser knows them
	Back  string `json:"back"` // path and query of the page
}

func verificationAssociated(verificationID string) string {
	return "connect_verification|" + verificationID
}

// Admit returns ErrUnverified when the token's user has to be verified in this
// browser first. A page that is framed needs no verification: the customer's
// own page is around it, for which their server made the token. Tokens that are
// good for nothing are admitted: they are told of by what comes next.
func (s *Service) Admit(ctx context.Context, raw, browser string, framed bool) error {
	b, err := s.resolve(ctx, raw)
	if errors.Is(err, ErrToken) || err == nil && !s.Now().Before(b.ExpiresAt) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		v, err := project.VerificationOf(tx, b.Scope)
		if err != nil || framed || !v.On(b.Scope.EnvironmentName()) {
			return err
		}
		if in := session.Of(ctx); in != "" {
			if framed, err := session.IsFramed(tx, in, b.ID); framed || err != nil {
				return err
			}
		}
		_, err = db.One[verification](tx.Where("token_id = ? AND browser_hash = ? AND status = ?", b.ID, token.Hash(browser), verified), ErrUnverified)
		return err
	})
}

// Ask returns the customer's address to send the browser to. Afterwards it
// comes back to base + back, a path with a query.
func (s *Service) Ask(ctx context.Context, raw, browser, base, back string) (redirect string, err error) {
	b, err := s.resolve(ctx, raw)
	if err != nil {
		return "", err
	}
	now, nonce := s.Now(), token.Hex("vn_", 32)
	q := &verification{
		ID: id.New("ver"), TokenID: b.ID, NonceHash: token.Hash(nonce), BrowserHash: token.Hash(browser), Status: asked, CreatedAt: now, ExpiresAt: now.Add(nonceLife),
	}
	plain, err := json.Marshal(verificationSecret{raw, base, back})
	if err != nil {
		return "", fmt.Errorf("encode verification: %w", err)
	}
	if q.Secret, err = s.Box.Seal(plain, verificationAssociated(q.ID)); err != nil {
		return "", err
	}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		v, err := project.VerificationOf(tx, b.Scope)
		if err != nil {
			return err
		}
		if v.URL == nil { // taken away a moment ago
			return ErrSession
		}
		u, err := url.Parse(*v.URL)
		if err != nil {
			return fmt.Errorf("verify url: %w", err)
		}
		query := u.Query()
		query.Set("nonce", nonce)
		u.RawQuery = query.Encode()
		redirect = u.String()
		visit := &session.Session{TokenID: b.ID, ExternalUserID: b.ExternalUserID, CreatedAt: now}
		if err := session.Begin(tx, visit); err != nil {
			return err
		}
		q.SessionID = &visit.ID
		if err := tx.Create(q).Error; err != nil {
			return fmt.Errorf("insert verification: %w", err)
		}
		return session.Note(tx, visit.ID, b.ID, now, session.Mark{Name: "verification_asked"})
	})
	return redirect, err
}

// Confirm takes the customer's word for who is signed in in the browser that
// brought the nonce. It returns where to send that browser. What is refused is
// recorded and told.
func (s *Service) Confirm(ctx context.Context, by tenant.Scope, nonce, externalUserID string) (redirect string, err error) {
	var row struct{ ID, EnvironmentID, ProjectID, Name string }
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		res := q.Raw(`SELECT v.id, v.environment_id, e.project_id, e.name FROM connect_verifications v
			JOIN environments e ON e.id = v.environment_id WHERE v.nonce_hash = ?`, token.Hash(nonce)).Scan(&row)
		return db.Affected(res, ErrNonce)
	})
	if err != nil {
		return "", err
	}
	if row.ProjectID != by.Project() {
		return "", ErrNonce
	}
	scope := tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name)
	var why *fault.Error
	var endpoints []string
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		v, b, sec, err := s.verification(tx, scope, row.ID)
		if err != nil {
			return err
		}
		key := token.Hex("vk_", 32)
		back := sec.Base + "/connect/verified?key=" + key
		switch {
		case scope != by:
			why = ErrNonceEnvironment
		case v.Status != asked:
			why = ErrNonceUsed
		case !s.Now().Before(v.ExpiresAt):
			why = ErrNonceExpired
		case b.ExternalUserID != externalUserID:
			why = ErrNonceUser.With(map[string]any{"redirect_uri": back})
		default:
			redirect = back
			return v.set(tx, map[string]any{"status": confirmed, "key_hash": token.Hash(key)})
		}
		endpoints, err = s.refuseNonce(tx, v, b, sec.Token, key, why)
		return err
	})
	if err != nil {
		return "", err
	}
	s.Webhooks.Nudge(ctx, scope, endpoints)
	if why != nil {
		return "", why
	}
	return redirect, nil
}

// verification loads and locks a verification with all that belongs to it.
func (s *Service) verification(tx *gorm.DB, scope tenant.Scope, verificationID string) (*verification, *Bearer, *verificationSecret, error) {
	if err := tx.Exec("SELECT FROM connect_verifications WHERE id = ? FOR UPDATE", verificationID).Error; err != nil {
		return nil, nil, nil, fmt.Errorf("lock verification: %w", err)
	}
	v, err := db.One[verification](tx.Where("id = ?", verificationID), ErrNonce)
	if err != nil {
		return nil, nil, nil, err
	}
	b := &Bearer{Scope: scope}
	if err := load(tx, b, v.TokenID); err != nil {
		return nil, nil, nil, err
	}
	plain, err := s.Box.Open(v.Secret, verificationAssociated(v.ID))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open verification: %w", err)
	}
	sec := &verificationSecret{}
	if err := json.Unmarshal(plain, sec); err != nil {
		return nil, nil, nil, fmt.Errorf("decode verification: %w", err)
	}
	return v, b, sec, nil
}

func (v *verification) set(tx *gorm.DB, columns map[string]any) error {
	if err := tx.Model(v).Updates(columns).Error; err != nil {
		return fmt.Errorf("update verification: %w", err)
	}
	return nil
}

// refuseNonce records and tells why a nonce does not count. A nonce that did
// count, and is sent again, still does.
func (s *Service) refuseNonce(tx *gorm.DB, v *verification, b *Bearer, raw, key string, why *fault.Error) ([]string, error) {
	first := v.Status == asked
	if first {
		if err := v.set(tx, map[string]any{"status": refused, "error": why.Code, "key_hash": token.Hash(key)}); err != nil {
			return nil, err
		}
	}
	about := v.ID
	if v.SessionID != nil {
		about = *v.SessionID
		marks := []session.Mark{{Name: "verification_refused", Detail: why.Code}}
		if first {
			marks = append(marks, session.Mark{Name: "failed", Code: why.Code})
		}
		if err := session.Note(tx, about, b.ID, s.Now(), marks...); err != nil {
			return nil, err
		}
	}
	return s.emitError(tx, b, about, raw, why)
}
