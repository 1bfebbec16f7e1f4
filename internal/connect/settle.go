package connect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// try is a flow at work: whose it is, what it is for, and what came back.
type try struct {
	f      *flow
	b      *Bearer
	apps   *catalog.Catalog
	app    *catalog.App
	auth   *catalog.Auth
	client *account.OAuthApp // nil for methods that take none
	sec    flowSecret
	held   held

	account *account.Account // how it ended, unless its user is asked
	failure *fault.Error

	marks []session.Mark // that are still to be recorded
}

// held is a grant on its way into an account. While its user is asked it lies
// sealed in the flow; see the flow's status.
type held struct {
	Grant     *account.Grant `json:"grant"`
	Reconnect string         `json:"reconnect,omitempty"` // the account that it goes into; "" = a new one
	Question  *Question      `json:"question,omitempty"`
	Less      bool           `json:"less,omitempty"`    // the user goes on with less than was asked for
	Another   bool           `json:"another,omitempty"` // another person may take the account's place
}

// The kinds of questions.
const (
	AskChoice   = "choice"
	AskScopes   = "scopes"
	AskIdentity = "identity"
)

// Question is what only the user can settle before an account is saved.
type Question struct {
	Kind        string
	Pick        *provider.Pick // of a choice
	Missing     []Power        // of scopes: what was not allowed
	MayContinue bool           // the user may go on without
	Expected    string         // of an identity: who was connected
	Got         string         // and who came back
	MayReplace  bool
}

// reason is why a flow ends whose question is not answered.
func (q *Question) reason(otherwise *fault.Error) *fault.Error {
	switch q.Kind {
	case AskScopes:
		return refusedScopes(q.Missing)
	case AskIdentity:
		return account.ErrIdentity
	default:
		return otherwise
	}
}

// run goes on with a try until its account is saved, its user has to be asked,
// or it has failed, which is written and told. Only an outage while that is
// written is an error: the flow is then swept.
func (s *Service) run(ctx context.Context, t *try) error {
	q, err := s.settle(ctx, t)
	if err == nil && q != nil {
		t.held.Question = q
		err = s.hold(ctx, t)
	}
	if err == nil {
		return nil
	}
	return s.failed(ctx, t, err)
}

// failed ends a try that came to nothing.
func (s *Service) failed(ctx context.Context, t *try, err error) error {
	t.failure = fault.Of(err)
	if t.failure.Kind == fault.Internal {
		slog.ErrorContext(ctx, "connect failed", "flow", t.f.ID, "error", err)
		t.failure = ErrFailed.Because(err)
	}
	slog.InfoContext(ctx, "connect refused", "flow", t.f.ID, "code", t.failure.Code, "error", err)
	var after aftermath
	err = s.DB.In(ctx, t.b.Scope, func(tx *gorm.DB) (err error) {
		after, err = s.end(tx, t, t.failure, telemetry.Of(ctx, "request_id"))
		return err
	})
	if errors.Is(err, ErrSession) { // it was taken for dead meanwhile, and ended
		err = s.DB.In(ctx, t.b.Scope, func(tx *gorm.DB) (err error) {
			after.revocations, err = s.discard(tx, t)
			return err
		})
	}
	s.nudge(ctx, t.b, after)
	return err
}

// settle does what is to be done with a grant, one thing after the other, and
// saves the account. It returns what its user has to be asked first, or nil.
func (s *Service) settle(ctx context.Context, t *try) (*Question, error) {
	g := t.held.Grant
	if missing := t.auth.Scopes.Missing(g.Scopes, t.sec.Scopes); t.auth.Scopes.Granted.Exact && !t.held.Less && len(missing) > 0 {
		return &Question{Kind: AskScopes, Missing: powersOf(t.auth, missing), MayContinue: t.b.AllowProgressiveScopes}, nil
	}
	var old *account.Account
	like := map[string]string{}
	if t.held.Reconnect != "" {
		err := s.DB.In(ctx, t.b.Scope, func(tx *gorm.DB) (err error) {
			old, err = reconnected(tx, t.b, t.app, t.held.Reconnect)
			return err
		})
		if err != nil {
			return nil, err
		}
		like = old.Vars
	}
	pick, err := s.Accounts.Complete(ctx, t.app, t.auth, t.client, g, like, true)
	switch {
	case err != nil && !t.mayFail(err):
		return nil, err
	case pick != nil:
		return &Question{Kind: AskChoice, Pick: pick}, nil
	case old != nil && !t.held.Another && old.IdentityID != nil && g.Identity.ID != "" && *old.IdentityID != g.Identity.ID:
		was := Mine{Account: old, App: t.app}
		return &Question{Kind: AskIdentity, Expected: was.Title(), Got: cmp.Or(g.Identity.Name, g.Identity.ID), MayReplace: t.b.AllowIdentityChange}, nil
	}
	t.saw(session.Mark{Name: "tested"})
	g.AnyIdentity = t.held.Another && t.b.AllowIdentityChange
	var clientID *string
	if t.client != nil {
		clientID = &t.client.ID
	}
	t.account, err = s.save(ctx, t.b, t.f.session(), t.app, t.auth.ID, clientID, t.held.Reconnect, "", t.sec.Token, g, func(tx *gorm.DB, a *account.Account) error {
		if err := s.note(tx, t.f, t.written(session.Mark{Name: "succeeded", AccountID: a.ID, Detail: a.ID})...); err != nil {
			return err
		}
		return t.f.move(tx, exchanging, map[string]any{"status": succeeded, "account_id": a.ID, "held": nil})
	})
	return nil, err
}

