package authorization

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Wish is what a client sends for tokens (RFC 6749, 4.1.3 and 6).
type Wish struct {
	GrantType, Code, RedirectURI, ClientID, Verifier, RefreshToken, Scope, Resource string
}

// Tokens are what it gets.
type Tokens struct {
	Access, Refresh string
	ExpiresIn       time.Duration
	Scopes          []string
}

// Exchange gives tokens for a code, or for the refresh token before.
func (s *Service) Exchange(ctx context.Context, w Wish) (*Tokens, error) {
	switch {
	case w.GrantType == "authorization_code" && (w.Code == "" || w.RedirectURI == "" || w.ClientID == "" || w.Verifier == ""):
		return nil, requestError("Send code, redirect_uri, client_id and code_verifier.")
	case w.GrantType == "authorization_code":
		return s.byCode(ctx, w)
	case w.GrantType == "refresh_token" && (w.RefreshToken == "" || w.ClientID == ""):
		return nil, requestError("Send refresh_token and client_id.")
	case w.GrantType == "refresh_token":
		return s.byRefresh(ctx, w)
	case w.GrantType == "":
		return nil, requestError("Send a grant_type.")
	}
	return nil, ErrGrantType
}

// byCode gives the first tokens. A code that comes again was stolen, or is sent twice
// by a client that is broken: what was given for it is good no more.
func (s *Service) byCode(ctx context.Context, w Wish) (out *Tokens, err error) {
	requestID, scope, err := s.found(ctx, "code_hash", w.Code, ErrGrant)
	if err != nil {
		return nil, err
	}
	var again bool
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := locked(tx, requestID)
		switch {
		case err != nil:
			return ErrGrant.Because(err)
		case r.ClientID != w.ClientID:
			return errOtherClient
		case r.RedirectURI != w.RedirectURI:
			return fault.New(fault.Invalid, ErrGrant.Code, "The redirect_uri is not that of the authorization request.")
		case r.Status == exchanged:
			again = true
			return s.end(ctx, tx, *r.AuthorizationID, r.ID, "code_again")
		case !s.Now().Before(r.ExpiresAt):
			return fault.New(fault.Invalid, ErrGrant.Code, "The code has expired.")
		case !verifier.MatchString(w.Verifier) || !fits(w.Verifier, r.Challenge):
			return errVerifier
		}
		if err := s.fitsProfile(tx, scope, *r.AuthorizationID, w.Resource); err != nil {
			return err
		}
		if err := r.set(tx, map[string]any{"status": exchanged}); err != nil {
			return err
		}
		out, err = s.give(tx, *r.AuthorizationID, r.ID, r.Scopes, r.Scopes, s.Now().Add(familyLife))
		return err
	})
	if err == nil && again {
		err = fault.New(fault.Invalid, ErrGrant.Code, "The code was used already. The tokens that were given for it are good no more.")
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func fits(codeVerifier, codeChallenge string) bool {
	sum := sha256.Sum256([]byte(codeVerifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(codeChallenge)) == 1
}

// fitsResource refuses a resource that is not the one which was asked for. Clients of
// before do not name one again.
func (s *Service) fitsResource(scope tenant.Scope, profile, resource string) error {
	if resource != "" && resource != s.Resource(scope.Project(), scope.EnvironmentName(), profile) {
		return ErrTarget
	}
	return nil
}

// fitsProfile is fitsResource for the profile that an authorization is of.
func (s *Service) fitsProfile(tx *gorm.DB, scope tenant.Scope, authorizationID, resource string) error {
	a, err := authorizationByID(tx, authorizationID)
	if err != nil {
		return err
	}
	profile := ""
	if a.Profile != nil {
		profile = *a.Profile
	}
	return s.fitsResource(scope, profile, resource)
}

// give writes tokens down. have is what the refresh token may be used for.
func (s *Service) give(tx *gorm.DB, authorizationID, family string, scopes, have []string, ends time.Time) (*Tokens, error) {
	now := s.Now()
	out := &Tokens{Access: token.Hex(AccessPrefix, 32), Refresh: token.Hex(refreshPrefix, 32), Scopes: scopes}
	make := func(kind, raw string, scopes []string, life time.Duration) *issued {
		until := now.Add(life)
		if until.After(ends) {
			until = ends
		}
		return &issued{ID: id.New("mcpt"), AuthorizationID: authorizationID, Family: family, Kind: kind, TokenHash: token.Hash(raw), Scopes: scopes, CreatedAt: now, ExpiresAt: until, EndsAt: ends}
	}
	access := make("access", out.Access, scopes, AccessLife)
	out.ExpiresIn = access.ExpiresAt.Sub(now)
	if err := tx.Create([]*issued{access, make("refresh", out.Refresh, have, refreshLife)}).Error; err != nil {
		return nil, fmt.Errorf("insert mcp tokens: %w", err)
	}
	return out, nil
}

// end takes all tokens of a family away.
func (s *Service) end(ctx context.Context, tx *gorm.DB, authorizationID, family, why string) error {
	if err := tx.Exec("DELETE FROM mcp_tokens WHERE family = ?", family).Error; err != nil {
		return fmt.Errorf("delete mcp tokens: %w", err)
	}
	a, err := authorizationByID(tx, authorizationID)
	if err != nil {
		return err
	}
	by := audit.By(ctx)
	by.Kind, by.ID, by.Name = audit.MCPClient, a.ID, a.ClientName
	entry := audit.Entry{Action: audit.MCPTokensEnded, Subject: a.ID, ExternalUserID: a.ExternalUserID, Details: map[string]any{"client_id": a.ClientID, "client": a.ClientName, "why": why}}
	return audit.Record(tx.WithContext(audit.With(ctx, by)), s.Now(), entry) //nolint:wrapcheck // says what it did
}

// holder is a token with all that says whose it is.
type holder struct {
	ID, AuthorizationID, EnvironmentID, ProjectID, Name, WorkspaceID string
	ClientID, ClientName, ExternalID, Profile                        string
	Kind, Family                                                     string
	Scopes                                                           []string `gorm:"serializer:json"`
	CreatedAt, ExpiresAt                                             time.Time
	UsedAt                                                           *time.Time
}

// holder finds a token by its text, whatever its state.
func (s *Service) holder(ctx context.Context, raw string) (h *holder, err error) {
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		h, err = db.One[holder](q.Table("mcp_tokens t").Select(`t.id, t.authorization_id, t.environment_id, e.project_id, e.name, p.workspace_id, a.client_id, a.client_name, u.external_id,
			t.kind, t.family, t.scopes, t.created_at, t.expires_at, a.used_at, COALESCE(f.name, '') AS profile`).
			Joins("JOIN mcp_authorizations a ON a.id = t.authorization_id JOIN external_users u ON u.id = a.user_id LEFT JOIN tool_profiles f ON f.id = a.profile_id").
			Joins("JOIN environments e ON e.id = t.environment_id JOIN projects p ON p.id = e.project_id").
			Where("t.token_hash = ? AND p.deleted_at IS NULL AND e.id NOT IN (SELECT environment_id FROM held_environments)", token.Hash(raw)), ErrToken)
		return err
	})
	return h, err
}

