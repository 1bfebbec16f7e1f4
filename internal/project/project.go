// Package project holds projects and their two environments.
package project

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrNotFound is returned for a project that the workspace does not have.
var ErrNotFound = fault.New(fault.NotFound, "project_not_found", "There is no such project.")

// ErrErrorWorkflow is returned for an error workflow that the project does not have.
var ErrErrorWorkflow = fault.New(fault.Invalid, "error_workflow", "error_workflow_id is the id of one of the project's workflows.").At("error_workflow_id")

// Project is one product of a workspace whose users connect accounts. Below it
// everything is separated by environment.
type Project struct {
	ID                        string
	WorkspaceID               string
	Name                      string
	AppName                   *string // what users see; nil = Name
	SupportEmail              *string
	ConnectRequireKeyAuthTest bool          // whether keys are tried before they are saved
	WorkflowsInProduction     bool          // whether workflows may run for users in production
	ProxyHosts                []string      `gorm:"serializer:json"` // where calls through the proxy may go, among an app's own hosts; empty = to all of these
	ProxyLogBodies            bool          // whether the bodies of such calls are kept in the request log
	ActionLogValues           bool          // whether the log of actions keeps what went in and what came out
	RunKeepDays               int           // how long runs that are over are kept; 0 = as the installation says
	RunKeepMB                 int           // how much of runs is kept in both environments; 0 = any amount
	EventKeepDays             int           // how long events and deliveries that are over are kept, if that is less than the installation keeps them; 0 = as it does
	LogRedactions             []redact.Rule `gorm:"serializer:json"` // what is taken out of its logs before they are written
	LogKeepDays               int           // the same of requests through the proxy, runs of actions and connect sessions
	DevelopmentUsers          int           // how many users may have accounts in development; 0 = any number, -1 = as the installation says
	ErrorWorkflowID           *string       // the workflow that is told of failures of the others; nil = none
	CreatedAt                 time.Time
	UpdatedAt                 time.Time
}

// Title is the name that the project's users see.
func (p *Project) Title() string {
	if p.AppName != nil && *p.AppName != "" {
		return *p.AppName
	}
	return p.Name
}

type environment struct {
	ID        string
	ProjectID string
	Name      string
}

// Service keeps projects. A project belongs to a workspace, not to a tenant's
// environment, so each method names the workspace and checks it.
type Service struct {
	DB  *db.DB
	Now func() time.Time

	once   sync.Once
	places *expirable.LRU[[3]string, tenant.Scope]
	rules  *expirable.LRU[string, ProxyRules]
}

// Change is what Update changes: the fields that are not nil.
type Change struct {
	Name, AppName, SupportEmail                      *string
	ConnectRequireKeyAuthTest, WorkflowsInProduction *bool
	ProxyHosts                                       *[]string
	ProxyLogBodies, ActionLogValues                  *bool
	RunKeepDays, RunKeepMB                           *int
	EventKeepDays, LogKeepDays, DevelopmentUsers     *int
	LogRedactions                                    *[]redact.Rule
	ErrorWorkflowID                                  *string // "" = none
}

