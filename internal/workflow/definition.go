package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxName        = 120
	maxDescription = 4000
	maxSteps       = 100
	maxTriggers    = 20
	maxAccounts    = 50
	maxReason      = 500 // why an account is needed
)

var key = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

var stepName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// decode reads a definition as JSON and fills its defaults in.
func decode(src []byte) (*Definition, error) {
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
		d.Triggers[i].complete()
	}
	d.Schema = ""
	return &d, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(line, "json: ")
}

// check returns the rules that the definition breaks, joined; of each step and
// each trigger the first.
func (d *Definition) check() error {
	var errs []error
	if n := utf8.RuneCountInString(d.Name); n == 0 || n > maxName {
		errs = append(errs, invalid("name", "a name has 1 to %d characters", maxName))
	}
	if d.Key != "" && !key.MatchString(d.Key) {
		errs = append(errs, invalid("key", "%q does not match %s", d.Key, key))
	}
	if utf8.RuneCountInString(d.Description) > maxDescription {
		errs = append(errs, invalid("description", "it has at most %d characters", maxDescription))
	}
	errs = append(errs, d.checkAccounts(), d.checkTriggers(), d.Settings.check())
	if errors.Join(errs...) == nil {
		errs = append(errs, d.checkDue())
	}
	if len(d.Steps) == 0 || len(d.Steps) > maxSteps {
		return errors.Join(append(errs, invalid("steps", "a workflow has 1 to %d steps", maxSteps))...)
	}
	errs = append(errs, checkList(d.Steps, "steps", 1, map[string]bool{}))
	return errors.Join(append(errs, d.checkViews())...)
}

func (d *Definition) checkAccounts() error {
	if len(d.Accounts) > maxAccounts {
		return invalid("accounts", "there are at most %d", maxAccounts)
	}
	for _, alias := range slices.Sorted(maps.Keys(d.Accounts)) {
		switch n := d.Accounts[alias]; {
		case !stepName.MatchString(alias):
			return invalid("accounts."+alias, "%q does not match %s", alias, stepName)
		case !appSlug.MatchString(n.App):
			return invalid("accounts."+alias+".app", "it is the name of an app, such as slack")
		case utf8.RuneCountInString(n.Description) > maxReason:
			return invalid("accounts."+alias+".description", "it has at most %d characters", maxReason)
		}
	}
	return nil
}

func (s *Settings) check() error {
	switch {
	case s == nil:
		return nil
	case utf8.RuneCountInString(s.Owner) > maxName:
		return invalid("settings.owner", "it has at most %d characters", maxName)
	case !slices.Contains([]string{"", StoreAll, StoreErrors, StoreNone}, s.Store):
		return invalid("settings.store", "%q is not all, errors or none", s.Store)
	case s.Runbook != "" && !strings.HasPrefix(s.Runbook, "https://") && !strings.HasPrefix(s.Runbook, "http://"):
		return invalid("settings.runbook_url", "it begins with https:// or http://")
	}
	if err := s.checkFailures(); err != nil {
		return err
	}
	return s.Queue.check()
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
	case a.Of == OfUser && (named && a.App == "" || a.ID != "" || a.Alias != ""):
		return invalid(where+".account", "an account of the user is named by app")
	case a.Of == OfProject && (a.ID == "") == (a.Alias == ""):
		return invalid(where+".account", "an account of the project is named by alias, or by id")
	case a.Of != OfUser && a.Of != OfProject:
		return invalid(where+".account.of", "%q is not user or project", a.Of)
	}
	return nil
}