// mayFail reports whether an account is saved although its test failed: of keys,
// where the project does not ask for the test.
func (t *try) mayFail(err error) bool {
	return !t.auth.Redirects() && !t.b.Project.ConnectRequireKeyAuthTest && errors.Is(err, account.ErrTest)
}

// hold keeps a grant while its user is asked.
func (s *Service) hold(ctx context.Context, t *try) error {
	sealed, err := s.sealHeld(t)
	if err != nil {
		return err
	}
	return s.DB.In(ctx, t.b.Scope, func(tx *gorm.DB) error {
		if err := s.note(tx, t.f, t.written(session.Mark{Name: "asked", Detail: t.held.Question.Kind})...); err != nil {
			return err
		}
		return t.f.move(tx, exchanging, map[string]any{"status": asking, "held": sealed, "expires_at": s.Now().Add(flowLife)})
	})
}

func (s *Service) sealHeld(t *try) ([]byte, error) {
	plain, err := json.Marshal(&t.held)
	if err != nil {
		return nil, fmt.Errorf("encode grant: %w", err)
	}
	return s.Box.Seal(plain, heldAssociated(t.f.ID))
}

// unseal reads what a flow keeps.
func (s *Service) unseal(t *try) error {
	for _, part := range []struct {
		sealed     []byte
		associated string
		into       any
	}{{t.f.Secret, flowAssociated(t.f.ID), &t.sec}, {t.f.Held, heldAssociated(t.f.ID), &t.held}} {
		if part.sealed == nil {
			continue
		}
		plain, err := s.Box.Open(part.sealed, part.associated)
		if err != nil {
			return fmt.Errorf("open flow: %w", err)
		}
		if err := json.Unmarshal(plain, part.into); err != nil {
			return fmt.Errorf("decode flow: %w", err)
		}
	}
	return nil
}

// move changes a flow that still has the status, or returns ErrSession. It is
// the one place in which flows go on.
func (f *flow) move(tx *gorm.DB, from flowStatus, set map[string]any) error {
	return db.Affected(tx.Model(&flow{}).Where("id = ? AND status = ?", f.ID, from).Updates(set), ErrSession)
}

// session is what events name a flow by: the opening of the page, if it is known.
func (f *flow) session() string {
	if f.SessionID != nil {
		return *f.SessionID
	}
	return f.ID
}

// end writes that a try failed, tells of it, and has a grant revoked that came
// of it. It is of the flow's present status; another's end is ErrSession.
func (s *Service) end(tx *gorm.DB, t *try, why *fault.Error, requestID string) (after aftermath, err error) {
	err = t.f.move(tx, t.f.Status, map[string]any{"status": failed, "error": why.Message, "code": why.Code, "request_id": requestID, "held": nil})
	if err != nil {
		return after, err
	}
	if err := s.note(tx, t.f, t.written(failing(why))...); err != nil {
		return after, err
	}
	if after.revocations, err = s.discard(tx, t); err != nil {
		return after, err
	}
	after.endpoints, err = s.emitError(tx, t.b, t.f.session(), t.sec.Token, why)
	return after, err
}

// discard has a grant revoked that no account came of.
func (s *Service) discard(tx *gorm.DB, t *try) ([]string, error) {
	if t.held.Grant == nil || t.auth == nil {
		return nil, nil
	}
	a := &account.Account{ID: t.f.ID, UserID: t.b.UserID, ExternalID: t.b.ExternalUserID, App: t.f.App, Auth: t.auth.ID, OauthAppID: t.f.OauthAppID}
	return s.Accounts.Discard(tx, t.b.Scope, t.apps, t.auth, a, t.held.Grant)
}

// aftermath is what is done after the commit.
type aftermath struct{ endpoints, revocations []string }

func (a *aftermath) add(b aftermath) {
	a.endpoints, a.revocations = append(a.endpoints, b.endpoints...), append(a.revocations, b.revocations...)
}

func (s *Service) nudge(ctx context.Context, b *Bearer, a aftermath) {
	s.Webhooks.Nudge(ctx, b.Scope, a.endpoints)
	s.Accounts.RevokeSoon(ctx, b.Scope, a.revocations)
}

// Answer is a user's answer to a question.
type Answer struct {
	Choice   string // the value of an option
	Continue bool   // with less than was asked for
	Identity string // replace | add
}

// take puts an answer in, or says why it is none.
func (h *held) take(a Answer) error {
	switch q := h.Question; {
	case q.Kind == AskChoice:
		o, ok := q.Pick.Option(a.Choice)
		if !ok {
			return ErrAnswer
		}
		maps.Copy(h.Grant.Vars, o.Vars)
	case q.Kind == AskScopes && !a.Continue:
		return ErrAnswer
	case q.Kind == AskScopes && !q.MayContinue:
		return refusedScopes(q.Missing)
	case q.Kind == AskScopes:
		h.Less = true
	case a.Identity == "replace" && !q.MayReplace:
		return account.ErrIdentity
	case a.Identity == "replace":
		h.Another = true
	case a.Identity == "add":
		h.Reconnect = ""
	default:
		return ErrAnswer
	}
	h.Question = nil
	return nil
}
