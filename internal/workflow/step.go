package workflow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// What a step may ask for.
const (
	maxCode     = 512 << 10 // bytes
	maxTimeout  = 300       // seconds
	maxAttempts = 10
	minWait     = time.Millisecond
)

// LongestWait is for how long a run can wait.
const LongestWait = 366 * 24 * time.Hour

func (s *Step) check(where string) error {
	if err := s.checkTexts(where); err != nil {
		return err
	}
	if err := s.checkFailure(where); err != nil {
		return err
	}
	switch s.Type {
	case HTTPRequest:
		return s.checkRequest(where)
	case Action:
		return s.checkAction(where)
	}
	if s.Account != nil {
		return invalid(where+".account", "a step of type %s uses no account", s.Type)
	}
	switch s.Type {
	case Filter:
		if !expression.IsHole(s.If) {
			return invalid(where+".if", "a filter needs an expression in {{ }}")
		}
	case Respond:
		if s.Status != 0 && (s.Status < 200 || s.Status > 599) {
			return invalid(where+".status", "%d is not a status from 200 to 599", s.Status)
		}
	case Code:
		return s.checkCode(where)
	case Delay:
		return s.checkDelay(where)
	case End:
	case If, Switch, Parallel, ForEach:
		return s.checkBlock(where)
	case State:
		return s.checkState(where)
	case Emit:
		return s.checkEmit(where)
	case Suspend:
		return s.checkSuspend(where)
	case CallWorkflow, EachUser:
		return s.checkCall(where)
	default:
		return invalid(where+".type", "%q is not http_request, action, code, filter, delay, respond, end, if, switch, parallel, for_each, state, emit, suspend, call_workflow or for_each_user", s.Type)
	}
	return nil
}

// checkTexts checks all that expressions may stand in. Code is none of it.
func (s *Step) checkTexts(where string) error {
	texts := map[string]string{"url": s.URL, "if": s.If, "for": s.For, "until": s.Until, "items": s.Items}
	for k, v := range s.Headers {
		texts["headers."+k] = v
	}
	for k, v := range s.Query {
		texts["query."+k] = fmt.Sprint(v)
	}
	for k, v := range s.Env {
		texts["env."+k] = v
	}
	more, documents := s.signalTexts()
	maps.Copy(texts, more)
	for field, text := range texts {
		if err := language.Check(text); err != nil {
			return invalid(where+"."+field, "%s", err)
		}
	}
	documents["body"], documents["props"], documents["fallback"] = s.Body, s.Props, s.Fallback
	for field, doc := range documents {
		if err := checkJSON(doc); err != nil {
			return invalid(where+"."+field, "%s", err)
		}
	}
	return nil
}

func (s *Step) checkFailure(where string) error {
	switch {
	case !slices.Contains(failBy, s.OnError):
		return invalid(where+".on_error", "%q is not fail, continue, goto or fallback", s.OnError)
	case s.Timeout < 0 || s.Timeout > maxTimeout:
		return invalid(where+".timeout_seconds", "it is a number from 1 to %d", maxTimeout)
	case s.Timeout != 0 && !slices.Contains([]string{HTTPRequest, Action, Code}, s.Type):
		return invalid(where+".timeout_seconds", "a step of type %s has none", s.Type)
	}
	if s.Retry != nil && !slices.Contains([]string{HTTPRequest, Action, Code}, s.Type) {
		return invalid(where+".retry", "a step of type %s is not tried again", s.Type)
	}
	return s.Retry.check(where + ".retry")
}

func (s *Step) checkAction(where string) error {
	if s.Component == "" || strings.Contains(s.Component, "{{") {
		return invalid(where+".component", "it is the key of an action, such as slack-send-message")
	}
	if len(s.Props) > 0 && s.Props[0] != '{' {
		return invalid(where+".props", "it is an object")
	}
	if s.Account == nil {
		return nil // the user's, if the action takes one
	}
	if s.Account.App != "" && s.Account.Of == OfUser {
		return invalid(where+".account.app", "the action says of which app the account is")
	}
	return s.Account.check(where, false)
}

func (s *Step) checkCode(where string) error {
	switch {
	case !slices.Contains([]string{"node", "python", "go", "bash"}, s.Language):
		return invalid(where+".language", "%q is not node, python, go or bash", s.Language)
	case strings.TrimSpace(s.Code) == "":
		return invalid(where+".code", "it is missing")
	case len(s.Code) > maxCode:
		return invalid(where+".code", "code has at most %d KiB", maxCode>>10)
	}
	return nil
}

func (s *Step) checkDelay(where string) error {
	switch {
	case (s.For == "") == (s.Until == ""):
		return invalid(where, "a delay has either for or until")
	case s.For != "" && !strings.Contains(s.For, "{{"):
		if _, err := Duration(s.For); err != nil {
			return invalid(where+".for", "%s", err)
		}
	case s.Until != "" && !strings.Contains(s.Until, "{{"):
		if _, err := time.Parse(time.RFC3339, s.Until); err != nil {
			return invalid(where+".until", "it is a time such as 2026-01-31T08:00:00Z")
		}
	}
	return nil
}

// Duration reads how long a step waits: a number of seconds, or a number with a
// unit (ms, s, m, h, d) or several, such as 1h30m; 1 ms to 366 days.
func Duration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	days, rest, found := strings.Cut(text, "d")
	var d time.Duration
	if n, err := strconv.ParseFloat(days, 64); found && err == nil {
		d, text = time.Duration(n*float64(24*time.Hour)), rest
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		d += time.Duration(seconds * float64(time.Second))
	} else if text != "" || !found {
		more, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time such as 90s, 2h or 3d", text)
		}
		d += more
	}
	if d < minWait || d > LongestWait {
		return 0, errors.New("a wait is between 1 ms and 366 days")
	}
	return d, nil
}

// GoesOn reports whether the run goes on when the step has failed.
func (s *Step) GoesOn() bool {
	return s.OnError == OnErrorContinue || s.OnError == OnErrorGoto || s.OnError == OnErrorFallback
}

// FailsTo returns where in its list the step is with which the run goes on when
// this one has failed; -1 = the next one.
func (s *Step) FailsTo(list []Step) int {
	if s.OnError != OnErrorGoto {
		return -1
	}
	return slices.IndexFunc(list, func(t Step) bool { return t.Name == s.Goto })
}
