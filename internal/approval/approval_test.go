package approval_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/approval"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Which actions a policy is about.
func TestNeeded(t *testing.T) {
	t.Parallel()
	read, write, destroy := &component.Effect{ReadOnly: true}, &component.Effect{}, &component.Effect{Destructive: true}
	tests := map[string]struct {
		policy project.Approval
		effect *component.Effect
		want   bool
	}{
		"none, what destroys":           {project.ApproveNone, destroy, false},
		"none, what is not told":        {project.ApproveNone, nil, false},
		"destructive, what destroys":    {project.ApproveDestructive, destroy, true},
		"destructive, what writes":      {project.ApproveDestructive, write, false},
		"destructive, what reads":       {project.ApproveDestructive, read, false},
		"destructive, what is not told": {project.ApproveDestructive, nil, true},
		"writes, what destroys":         {project.ApproveWrites, destroy, true},
		"writes, what writes":           {project.ApproveWrites, write, true},
		"writes, what reads":            {project.ApproveWrites, read, false},
		"writes, what is not told":      {project.ApproveWrites, nil, true},
	}
	for name, tt := range tests {
		if got := approval.Needed(tt.policy, tt.effect); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An approval is good once, for a while, for whom and for what was asked, and there alone.
func TestDecide(t *testing.T) {
	t.Parallel()
	d, clock := testkit.DB(t), testkit.NewClock()
	scope, stranger := testkit.Scope(t, d), testkit.Scope(t, d)
	s := &approval.Service{DB: d, Now: clock.Now}
	ctx := audit.With(t.Context(), audit.Actor{Kind: audit.Client, ID: "cli_1"})
	call := func(change func(c *approval.Call)) *approval.Call {
		c := &approval.Call{Key: "k", Version: "1", ExternalUserID: "ada", AccountID: "apn_1", Configured: map[string]any{"a": 1.0, "b": "x"}, ArgumentsHash: "h"}
		if change != nil {
			change(c)
		}
		return c
	}
	ask := func() string {
		t.Helper()
		asked, err := s.Ask(ctx, scope, call(nil))
		if err != nil {
			t.Fatal(err)
		}
		return asked
	}
	asked := ask()
	others := map[string]*approval.Call{
		"another argument":  call(func(c *approval.Call) { c.Configured = map[string]any{"a": 2.0, "b": "x"} }),
		"one argument more": call(func(c *approval.Call) { c.Configured["c"] = nil }),
		"another user":      call(func(c *approval.Call) { c.ExternalUserID = "bob" }),
		"another account":   call(func(c *approval.Call) { c.AccountID = "apn_2" }),
		"another tool":      call(func(c *approval.Call) { c.Key = "l" }),
		"another version":   call(func(c *approval.Call) { c.Version = "2" }),
	}
	for name, c := range others {
		if err := s.Decide(ctx, scope, asked, c, approval.Approved); !errors.Is(err, approval.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Decide(audit.With(ctx, audit.Actor{Kind: audit.Client, ID: "cli_2"}), scope, asked, call(nil), approval.Approved); !errors.Is(err, approval.ErrInvalid) {
		t.Errorf("another caller: %v", err)
	}
	if err := s.Decide(ctx, stranger, asked, call(nil), approval.Approved); !errors.Is(err, approval.ErrInvalid) {
		t.Errorf("another tenant: %v", err)
	}
	if err := s.Decide(ctx, scope, "tap_of_nobody", call(nil), approval.Approved); !errors.Is(err, approval.ErrInvalid) {
		t.Errorf("one that there is not: %v", err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = s.Decide(ctx, scope, asked, call(nil), approval.Approved) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if !errors.Is(err, approval.ErrUsed) {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("it was good %d times", good)
	}
	for name, c := range others {
		if err := s.Decide(ctx, scope, asked, c, approval.Approved); !errors.Is(err, approval.ErrInvalid) {
			t.Errorf("%s, when it was used: %v", name, err)
		}
	}
	if err := s.Decide(ctx, scope, asked, call(nil), approval.Declined); !errors.Is(err, approval.ErrInvalid) {
		t.Errorf("a user who thinks otherwise when it is done: %v", err)
	}

	late := ask()
	clock.Pass(approval.Life)
	if err := s.Decide(ctx, scope, late, call(nil), approval.Approved); !errors.Is(err, approval.ErrInvalid) {
		t.Errorf("one that is over: %v", err)
	}
	for said, want := range map[approval.Answer]error{approval.Declined: approval.ErrDeclined, approval.Canceled: approval.ErrCanceled} {
		asked := ask()
		if err := s.Decide(ctx, scope, asked, call(nil), said); !errors.Is(err, want) {
			t.Errorf("%s: %v", said, err)
		}
		if err := s.Decide(ctx, scope, asked, call(nil), approval.Approved); !errors.Is(err, approval.ErrInvalid) {
			t.Errorf("approved after %s: %v", said, err)
		}
	}

	clock.Pass(48 * time.Hour)
	ask()
	var left int64
	if err := d.In(ctx, scope, func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM tool_approvals").Scan(&left).Error }); err != nil || left != 1 {
		t.Errorf("%d are left, %v", left, err)
	}
}
