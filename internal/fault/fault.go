// Package fault holds the one error type that is meant to be read by a caller.
//
// A fault says what went wrong in words that are safe to show and in a code
// that a program can branch on. Any other error is an outage or a bug: it is
// wrapped with fmt.Errorf and %w, logged once at the edge, and shown to the
// client as "internal".
package fault

import (
	"errors"
	"fmt"
	"maps"
)

// Kind is the family of a fault. Each edge (HTTP, queue, MCP) maps kinds, never codes.
type Kind string

// The kinds. A new one needs a line in every edge's table, so there are few.
const (
	Invalid         Kind = "invalid"
	Unauthenticated Kind = "unauthenticated"
	Forbidden       Kind = "forbidden"
	NotFound        Kind = "not_found"
	Gone            Kind = "gone" // it was there, and is over
	Conflict        Kind = "conflict"
	RateLimited     Kind = "rate_limited"
	TooLarge        Kind = "too_large"
	NotAllowed      Kind = "not_allowed" // the method
	Unavailable     Kind = "unavailable"
	Timeout         Kind = "timeout" // of somebody we asked
	Internal        Kind = "internal"
)

// Error is a fault. Two faults are the same to errors.Is when their codes are.
type Error struct {
	Kind    Kind
	Code    string         // stable, for programs: "workflow_inactive"
	Message string         // one sentence, for people; never holds a secret
	Details map[string]any // more for programs; neither does this
	cause   error
}

// New makes a fault. Declare it as a package variable beside the type it speaks of.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because returns a copy that keeps err for the log and shows nothing of it.
func (e *Error) Because(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// With returns a copy that tells programs more.
func (e *Error) With(details map[string]any) *Error {
	c := *e
	c.Details = maps.Clone(e.Details)
	if c.Details == nil {
		c.Details = map[string]any{}
	}
	maps.Copy(c.Details, details)
	return &c
}

// At returns a copy that names the field of the request that it is about, with
// dots to what is within it, so that a form can say it there.
func (e *Error) At(field string) *Error { return e.With(map[string]any{"field": field}) }

func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + " (" + e.cause.Error() + ")"
}

func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a fault with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

var internal = New(Internal, "internal", "Something went wrong on our side.")

// Of returns the fault in err's chain. An error without one is an internal fault.
func Of(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return internal.Because(err)
}
