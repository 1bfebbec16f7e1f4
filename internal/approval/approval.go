// Package approval has users approve what an agent is about to do for them. An
// approval is bound to exactly what was asked: the same caller, user, tool, account and
// arguments. It is good once, and for a while. It is used up before the tool is run,
// so that whatever dies on the way, nothing is done twice for it; the run has it as its
// idempotency key, so that who lost the answer is told what came of it.
package approval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of this package.
var (
	// ErrUnable refuses a call whose client cannot ask its user.
	ErrUnable = fault.New(fault.Forbidden, "approval_required", "The user has to approve this before it is done, and this program cannot ask them (elicitation in form mode). Nothing was done.")
	// ErrDeclined refuses a call that the user does not want.
	ErrDeclined = fault.New(fault.Forbidden, "approval_declined", "The user does not want this to be done. Nothing was done.")
	// ErrCanceled refuses a call that the user did not decide on.
	ErrCanceled = fault.New(fault.Forbidden, "approval_canceled", "The user was asked and did not decide. Nothing was done.")
	// ErrInvalid refuses an approval that is not good for the call.
	ErrInvalid = fault.New(fault.Forbidden, "approval_invalid", "The approval was used, is over, or is for another call. Nothing was done. Call the tool again without it to ask anew.")
)

// ErrUsed says that the user approved exactly this call, and that it was made before:
// what came of it is told by the run whose key the approval is.
var ErrUsed = fault.New(fault.Conflict, "approval_used", "The approval was used for this call before.")

// Life is how long the user may take.
const Life = 10 * time.Minute

// keep is how long what is over is kept, for who looks into what happened.
const keep = 24 * time.Hour

// Answer is what a user says.
type Answer string

// The answers.
const (
	Approved Answer = "approved"
	Declined Answer = "declined"
	Canceled Answer = "canceled" // they said neither
)

// Call is what is to be approved.
type Call struct {
	Key, Version   string // of the action
	ExternalUserID string
	AccountID      string
	Configured     map[string]any // what is filled in
	ArgumentsHash  string         // of it, as the run's
}

// Needed reports whether an action has to be approved. What is not told of an action is
// taken for the worst.
func Needed(p project.Approval, e *component.Effect) bool {
	switch {
	case p == project.ApproveNone || e != nil && e.ReadOnly:
		return false
	case p == project.ApproveWrites:
		return true
	}
	return e == nil || e.Destructive
}

// approval is one question and its answer.
type approval struct {
	ID            string // tap_…
	ComponentKey  string
	ArgumentsHash string
	Bound         string
	Status        string
	CreatedAt     time.Time
	ExpiresAt     time.Time
	DecidedAt     *time.Time
}

func (approval) TableName() string { return "tool_approvals" }

// bound is the hash of all that an approval is for.
func (c *Call) bound(by audit.Actor) string {
	all, _ := json.Marshal([]any{by.Kind, by.ID, c.ExternalUserID, c.Key, c.Version, c.AccountID, c.Configured}) // it came from JSON
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

// Service keeps approvals.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

// Ask writes down that a user is asked for a call, and returns by what the answer names it.
func (s *Service) Ask(ctx context.Context, scope tenant.Scope, c *Call) (approvalID string, err error) {
	now := s.Now()
	a := &approval{ID: id.New("tap"), ComponentKey: c.Key, ArgumentsHash: c.ArgumentsHash, Bound: c.bound(audit.By(ctx)), Status: "asked", CreatedAt: now, ExpiresAt: now.Add(Life)}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		err := tx.Exec("DELETE FROM tool_approvals WHERE id IN (SELECT id FROM tool_approvals WHERE expires_at < ? LIMIT 100 FOR UPDATE SKIP LOCKED)", now.Add(-keep)).Error
		if err == nil {
			err = tx.Create(a).Error
		}
		if err != nil {
			return fmt.Errorf("insert tool approval: %w", err)
		}
		return nil
	})
	return a.ID, err
}

// Decide takes the user's answer to a question, once. It returns nil where they
// approved exactly this call: whoever calls does it now, or never. For as long as the
// approval is good, the same call is ErrUsed from then on.
func (s *Service) Decide(ctx context.Context, scope tenant.Scope, approvalID string, c *Call, said Answer) error {
	action := audit.ToolDeclined
	if said == Approved {
		action = audit.ToolApproved
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		now := s.Now()
		res := tx.Model(&approval{}).Where("id = ? AND status = 'asked' AND expires_at > ? AND bound = ?", approvalID, now, c.bound(audit.By(ctx))).
			Updates(map[string]any{"status": said, "decided_at": now})
		if err := db.Affected(res, ErrInvalid); err != nil {
			if said != Approved || !errors.Is(err, ErrInvalid) {
				return err
			}
			return used(tx, approvalID, c.bound(audit.By(ctx)), now)
		}
		return audit.Record(tx, now, audit.Entry{Action: action, Subject: approvalID, ExternalUserID: c.ExternalUserID, Details: map[string]any{
			"component_id": c.Key, "version": c.Version, "account_id": c.AccountID, "arguments_hash": c.ArgumentsHash, "answer": said,
		}})
	})
	switch {
	case err != nil:
		return err
	case said == Declined:
		return ErrDeclined
	case said == Canceled:
		return ErrCanceled
	}
	return nil
}

// used is ErrUsed where the approval was used for the very same call, else ErrInvalid.
func used(tx *gorm.DB, approvalID, bound string, now time.Time) error {
	var n int64
	if err := tx.Model(&approval{}).Where("id = ? AND status = ? AND expires_at > ? AND bound = ?", approvalID, Approved, now, bound).Count(&n).Error; err != nil {
		return fmt.Errorf("look at tool approval: %w", err)
	}
	if n == 0 {
		return ErrInvalid
	}
	return ErrUsed
}
