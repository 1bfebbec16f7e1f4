package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

const (
	maxName        = 120
	maxDescription = 4000
	maxSteps       = 100
	maxTriggers    = 20
)

var stepName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// invalid is a definition's fault: where it is, and what.
func invalid(where, format string, args ...any) error {
	return fault.New(fault.Invalid, "definition", "%s: %s", where, fmt.Sprintf(format, args...))
}

// ParseYAML reads a definition written in YAML.
func ParseYAML(src []byte) (*Definition, error) {
	doc, err := yaml.YAMLToJSON(src)
	if err != nil {
		return nil, invalid("yaml", "%s", firstLine(err))
	}
	return ParseJSON(doc)
}

// ParseJSON reads a definition and returns the first rule that it breaks.
func ParseJSON(src []byte) (*Definition, error) {
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	var d Definition
	if err := dec.Decode(&d); err != nil {
		return nil, invalid("definition", "%s", firstLine(err))
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, invalid("definition", "there is more than one document")
	}
	for i := range d.Triggers {
		t := &d.Triggers[i]
		if t.Name == "" {
			t.Name = t.Type
		}
		if t.Type == HTTP && t.Auth == "" {
			t.Auth = AuthOAuth
		}
	}
	return &d, d.check()
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(line, "json: ")
}

func (d *Definition) check() error {
	if n := utf8.RuneCountInString(d.Name); n == 0 || n > maxName {
		return invalid("name", "a name has 1 to %d characters", maxName)
	}
	if utf8.RuneCountInString(d.Description) > maxDescription {
		return invalid("description", "it has at most %d characters", maxDescription)
	}
	if err := d.checkTriggers(); err != nil {
		return err
	}
	if err := d.Settings.check(); err != nil {
		return err
	}
	if len(d.Steps) == 0 || len(d.Steps) > maxSteps {
		return invalid("steps", "a workflow has 1 to %d steps", maxSteps)
	}
	return checkList(d.Steps, "steps", 1, map[string]bool{})
}

func (d *Definition) checkTriggers() error {
	if len(d.Triggers) > maxTriggers {
		return invalid("triggers", "a workflow has at most %d triggers", maxTriggers)
	}
	names, http := map[string]bool{}, false
	for i, t := range d.Triggers {
		where := fmt.Sprintf("triggers[%d]", i)
		switch {
		case t.Type != HTTP:
			return invalid(where+".type", "%q is not a kind of trigger; http is", t.Type)
		case !stepName.MatchString(t.Name):
			return invalid(where+".name", "%q does not match %s", t.Name, stepName)
		case names[t.Name]:
			return invalid(where+".name", "%q is the name of an earlier trigger", t.Name)
		case http:
			return invalid(where+".type", "a workflow has one address, and so at most one http trigger")
		case !slices.Contains([]string{AuthNone, AuthBearer, AuthOAuth}, t.Auth):
			return invalid(where+".auth", "%q is not none, bearer or oauth", t.Auth)
		case !slices.Contains([]string{"", "development", "production"}, t.Environment):
			return invalid(where+".environment", "%q is not development or production", t.Environment)
		}
		names[t.Name], http = true, true
	}
	return nil
}

func (s *Settings) check() error {
	switch {
	case s == nil:
		return nil
	case utf8.RuneCountInString(s.Owner) > maxName:
		return invalid("settings.owner", "it has at most %d characters", maxName)
	case s.Runbook != "" && !strings.HasPrefix(s.Runbook, "https://") && !strings.HasPrefix(s.Runbook, "http://"):
		return invalid("settings.runbook_url", "it begins with https:// or http://")
	}
	return nil
}

var methods = []string{"", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead}

func (s *Step) checkRequest(where string) error {
	switch {
	case !slices.Contains(methods, s.Method):
		return invalid(where+".method", "%q is not a method that can be sent", s.Method)
	case s.URL == "":
		return invalid(where+".url", "it is missing")
	case s.Account == nil && !strings.HasPrefix(s.URL, "https://") && !strings.HasPrefix(s.URL, "http://") && !strings.HasPrefix(s.URL, "{{"):
		return invalid(where+".url", "without an account it begins with https:// or http://")
	case s.Account == nil:
		return nil
	}
	return s.Account.check(where, true)
}

// check checks whose account a step uses; named says that a user's is named by
// its app here.
func (a *Account) check(where string, named bool) error {
	switch {
	case a.Of == OfUser && (named && a.App == "" || a.ID != ""):
		return invalid(where+".account", "an account of the user is named by app")
	case a.Of == OfProject && a.ID == "":
		return invalid(where+".account", "an account of the project is named by id")
	case a.Of != OfUser && a.Of != OfProject:
		return invalid(where+".account.of", "%q is not user or project", a.Of)
	}
	return nil
}
