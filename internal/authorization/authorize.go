package authorization

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

// Ask is an authorization request as it stands in an address (RFC 6749, 4.1.1).
type Ask struct {
	ResponseType, ClientID, RedirectURI, State, Scope, Resource string
	Challenge, Method                                           string // PKCE
}

var (
	challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	verifier  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
)

const longestState = 2000

// Begin takes a request in and returns where to send its browser: to the customer's
// page, or back to the client with why not. An error is for the person: a client
// that is not known, or that may not be answered where it says, is told nothing.
func (s *Service) Begin(ctx context.Context, a Ask, browser, address string) (to string, err error) {
	if err := s.Limits.Take(ctx, "mcp_authorize:"+address, limit.Rate{Requests: 60, Window: time.Minute}); err != nil {
		return "", err //nolint:wrapcheck // a fault
	}
	c, err := s.client(ctx, a.ClientID, address)
	if err != nil {
		return "", err
	}
	if !c.allows(a.RedirectURI) {
		return "", ErrRedirect
	}
	refuse := func(f *fault.Error) (string, error) {
		return s.back(a.RedirectURI, a.State, "error", f.Code, "error_description", f.Message), nil
	}
	switch {
	case len(a.State) > longestState:
		a.State = ""
		return refuse(requestError("The state is longer than %d bytes.", longestState))
	case a.ResponseType != "code":
		return refuse(fault.New(fault.Invalid, "unsupported_response_type", "The response type is code."))
	case a.Challenge == "":
		return refuse(requestError("Send a code_challenge (PKCE)."))
	case a.Method != "S256":
		return refuse(requestError("The code_challenge_method is S256."))
	case !challenge.MatchString(a.Challenge):
		return refuse(requestError("The code_challenge is no SHA-256 in base64url."))
	case a.Resource == "":
		return refuse(requestError("Name the resource: the address of the MCP server (RFC 8707)."))
	}
	scopes, err := narrow(Scopes, a.Scope)
	if err != nil {
		return refuse(ErrScope)
	}
	scope, profile, err := s.scopeOf(ctx, a.Resource)
	if errors.Is(err, ErrTarget) {
		return refuse(ErrTarget)
	}
	if err != nil {
		return "", err
	}
	now, raw := s.Now(), token.Hex("mcpq_", 32)
	r := &request{
		ID: id.New("mcpr"), ClientID: c.ID, ClientName: c.Name, ClientHost: c.Host, RedirectURI: a.RedirectURI, State: a.State, Challenge: a.Challenge, Scopes: scopes,
		BrowserHash: token.Hash(browser), RequestHash: token.Hash(raw), Status: asked, CreatedAt: now, ExpiresAt: now.Add(askLife),
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		to, err = take(tx, scope, r, profile, raw)
		return err
	})
	if errors.Is(err, toolprofile.ErrNotFound) {
		return refuse(ErrTarget)
	}
	return to, err
}

// take writes a request down, and returns the customer's page with it.
func take(tx *gorm.DB, scope tenant.Scope, r *request, profile, raw string) (to string, err error) {
	in, err := project.SignInOf(tx, scope)
	if err != nil {
		return "", err //nolint:wrapcheck // a fault
	}
	if in.URL == nil {
		return "", ErrNoSignIn
	}
	if profile != "" {
		p, err := toolprofile.ByName(tx, profile)
		if err != nil {
			return "", err //nolint:wrapcheck // a fault
		}
		r.ProfileID = &p.ID
	}
	u, err := url.Parse(*in.URL)
	if err != nil {
		return "", fmt.Errorf("sign-in address: %w", err)
	}
	q := u.Query()
	q.Set("authorization_request", raw)
	u.RawQuery = q.Encode()
	if err := tx.Create(r).Error; err != nil {
		return "", fmt.Errorf("insert mcp request: %w", err)
	}
	return u.String(), nil
}

func requestError(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, ErrRequest.Code, format, args...)
}

