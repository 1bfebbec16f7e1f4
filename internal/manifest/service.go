package manifest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Service applies documents.
type Service struct {
	DB         *db.DB
	Components func(ctx context.Context, projectID string) (*component.Registry, error) // that a project has
	Now        func() time.Time
}

// errTakenBack ends the transaction of a plan.
var errTakenBack = errors.New("only a plan")

// Apply makes the workflows of a project what documents say, all of them or none.
// What they read of variables and accounts is looked for in the scope's
// environment. A plan is the same, taken back: what it says is what would be done.
func (s *Service) Apply(ctx context.Context, scope tenant.Scope, w Wish) (*Plan, error) {
	w.Message = strings.TrimSpace(w.Message)
	switch {
	case len(w.Documents) == 0 || len(w.Documents) > MostDocuments:
		return nil, ErrDocuments
	case utf8.RuneCountInString(w.Message) > maxMessage:
		return nil, ErrMessage
	}
	items, problems, err := read(w.Documents)
	if err != nil {
		return nil, err
	}
	known, err := s.Components(ctx, scope.Project())
	if err != nil {
		return nil, err
	}
	p := &Plan{Items: items, Problems: problems}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := p.make(tx, scope, known, &w, audit.By(ctx).Label(), s.Now()); err != nil {
			return err
		}
		if w.Dry || len(p.Problems) > 0 {
			return errTakenBack
		}
		if n := p.Changes(); n > 0 {
			details := map[string]any{"changed": n, "deployed": !w.Drafts}
			return audit.Record(tx, s.Now(), audit.Entry{Action: audit.WorkflowsApplied, Subject: scope.Project(), Details: details})
		}
		return nil
	})
	switch {
	case err == nil:
		p.Applied = true
	case !errors.Is(err, errTakenBack):
		return nil, err
	case !w.Dry:
		return nil, p.refusal()
	}
	for i := range p.Items {
		if it := &p.Items[i]; !p.Applied && it.was == nil { // what it would be called is not known yet
			it.WorkflowID = ""
		}
	}
	return p, nil
}

func (p *Plan) refusal() error {
	first, more := p.Problems[0], ""
	if n := len(p.Problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fault.New(ErrNotApplied.Kind, ErrNotApplied.Code, "Nothing was applied: %s: %s%s", first.File, first.Text, more).With(map[string]any{"problems": p.Problems})
}

// make does it all within tx.
func (p *Plan) make(tx *gorm.DB, scope tenant.Scope, known *component.Registry, w *Wish, author string, now time.Time) error {
	// Two at once come one after the other, so that each sees what the other made.
	if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('workflows|' || ?, 0))", scope.Project()).Error; err != nil {
		return fmt.Errorf("wait for others: %w", err)
	}
	there, err := load(tx)
	if err != nil {
		return err
	}
	there.find(p.Items)
	missing, err := p.missing(tx, there, known, scope.EnvironmentName())
	if err != nil {
		return err
	}
	if !w.Anyway {
		p.Problems = append(p.Problems, missing...)
	}
	for _, step := range []func(*gorm.DB, *Item, *Wish, string, time.Time) error{edit, deploy} {
		for i := range p.Items {
			it := &p.Items[i]
			err := step(tx, it, w, author, now)
			if f, ok := errors.AsType[*fault.Error](err); ok {
				p.Problems = append(p.Problems, problem(it.File, "", f.Code, f.Message))
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	if w.Prune && len(p.Problems) == 0 {
		return p.prune(tx, there)
	}
	return nil
}

// edit makes the draft what the document says.
func edit(tx *gorm.DB, it *Item, w *Wish, _ string, now time.Time) error {
	it.Changes, it.Notes = []workflow.Change{}, []string{}
	if it.was == nil {
		v, err := workflow.Add(tx, it.doc, now)
		if err != nil {
			return err //nolint:wrapcheck // of our own
		}
		it.Does, it.WorkflowID = Create, v.ID
		if it.doc.HTTP().Auth == workflow.AuthBearer {
			it.Notes = append(it.Notes, "make its bearer token when it is there: in the console, or by regenerate_bearer_token")
		}
		return nil
	}
	it.WorkflowID = it.was.ID
	if err := it.compare(tx, w.Drafts); err != nil || it.Does == Unchanged {
		return err
	}
	_, err := workflow.Edit(tx, it.was.ID, it.doc, now)
	return err //nolint:wrapcheck // of our own
}

// compare says in what a document differs from the workflow that there is: from
// what runs, unless only drafts are spoken of.
func (it *Item) compare(tx *gorm.DB, drafts bool) error {
	before := &it.was.Draft
	deployed := it.was.Version > 0
	if deployed && !drafts {
		var err error
		if before, err = workflow.AtVersion(tx, it.was.ID, it.was.Version); err != nil {
			return err //nolint:wrapcheck // of our own
		}
	}
	changes, err := workflow.Diff(before, it.doc)
	if err != nil {
		return err //nolint:wrapcheck // of our own
	}
	edited, err := workflow.Diff(&it.was.Draft, before)
	if err != nil {
		return err //nolint:wrapcheck // of our own
	}
	note := func(is bool, text string) {
		if is {
			it.Notes = append(it.Notes, text)
		}
	}
	it.Changes = append(it.Changes, changes...)
	if len(changes) == 0 && (deployed || drafts) {
		it.Does = Unchanged
		note(len(edited) > 0, "its draft has changes that were not deployed")
		note(deployed && !it.was.Active, "it is switched off")
		return nil
	}
	it.Does = Change
	note(!deployed && !drafts, "it was never deployed")
	note(len(edited) > 0, "a draft that was not deployed is replaced")
	note(deployed && !it.was.Active && !drafts, "it stays switched off")
	note(it.was.CanaryVersion > 0 && !drafts, "its canary ends")
	return nil
}

// deploy has the drafts run that edit changed, and says how ready what runs is.
func deploy(tx *gorm.DB, it *Item, w *Wish, author string, now time.Time) error {
	if it.Does == "" { // it could not be edited
		return nil
	}
	if it.Does != Unchanged && !w.Drafts {
		if _, err := workflow.Promote(tx, it.WorkflowID, w.Message, author, now); err != nil {
			return err //nolint:wrapcheck // of our own
		}
	}
	v, err := db.One[workflow.Workflow](tx.Where("id = ?", it.WorkflowID), workflow.ErrNotFound)
	if err != nil {
		return err //nolint:wrapcheck // of our own
	}
	it.Version = v.Version
	it.Score, it.Checks, err = workflow.Ready(tx, v)
	return err //nolint:wrapcheck // of our own
}

// prune deletes the workflows that have a key and no document. Those without a key
// were made by hand.
func (p *Plan) prune(tx *gorm.DB, all project) error {
	kept := map[string]bool{}
	for i := range p.Items {
		kept[p.Items[i].WorkflowID] = true
	}
	for i := range all {
		w := &all[i]
		if w.Key == nil || kept[w.ID] {
			continue
		}
		if err := workflow.Remove(tx, w.ID); err != nil {
			return err //nolint:wrapcheck // of our own
		}
		p.Items = append(p.Items, Item{
			Key: *w.Key, Name: w.Name, WorkflowID: w.ID, Does: Delete, Version: w.Version, was: w,
			Changes: []workflow.Change{}, Notes: []string{"its versions and runs go with it"},
		})
	}
	return nil
}