func (c Change) columns() map[string]any {
	set := map[string]any{}
	if c.Name != nil {
		set["name"] = *c.Name
	}
	if c.AppName != nil {
		set["app_name"] = gorm.Expr("NULLIF(?, '')", *c.AppName)
	}
	if c.SupportEmail != nil {
		set["support_email"] = gorm.Expr("NULLIF(?, '')", *c.SupportEmail)
	}
	if c.ConnectRequireKeyAuthTest != nil {
		set["connect_require_key_auth_test"] = *c.ConnectRequireKeyAuthTest
	}
	if c.WorkflowsInProduction != nil {
		set["workflows_in_production"] = *c.WorkflowsInProduction
	}
	if c.ProxyHosts != nil {
		hosts, _ := json.Marshal(append([]string{}, *c.ProxyHosts...)) // texts always marshal
		set["proxy_hosts"] = string(hosts)
	}
	if c.LogRedactions != nil {
		rules, _ := json.Marshal(append([]redact.Rule{}, *c.LogRedactions...)) // texts always marshal
		set["log_redactions"] = string(rules)
	}
	if c.ProxyLogBodies != nil {
		set["proxy_log_bodies"] = *c.ProxyLogBodies
	}
	if c.ActionLogValues != nil {
		set["action_log_values"] = *c.ActionLogValues
	}
	if c.RunKeepDays != nil {
		set["run_keep_days"] = *c.RunKeepDays
	}
	if c.RunKeepMB != nil {
		set["run_keep_mb"] = *c.RunKeepMB
	}
	for column, v := range map[string]*int{"event_keep_days": c.EventKeepDays, "log_keep_days": c.LogKeepDays, "development_users": c.DevelopmentUsers} {
		if v != nil {
			set[column] = *v
		}
	}
	if c.ErrorWorkflowID != nil {
		set["error_workflow_id"] = gorm.Expr("NULLIF(?, '')", *c.ErrorWorkflowID)
	}
	return set
}

// filled is a text that says something; nil = it is empty.
func filled(text *string) *string {
	if text != nil && *text == "" {
		return nil
	}
	return text
}

// Create makes a project with its environments.
func (s *Service) Create(ctx context.Context, workspaceID, name string, c Change) (*Project, error) {
	now := s.Now()
	p := &Project{ID: id.New("proj"), WorkspaceID: workspaceID, Name: name, AppName: filled(c.AppName), SupportEmail: filled(c.SupportEmail), WorkflowsInProduction: true, ProxyHosts: []string{}, LogRedactions: []redact.Rule{}, DevelopmentUsers: -1, CreatedAt: now, UpdatedAt: now}
	if c.ConnectRequireKeyAuthTest != nil {
		p.ConnectRequireKeyAuthTest = *c.ConnectRequireKeyAuthTest
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(p).Error; err != nil {
			return fmt.Errorf("insert project: %w", err)
		}
		for _, name := range []string{tenant.Development, tenant.Production} {
			if err := tx.Create(&environment{ID: id.New("env"), ProjectID: p.ID, Name: name}).Error; err != nil {
				return fmt.Errorf("insert environment: %w", err)
			}
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{ProjectID: p.ID, Action: audit.ProjectCreated, Subject: p.ID, Details: audit.Changes(nil, p.logged())})
	})
	return p, err
}

// List returns a workspace's projects whose name holds q; of these, where only is
// not nil, those that it names.
func (s *Service) List(ctx context.Context, workspaceID string, only []string, q string, c db.Cursor) (page *db.Page[Project], err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		query := tx.Where("workspace_id = ? AND deleted_at IS NULL", workspaceID)
		if only != nil {
			query = query.Where("id IN ?", only)
		}
		if q != "" {
			query = query.Where("strpos(lower(name), lower(?)) > 0", q)
		}
		page, err = db.List(query, c, func(p *Project) string { return p.ID })
		return err
	})
	return page, err
}

// Get returns a project of the workspace.
func (s *Service) Get(ctx context.Context, workspaceID, projectID string) (p *Project, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		p, err = db.One[Project](tx.Where("workspace_id = ? AND id = ? AND deleted_at IS NULL", workspaceID, projectID), ErrNotFound)
		return err
	})
	return p, err
}

