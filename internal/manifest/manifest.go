// Package manifest holds sets of workflows that are written as documents, as they
// lie in a folder: what a project would become by them, and that it does.
package manifest

import (
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// What may be brought at once.
const (
	MostDocuments = 500
	maxMessage    = 500
)

// Faults of this package.
var (
	ErrDocuments  = fault.New(fault.Invalid, "workflow_documents", "There are between 1 and %d documents.", MostDocuments)
	ErrMessage    = fault.New(fault.Invalid, "message", "A message has at most %d characters.", maxMessage).At("message")
	ErrNotApplied = fault.New(fault.Invalid, "workflows_not_applied", "Nothing was applied.")
)

// Document is a workflow's definition as somebody wrote it.
type Document struct {
	File   string // its name: without the extension it is the key of a definition that has none
	Source string // YAML or JSON
}

// Wish is what is to be done with documents.
type Wish struct {
	Documents []Document
	Dry       bool // it is only said what would be done
	Drafts    bool // they become drafts, and nothing is deployed
	Prune     bool // workflows that have a key, and no document, are deleted
	Anyway    bool // variables, accounts and components that are missing are no problem
	Message   string
}

// What is done with a workflow.
const (
	Create    = "create"
	Change    = "change"
	Unchanged = "unchanged"
	Delete    = "delete"
)

// Plan is what is done with the workflows of a project, or would be. It is not
// done if there is any problem.
type Plan struct {
	Applied  bool
	Items    []Item // in the order of the documents; deletions come last
	Problems []Problem
}

// Item is what is done with one workflow.
type Item struct {
	File       string // "" = it is deleted
	Key        string
	Name       string
	WorkflowID string // "" = it is not made yet
	Does       string
	Changes    []workflow.Change
	Version    int // the running one, afterwards; 0 = none
	Score      int // of its readiness, in percent
	Checks     []workflow.Check
	Notes      []string

	was *workflow.Workflow
	doc *workflow.Definition
}

// Problem is what is wrong with a document, or missing for it.
type Problem struct {
	File string `json:"file"`
	workflow.Problem
}

// The codes of problems that a document alone does not have.
const (
	BadKey       = "key"
	SameKey      = "key_taken"
	NoVariable   = "variable_missing"
	NoAccount    = "account_missing"
	WrongAccount = "account_of_another_app"
	NoWorkflow   = "workflow_missing"
	NoComponent  = "component_missing"
)

// Changes is how many workflows are not as their documents say.
func (p *Plan) Changes() (n int) {
	for i := range p.Items {
		if p.Items[i].Does != Unchanged {
			n++
		}
	}
	return n
}
