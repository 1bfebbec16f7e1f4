package blob

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Key names a blob. It begins with whose the blob is, and only NewKey,
// WorkspaceKey, ParseKey and AnyKey make one, so that no name of a tenant's choice leads to another's.
type Key struct{ text string }

// part is what stands between two slashes: no way up, and no hidden file.
var part = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$`)

// NewKey names a blob of an environment: its kind, such as events, and its name there.
func NewKey(scope tenant.Scope, kind, name string) (Key, error) {
	parts := []string{scope.Project(), scope.Environment(), kind, name}
	for _, p := range parts {
		if !part.MatchString(p) {
			return Key{}, fmt.Errorf("blob: %q cannot be a part of a key", p)
		}
	}
	return Key{strings.Join(parts, "/")}, nil
}

// WorkspaceKey names a blob of a whole workspace. No environment has a key of this
// form.
func WorkspaceKey(workspaceID, kind, name string) (Key, error) {
	parts := []string{workspaceID, kind, name}
	for _, p := range parts {
		if !part.MatchString(p) {
			return Key{}, fmt.Errorf("blob: %q cannot be a part of a key", p)
		}
	}
	return Key{strings.Join(parts, "/")}, nil
}

// ParseKey reads a key that was written down, for the environment that it
// belongs to and for no other.
func ParseKey(scope tenant.Scope, text string) (Key, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 4 || parts[0] != scope.Project() || parts[1] != scope.Environment() {
		return Key{}, fmt.Errorf("blob: %q is no key of environment %s", text, scope.Environment())
	}
	return NewKey(scope, parts[2], parts[3])
}

// AnyKey reads a key that was written down, whoever's it is: for who copies all that
// an installation has.
func AnyKey(text string) (Key, error) {
	parts := strings.Split(text, "/")
	for _, p := range parts {
		if !part.MatchString(p) {
			return Key{}, fmt.Errorf("blob: %q is no key", text)
		}
	}
	if len(parts) != 3 && len(parts) != 4 {
		return Key{}, fmt.Errorf("blob: %q is no key", text)
	}
	return Key{text}, nil
}

// String is the key as it is written down.
func (k Key) String() string { return k.text }
