// Package tenant names whose data a piece of work may touch.
package tenant

// The names of the two environments that every project has.
const (
	Development = "development"
	Production  = "production"
)

// Scope is one environment of one project. Its fields are hidden so that a
// scope is made in three places only: where a request is authenticated, where
// a hosted page or an endpoint is looked up by its secret or public id, and
// where a queued task is read back. The zero Scope opens nothing.
type Scope struct{ project, environment, name string }

// NewScope returns the scope of an environment: the ids of the project and the
// environment, and the environment's name.
func NewScope(project, environment, name string) Scope { return Scope{project, environment, name} }

// Project returns the project's id.
func (s Scope) Project() string { return s.project }

// Environment returns the environment's id.
func (s Scope) Environment() string { return s.environment }

// EnvironmentName returns "development" or "production".
func (s Scope) EnvironmentName() string { return s.name }

// Valid reports whether the scope names an environment.
func (s Scope) Valid() bool { return s.project != "" && s.environment != "" }