// found is a request by one of its secrets, and where it is.
func (s *Service) found(ctx context.Context, column, raw string, missing error) (requestID string, scope tenant.Scope, err error) {
	var row struct{ ID, EnvironmentID, ProjectID, Name string }
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		res := q.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name FROM mcp_requests r JOIN environments e ON e.id = r.environment_id
			JOIN projects p ON p.id = e.project_id WHERE r.`+column+` = ? AND p.deleted_at IS NULL AND e.id NOT IN (SELECT environment_id FROM held_environments)`, token.Hash(raw)).Scan(&row)
		return db.Affected(res, missing)
	})
	return row.ID, tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name), err
}

// locked loads a request, which nobody else then changes.
func locked(tx *gorm.DB, requestID string) (*request, error) {
	return db.One[request](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", requestID), ErrAsked)
}

func (r *request) set(tx *gorm.DB, columns map[string]any) error {
	if err := tx.Model(r).Updates(columns).Error; err != nil {
		return fmt.Errorf("update mcp request: %w", err)
	}
	return nil
}

// Complete takes the customer's word for which user is signed in in the browser that
// brought a request, and returns where to send that browser.
func (s *Service) Complete(ctx context.Context, by tenant.Scope, raw, externalUserID string) (redirect string, err error) {
	requestID, scope, err := s.found(ctx, "request_hash", raw, ErrAsked)
	switch {
	case err != nil:
		return "", err
	case scope.Project() != by.Project():
		return "", ErrAsked
	case scope != by:
		return "", ErrAskedOther
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := locked(tx, requestID)
		switch {
		case err != nil:
			return err
		case r.Status != asked:
			return ErrAskedUsed
		case !s.Now().Before(r.ExpiresAt):
			return ErrAskedOver
		}
		u, err := account.EnsureUser(tx, externalUserID, s.Now())
		if err != nil {
			return err //nolint:wrapcheck // a fault
		}
		key := token.Hex("mcpk_", 32)
		page := ConsentPath
		if r.visits() {
			page = ProgramsPath
		}
		redirect = s.Pages + page + "?key=" + key
		return r.set(tx, map[string]any{"status": completed, "user_id": u.ID, "key_hash": token.Hash(key), "expires_at": s.Now().Add(askLife)})
	})
	return redirect, err
}

// ConsentPath is the page on which a user is asked.
const ConsentPath = "/connect/consent"

// Question is what a user is asked.
type Question struct {
	Scope    tenant.Scope
	Client   string // as it calls itself
	Host     string // that answers for it; "" = nobody does
	Target   string // where the answer goes: a host, or a program's own scheme
	Origin   string // the same as a page's policy says it
	Scopes   []string
	Profile  *toolprofile.Profile // whose tools it is about; nil = all
	Redirect string               // the user allowed it earlier: nothing is asked
}

// Question returns what the user is to be asked in the browser that began. What they
// allowed a client before that somebody answers for is not asked again.
func (s *Service) Question(ctx context.Context, key, browser string) (q *Question, err error) {
	requestID, scope, err := s.found(ctx, "key_hash", key, ErrOver)
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := s.asking(tx, requestID, browser, false)
		if err != nil {
			return err
		}
		q = &Question{Scope: scope, Client: r.ClientName, Host: r.ClientHost, Scopes: r.Scopes}
		if q.Target, q.Origin, err = target(r.RedirectURI); err != nil {
			return err
		}
		if r.ProfileID != nil {
			if q.Profile, err = db.One[toolprofile.Profile](tx.Where("id = ?", *r.ProfileID), ErrOver); err != nil {
				return err
			}
		}
		known, err := remembered(tx, r)
		if known && err == nil {
			q.Redirect, err = s.allow(ctx, tx, r)
		}
		return err
	})
	return q, err
}

// Decide takes the user's answer, and returns where to send the browser.
func (s *Service) Decide(ctx context.Context, key, browser string, yes bool) (redirect string, err error) {
	requestID, scope, err := s.found(ctx, "key_hash", key, ErrOver)
	if err != nil {
		return "", err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := s.asking(tx, requestID, browser, false)
		if err != nil {
			return err
		}
		if yes {
			redirect, err = s.allow(ctx, tx, r)
			return err
		}
		redirect = s.back(r.RedirectURI, r.State, "error", "access_denied", "error_description", "The user said no.")
		return r.set(tx, map[string]any{"status": denied})
	})
	return redirect, err
}

// asking loads a request whose user is known, in their browser: to be asked, or on a
// visit to their programs.
func (s *Service) asking(tx *gorm.DB, requestID, browser string, visit bool) (*request, error) {
	over := ErrOver
	if visit {
		over = ErrVisitOver
	}
	r, err := locked(tx, requestID)
	switch {
	case err != nil:
		return nil, err
	case !token.Matches(browser, r.BrowserHash):
		return nil, ErrBrowser
	case r.visits() != visit || r.Status != completed || !s.Now().Before(r.ExpiresAt):
		return nil, over
	}
	return r, nil
}

// remembered reports whether the user allowed the same client all of this before. A
// client that is answered on the user's machine is asked for each time: any program
// there could say that it is it (RFC 8252, 8.6). So is one that registered itself.
func remembered(tx *gorm.DB, r *request) (bool, error) {
	if r.ClientHost == "" || !strings.HasPrefix(r.RedirectURI, "https://") {
		return false, nil
	}
	a, err := db.One[Authorization](ofSame(tx.Select("*"), r), ErrNotFound)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return a.RedirectURI == r.RedirectURI && !slices.ContainsFunc(r.Scopes, func(scope string) bool { return !slices.Contains(a.Scopes, scope) }), nil
}

// ofSame narrows authorizations to that of a request's user, client and profile.
func ofSame(q *gorm.DB, r *request) *gorm.DB {
	return q.Where("user_id = ? AND client_id = ? AND profile_id IS NOT DISTINCT FROM ?", *r.UserID, r.ClientID, r.ProfileID)
}

// allow writes down that the user allowed the client, and gives it a code.
func (s *Service) allow(ctx context.Context, tx *gorm.DB, r *request) (redirect string, err error) {
	now := s.Now()
	known, err := db.One[Authorization](ofSame(tx.Clauses(clause.Locking{Strength: "UPDATE"}), r), ErrNotFound)
	scopes := slices.Clone(r.Scopes)
	switch {
	case err == nil:
		scopes = append(scopes, known.Scopes...)
	case !errors.Is(err, ErrNotFound):
		return "", err
	}
	slices.Sort(scopes)
	a := &Authorization{
		ID: id.New("mcpa"), UserID: *r.UserID, ClientID: r.ClientID, ClientName: r.ClientName, ClientHost: r.ClientHost, RedirectURI: r.RedirectURI,
		Scopes: slices.Compact(scopes), ProfileID: r.ProfileID, CreatedAt: now, UpdatedAt: now,
	}
	again := clause.OnConflict{Columns: []clause.Column{{Name: "user_id"}, {Name: "client_id"}, {Name: "profile_id"}}, DoUpdates: clause.AssignmentColumns([]string{"client_name", "client_host", "redirect_uri", "scopes", "updated_at"})}
	if err := tx.Clauses(again).Create(a).Error; err != nil {
		return "", fmt.Errorf("insert mcp authorization: %w", err)
	}
	a, err = db.One[Authorization](ofSame(tx, r), ErrNotFound)
	if err != nil {
		return "", err
	}
	code := token.Hex("mcpc_", 32)
	if err := r.set(tx, map[string]any{"status": allowed, "authorization_id": a.ID, "code_hash": token.Hash(code), "expires_at": now.Add(codeLife)}); err != nil {
		return "", err
	}
	u, err := account.UserByID(tx, a.UserID)
	if err != nil {
		return "", err //nolint:wrapcheck // a fault
	}
	by := audit.By(ctx)
	by.Kind, by.ID, by.Name = audit.MCPClient, a.ID, a.ClientName
	entry := audit.Entry{Action: audit.MCPAllowed, Subject: a.ID, ExternalUserID: u.ExternalID, Details: map[string]any{"client_id": a.ClientID, "client": a.ClientName, "scopes": r.Scopes, "redirect": r.RedirectURI}}
	if err := audit.Record(tx.WithContext(audit.With(ctx, by)), now, entry); err != nil {
		return "", err //nolint:wrapcheck // says what it did
	}
	return s.back(r.RedirectURI, r.State, "code", code), nil
}

// Target says for people where a client was answered, when it was allowed something.
func (a *Authorization) Target() string {
	people, _, err := target(a.RedirectURI)
	if err != nil {
		return a.RedirectURI // it was read when it was allowed
	}
	return people
}

// target says where a redirect URI leads: for people, and for a page's policy.
func target(redirectURI string) (people, origin string, err error) {
	u, err := url.Parse(redirectURI)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("redirect uri: %w", err)
	case u.Scheme != "http" && u.Scheme != "https":
		return u.Scheme + ":", u.Scheme + ":", nil
	case strings.Contains(u.Host, "["): // policies know no IPv6
		return u.Host, u.Scheme + ":", nil
	}
	return u.Host, u.Scheme + "://" + u.Host, nil
}