// Update changes a project of the workspace. seen is when what the caller saw had
// been changed last.
func (s *Service) Update(ctx context.Context, workspaceID, projectID string, c Change, seen ...time.Time) (p *Project, err error) {
	if c.ProxyHosts != nil {
		if err := checkHosts(*c.ProxyHosts); err != nil {
			return nil, err
		}
	}
	if c.LogRedactions != nil {
		if _, err := redact.New(*c.LogRedactions); err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
	}
	defer func() { s.caches(); s.rules.Remove(projectID) }()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		set := c.columns()
		set["updated_at"] = s.Now()
		if err := checkErrorWorkflow(tx, workspaceID, projectID, c.ErrorWorkflowID); err != nil {
			return err
		}
		was, err := db.One[Project](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("workspace_id = ? AND id = ? AND deleted_at IS NULL", workspaceID, projectID), ErrNotFound)
		if err != nil {
			return err
		}
		if err := fault.Unchanged(was.UpdatedAt, seen...); err != nil {
			return err
		}
		res := tx.Model(&Project{}).Where("workspace_id = ? AND id = ? AND deleted_at IS NULL", workspaceID, projectID).Updates(set)
		if err := db.Affected(res, ErrNotFound); err != nil {
			return err
		}
		if p, err = db.One[Project](tx.Where("id = ?", projectID), ErrNotFound); err != nil {
			return err
		}
		return audit.RecordOf(tx, p.UpdatedAt, workspaceID, audit.Entry{ProjectID: p.ID, Action: audit.ProjectChanged, Subject: p.ID, Details: audit.Changes(was.logged(), p.logged())})
	})
	return p, err
}

// logged is what the audit log shows of a project.
func (p *Project) logged() audit.View {
	return audit.View{
		"name": p.Name, "app_name": p.AppName, "support_email": p.SupportEmail, "connect_require_key_auth_test": p.ConnectRequireKeyAuthTest,
		"workflows_in_production": p.WorkflowsInProduction, "proxy_hosts": p.ProxyHosts, "proxy_log_bodies": p.ProxyLogBodies, "action_log_values": p.ActionLogValues,
		"run_keep_days": p.RunKeepDays, "run_keep_mb": p.RunKeepMB, "event_keep_days": p.EventKeepDays, "log_keep_days": p.LogKeepDays, "development_users": p.DevelopmentUsers,
		"error_workflow_id": p.ErrorWorkflowID, "log_redactions": p.LogRedactions,
	}
}

// checkErrorWorkflow checks that a workflow is one of the workspace's project.
func checkErrorWorkflow(tx *gorm.DB, workspaceID, projectID string, workflowID *string) error {
	if workflowID == nil || *workflowID == "" {
		return nil
	}
	var there bool
	err := tx.Raw(`SELECT EXISTS (SELECT FROM workflows w JOIN projects p ON p.id = w.project_id WHERE w.id = ? AND p.id = ? AND p.workspace_id = ?)`,
		*workflowID, projectID, workspaceID).Scan(&there).Error
	if err != nil {
		return fmt.Errorf("find error workflow: %w", err)
	}
	if !there {
		return ErrErrorWorkflow
	}
	return nil
}

// Scope returns the scope of a project's environment, or ErrNotFound when the
// workspace has no such project.
func (s *Service) Scope(ctx context.Context, workspaceID, projectID, environmentName string) (scope tenant.Scope, err error) {
	err = s.DB.Look(ctx, func(tx *gorm.DB) error {
		q := tx.Joins("JOIN projects p ON p.id = environments.project_id AND p.workspace_id = ? AND p.deleted_at IS NULL", workspaceID).
			Where("environments.project_id = ? AND environments.name = ?", projectID, environmentName)
		e, err := db.One[environment](q, ErrNotFound)
		if err != nil {
			return err
		}
		scope = tenant.NewScope(e.ProjectID, e.ID, e.Name)
		return nil
	})
	return scope, err
}

// Find returns the scope of a project's environment for whoever runs the
// installation, whichever workspace the project is of. One that was deleted is not there.
func (s *Service) Find(ctx context.Context, projectID, environmentName string) (scope tenant.Scope, err error) {
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		e, err := db.One[environment](q.Where("project_id = ? AND name = ? AND EXISTS (SELECT FROM projects p WHERE p.id = environments.project_id AND p.deleted_at IS NULL)", projectID, environmentName), ErrNotFound)
		if err != nil {
			return err
		}
		scope = tenant.NewScope(e.ProjectID, e.ID, e.Name)
		return nil
	})
	return scope, err
}

// Current returns the project that tx is inside of.
func Current(tx *gorm.DB) (*Project, error) { return db.One[Project](tx, ErrNotFound) }
