// Package variable keeps what workflows read from env: settings and secrets of a
// workspace, of a project and of an environment. Of several with one name the
// nearest holds. All values are sealed; those of secrets are never shown again,
// and are taken out of whatever is kept of a run.
package variable

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of this package.
var (
	ErrNotFound    = fault.New(fault.NotFound, "variable_not_found", "There is no variable of this name at this level.")
	ErrName        = fault.New(fault.Invalid, "variable_name", "A name has up to 64 letters, digits and _, and does not begin with a digit.").At("name")
	ErrReserved    = fault.New(fault.Invalid, "variable_reserved", "Names that begin with PATCHBAY_ or LD_, and those of the system such as PATH, are not free.").At("name")
	ErrNoValue     = fault.New(fault.Invalid, "variable_value", "A new variable has a value.").At("value")
	ErrTooLarge    = fault.New(fault.TooLarge, "variable_too_large", "A value has at most %d KiB.", MaxValue>>10)
	ErrText        = fault.New(fault.Invalid, "variable_text", "A value is text in UTF-8, without a zero byte.").At("value")
	ErrShort       = fault.New(fault.Invalid, "variable_too_short", "A secret has at least %d bytes: a shorter one cannot be kept out of logs.", secret.Shortest).At("value")
	ErrDescription = fault.New(fault.Invalid, "variable_description", "A description has at most %d characters.", maxDescription).At("description")
	ErrShown       = fault.New(fault.Conflict, "variable_secret", "The variable is a secret, whose value is never shown. Give a value along to make it a plain one.").At("secret")
	ErrFull        = fault.New(fault.Conflict, "too_many_variables", "A workspace, a project and an environment have at most %d variables each.", maxEach)
)

// The limits of variables.
const (
	MaxValue       = 64 << 10 // bytes
	maxDescription = 500      // characters
	maxEach        = 500
)

// Level is what a variable belongs to.
type Level string

// The levels, from the farthest to the nearest.
const (
	Workspace   Level = "workspace"
	Project     Level = "project"
	Environment Level = "environment"
)

// Place is where a variable stands.
type Place struct {
	Level     Level
	Workspace string       // its id, at the level of a workspace
	Scope     tenant.Scope // at the other two
}

// Variable is a name and a value.
type Variable struct {
	ID            string
	WorkspaceID   *string // of the three owners it has one
	ProjectID     *string
	EnvironmentID *string
	Name          string
	Value         []byte // sealed
	Secret        bool
	Description   string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Level returns what the variable belongs to.
func (v *Variable) Level() Level {
	switch {
	case v.EnvironmentID != nil:
		return Environment
	case v.ProjectID != nil:
		return Project
	default:
		return Workspace
	}
}

func (v *Variable) owner() string {
	for _, of := range []*string{v.EnvironmentID, v.ProjectID, v.WorkspaceID} {
		if of != nil {
			return *of
		}
	}
	return ""
}

func (v *Variable) associated() string { return "variable|" + v.ID }

// Change is what Set does to a variable; what is nil stays, or is as it is by
// default: a new variable is a secret.
type Change struct {
	Value       *secret.Text
	Secret      *bool
	Description *string
	Seen        []time.Time // when what the caller saw had been changed last; the zero time = there was none
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// system are names by which programs are run.
var system = []string{"PATH", "HOME", "LANG", "TZ", "SHELL", "USER", "PWD", "TMPDIR", "INPUT", "EXPORTS", "NODE_OPTIONS", "NODE_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "BASH_ENV", "ENV", "IFS"}

// CheckName refuses a name that no variable can have.
func CheckName(s string) error {
	upper := strings.ToUpper(s)
	switch {
	case !name.MatchString(s):
		return ErrName
	case strings.HasPrefix(upper, "PATCHBAY_"), strings.HasPrefix(upper, "LD_"), slices.Contains(system, upper):
		return ErrReserved
	default:
		return nil
	}
}

// check refuses a value that cannot be held.
func check(value secret.Text, hidden bool) error {
	text := value.Reveal()
	switch {
	case len(text) > MaxValue:
		return ErrTooLarge
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return ErrText
	case hidden && len(text) < secret.Shortest:
		return ErrShort
	default:
		return nil
	}
}
