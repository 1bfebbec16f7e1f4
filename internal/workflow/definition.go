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

	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

const (
	maxName  = 120
	maxSteps = 100
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
	if d.Trigger.Auth == "" {
		d.Trigger.Auth = AuthOAuth
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
	t := d.Trigger
	switch {
	case t.Type != "http":
		return invalid("trigger.type", "%q is not a kind of trigger; http is", t.Type)
	case !slices.Contains([]string{AuthNone, AuthBearer, AuthOAuth}, t.Auth):
		return invalid("trigger.auth", "%q is not none, bearer or oauth", t.Auth)
	case !slices.Contains([]string{"", "development", "production"}, t.Environment):
		return invalid("trigger.environment", "%q is not development or production", t.Environment)
	case len(d.Steps) == 0 || len(d.Steps) > maxSteps:
		return invalid("steps", "a workflow has 1 to %d steps", maxSteps)
	}
	seen := map[string]bool{}
	for i := range d.Steps {
		s := &d.Steps[i]
		where := fmt.Sprintf("steps[%d]", i)
		if !stepName.MatchString(s.Name) {
			return invalid(where+".name", "%q does not match %s", s.Name, stepName)
		}
		if seen[s.Name] {
			return invalid(where+".name", "%q is the name of an earlier step", s.Name)
		}
		seen[s.Name] = true
		if err := s.check(where); err != nil {
			return err
		}
	}
	return nil
}

func (s *Step) check(where string) error {
	texts := map[string]string{"url": s.URL, "if": s.If, "body": string(s.Body)}
	for k, v := range s.Headers {
		texts["headers."+k] = v
	}
	for k, v := range s.Query {
		texts["query."+k] = fmt.Sprint(v)
	}
	for field, text := range texts {
		if field == "body" {
			continue // JSON, whose strings are checked one by one below
		}
		if err := language.Check(text); err != nil {
			return invalid(where+"."+field, "%s", err)
		}
	}
	if err := checkJSON(s.Body); err != nil {
		return invalid(where+".body", "%s", err)
	}
	switch s.Type {
	case HTTPRequest:
		return s.checkRequest(where)
	case Filter:
		if !expression.IsHole(s.If) {
			return invalid(where+".if", "a filter needs an expression in {{ }}")
		}
	case Respond:
		if s.Status != 0 && (s.Status < 200 || s.Status > 599) {
			return invalid(where+".status", "%d is not a status from 200 to 599", s.Status)
		}
	default:
		return invalid(where+".type", "%q is not http_request, filter or respond", s.Type)
	}
	if s.Account != nil {
		return invalid(where+".account", "a step of type %s uses no account", s.Type)
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
	case s.Account.Of == OfUser && (s.Account.App == "" || s.Account.ID != ""):
		return invalid(where+".account", "an account of the user is named by app")
	case s.Account.Of == OfProject && s.Account.ID == "":
		return invalid(where+".account", "an account of the project is named by id")
	case s.Account.Of != OfUser && s.Account.Of != OfProject:
		return invalid(where+".account.of", "%q is not user or project", s.Account.Of)
	}
	return nil
}
