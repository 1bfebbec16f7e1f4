package workflow

import (
	"errors"
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// What blocks may hold.
const (
	maxDepth       = 16
	maxConcurrency = 100
	maxBranches    = 50
)

var failBy = []string{"", OnErrorFail, OnErrorContinue, OnErrorGoto, OnErrorFallback}

// checkList checks the steps of a list, and those within them; of each step the
// first rule that it breaks. seen has the names that are taken.
func checkList(steps []Step, where string, depth int, seen map[string]bool) error {
	if depth > maxDepth {
		return invalid(where, "blocks stand in each other at most %d deep", maxDepth)
	}
	var errs []error
	for i := range steps {
		s := &steps[i]
		at := fmt.Sprintf("%s[%d]", where, i)
		err := s.checkName(at, seen)
		if err == nil && s.OnError == OnErrorGoto && s.FailsTo(steps) <= i {
			err = invalid(at+".goto", "%q is no later step of the same list", s.Goto)
		}
		if err == nil {
			err = s.check(at)
		}
		errs = append(errs, err, s.checkWithin(at, depth, seen))
	}
	return errors.Join(errs...)
}

func (s *Step) checkName(where string, seen map[string]bool) error {
	switch {
	case !stepName.MatchString(s.Name):
		return invalid(where+".name", "%q does not match %s", s.Name, stepName)
	case seen[s.Name]:
		return invalid(where+".name", "%q is the name of an earlier step", s.Name)
	}
	if seen[s.Name] = true; len(seen) == maxSteps+1 {
		return invalid("steps", "a workflow has 1 to %d steps", maxSteps)
	}
	return nil
}

// checkWithin checks the lists within a step.
func (s *Step) checkWithin(where string, depth int, seen map[string]bool) error {
	var errs []error
	for _, list := range s.Lists() {
		errs = append(errs, checkList(list.Steps, where+list.Where, depth+1, seen))
	}
	return errors.Join(errs...)
}

// checkBlock checks what a block says of itself.
func (s *Step) checkBlock(where string) error {
	switch s.Type {
	case If:
		if !expression.IsHole(s.If) {
			return invalid(where+".if", "it needs an expression in {{ }}")
		}
	case Switch:
		if len(s.Cases) == 0 || len(s.Cases) > maxBranches {
			return invalid(where+".cases", "a switch has 1 to %d cases", maxBranches)
		}
		for i := range s.Cases {
			if !expression.IsHole(s.Cases[i].If) {
				return invalid(fmt.Sprintf("%s.cases[%d].if", where, i), "it needs an expression in {{ }}")
			}
			if err := language.Check(s.Cases[i].If); err != nil {
				return invalid(fmt.Sprintf("%s.cases[%d].if", where, i), "%s", err)
			}
		}
	case Parallel:
		return s.checkBranches(where)
	case ForEach:
		switch {
		case !expression.IsHole(s.Items):
			return invalid(where+".items", "it needs an expression in {{ }} that gives a list")
		case s.Concurrency < 0 || s.Concurrency > maxConcurrency:
			return invalid(where+".concurrency", "it is a number from 1 to %d", maxConcurrency)
		case !slices.Contains([]string{"", OnErrorFail, OnErrorContinue}, s.OnItemError):
			return invalid(where+".on_item_error", "%q is not fail or continue", s.OnItemError)
		case len(s.Steps) == 0:
			return invalid(where+".steps", "it has none")
		}
	}
	return nil
}

func (s *Step) checkBranches(where string) error {
	if len(s.Branches) == 0 || len(s.Branches) > maxBranches {
		return invalid(where+".branches", "parallel has 1 to %d branches", maxBranches)
	}
	seen := map[string]bool{}
	for i := range s.Branches {
		b, at := &s.Branches[i], fmt.Sprintf("%s.branches[%d]", where, i)
		switch {
		case !stepName.MatchString(b.Name):
			return invalid(at+".name", "%q does not match %s", b.Name, stepName)
		case seen[b.Name]:
			return invalid(at+".name", "%q is the name of an earlier branch", b.Name)
		case b.If != "" && !expression.IsHole(b.If):
			return invalid(at+".if", "it needs an expression in {{ }}")
		}
		if err := language.Check(b.If); err != nil {
			return invalid(at+".if", "%s", err)
		}
		seen[b.Name] = true
	}
	return nil
}