func (h *holder) scope() tenant.Scope { return tenant.NewScope(h.ProjectID, h.EnvironmentID, h.Name) }

// byRefresh gives the next tokens. A refresh token is good once: if it comes again,
// somebody has it who should not, and nobody can tell who. All of its family end.
func (s *Service) byRefresh(ctx context.Context, w Wish) (out *Tokens, err error) {
	h, err := s.holder(ctx, w.RefreshToken)
	if err != nil {
		return nil, ErrGrant.Because(err)
	}
	var again bool
	err = s.DB.In(ctx, h.scope(), func(tx *gorm.DB) error {
		t, err := db.One[issued](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", h.ID), ErrGrant)
		switch {
		case err != nil:
			return err
		case t.Kind != "refresh":
			return ErrGrant
		case h.ClientID != w.ClientID:
			return errOtherClient
		case t.SpentAt != nil:
			again = true
			return s.end(ctx, tx, t.AuthorizationID, t.Family, "refresh_token_again")
		case !s.Now().Before(t.ExpiresAt):
			return fault.New(fault.Invalid, ErrGrant.Code, "The refresh token has expired.")
		}
		if err := s.fitsResource(h.scope(), h.Profile, w.Resource); err != nil {
			return err
		}
		scopes, err := narrow(t.Scopes, w.Scope)
		if err != nil {
			return err
		}
		if err := tx.Model(t).Update("spent_at", s.Now()).Error; err != nil {
			return fmt.Errorf("spend refresh token: %w", err)
		}
		out, err = s.give(tx, t.AuthorizationID, t.Family, scopes, t.Scopes, t.EndsAt)
		return err
	})
	if err == nil && again {
		err = fault.New(fault.Invalid, ErrGrant.Code, "The refresh token was used already. All tokens that came of it are good no more.")
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Bearer is an access token at work: who acts for whom, where, and what they may do.
type Bearer struct {
	AuthorizationID string
	Workspace       string
	Scope           tenant.Scope
	Profile         string // whose tools it may use; "" = all
	ExternalUserID  string
	ClientID        string
	ClientName      string
	Scopes          []string
	IssuedAt        time.Time
	ExpiresAt       time.Time
}

// Authenticate returns what an access token allows, or ErrToken.
func (s *Service) Authenticate(ctx context.Context, raw string) (*Bearer, error) {
	h, err := s.holder(ctx, raw)
	if err != nil {
		return nil, err
	}
	if h.Kind != "access" || !s.Now().Before(h.ExpiresAt) {
		return nil, ErrToken
	}
	if h.UsedAt == nil || s.Now().Sub(*h.UsedAt) > time.Minute {
		err := s.DB.In(ctx, h.scope(), func(tx *gorm.DB) error {
			return tx.Model(&Authorization{}).Where("id = ?", h.AuthorizationID).UpdateColumn("used_at", s.Now()).Error
		})
		if err != nil {
			return nil, fmt.Errorf("note use of mcp authorization: %w", err)
		}
	}
	return h.bearer(), nil
}

func (h *holder) bearer() *Bearer {
	return &Bearer{h.AuthorizationID, h.WorkspaceID, h.scope(), h.Profile, h.ExternalID, h.ClientID, h.ClientName, h.Scopes, h.CreatedAt, h.ExpiresAt}
}

// Introspect returns what a token is, for those whose users' it is (RFC 7662); nil = it
// is none, or not theirs.
func (s *Service) Introspect(ctx context.Context, raw string, theirs func(workspace, project, environment string) bool) (*Bearer, string, error) {
	h, err := s.holder(ctx, raw)
	if fault.Of(err).Code == ErrToken.Code {
		return nil, "", nil
	}
	if err != nil || !s.Now().Before(h.ExpiresAt) || !theirs(h.WorkspaceID, h.ProjectID, h.Name) {
		return nil, "", err
	}
	if h.Kind == "refresh" {
		var spent bool
		err := s.DB.In(ctx, h.scope(), func(tx *gorm.DB) error {
			return tx.Raw("SELECT spent_at IS NOT NULL FROM mcp_tokens WHERE id = ?", h.ID).Scan(&spent).Error
		})
		if err != nil || spent {
			return nil, "", err
		}
	}
	return h.bearer(), h.Kind, nil
}

// End takes a token back for its client, and with it all of its family (RFC 7009). A
// token that there is not is no error.
func (s *Service) End(ctx context.Context, raw, clientID string) error {
	h, err := s.holder(ctx, raw)
	switch {
	case fault.Of(err).Code == ErrToken.Code:
		return nil
	case err != nil:
		return err
	case h.ClientID != clientID:
		return errOtherClient
	}
	return s.DB.In(ctx, h.scope(), func(tx *gorm.DB) error { return s.end(ctx, tx, h.AuthorizationID, h.Family, "client") })
}
