// Package provider speaks to the apps of the catalogue as their files say: it
// sends users to sign in, redeems and refreshes tokens, asks who is connected,
// and puts credentials into calls. It keeps nothing.
package provider

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Class is what an error of a provider means for the connection.
type Class string

// The classes. Only Reauth means that the user has to connect again.
const (
	Reauth          Class = "reauth"            // revoked, expired, user gone
	ClientConfig    Class = "client_config"     // the OAuth client is at fault, not the connection
	ScopeLost       Class = "scope_lost"        //
	BlockedByPolicy Class = "blocked_by_policy" // address rules, admin consent
	Throttled       Class = "throttled"         //
	Transient       Class = "transient"         // may work later; nothing was done
	Ambiguous       Class = "ambiguous"         // no answer: whether it was done is not known
	Malformed       Class = "malformed"         // an answer that makes no sense
)

// Refusal is an error answer of a provider, or the lack of one. It holds no
// part of a token.
type Refusal struct {
	Class  Class
	Status int           // 0 = no answer
	Code   string        // the provider's own, such as invalid_grant
	Reason string        // the word of the app's file for it
	After  time.Duration // how long it asks to wait; 0 = not told
	Open   bool          // the request may still be worked on: it was not answered in time
	cause  error
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("provider: %s (status %d, code %q): %v", r.Class, r.Status, r.Code, r.cause)
}

func (r *Refusal) Unwrap() error { return r.cause }

// ClassOf returns the class of an error of this package, or "".
func ClassOf(err error) Class {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Class
	}
	return ""
}

// wrongSecret is the reason that an app's file gives to codes of its own for
// what RFC 6749 calls invalid_client.
const wrongSecret = "client_secret"

// IsWrongSecret reports whether an answer says that the client is not who it
// says, and not merely that the client may not do what it asks for.
func IsWrongSecret(err error) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && r.Class == ClientConfig && (r.Code == "invalid_client" || r.Reason == wrongSecret)
}

// Faults of this package.
var (
	ErrUnsupported = fault.New(fault.Invalid, "auth_unsupported", "This way to sign in is not supported yet.")
	ErrTest        = fault.New(fault.Invalid, "test_request_failed", "Test request failed. Please verify your credentials and try again.")
	ErrNothing     = fault.New(fault.Invalid, "nothing_to_connect", "There is nothing in this account at the app that could be connected.")
	ErrTarget      = fault.New(fault.Invalid, "host_not_allowed", "The URL is not below one of the app's hosts, so it may not receive the account's credential.")
)

// Client makes the calls.
type Client struct {
	HTTP *http.Client // from the egress guard
	Now  func() time.Time
}

// OAuthClient is a client that an operator registered with a provider.
type OAuthClient struct {
	ID, Secret string
	Fields     map[string]string // what else the app asks of an operator
}

// Grant is a credential: tokens by name and part, and what the user typed in.
type Grant struct {
	Tokens    map[string]string // "main.access", "main.refresh", "bot.access" …
	Inputs    map[string]string
	Vars      map[string]string    // what the provider told of where it is, such as instance
	Expires   map[string]time.Time // of access tokens, by name; absent = not told
	Renewable map[string]time.Time // until when refresh tokens can be used, by name; absent = not told
	Scopes    []string             // as granted; nil = not told
}

// Connection is a credential at work: for an app, by one of its methods.
type Connection struct {
	App    *catalog.App
	Auth   *catalog.Auth
	Client OAuthClient
	Vars   map[string]string
	Inputs map[string]string
	Tokens map[string]string
	Answer map[string]string // the provider's callback, while a code is redeemed
	Now    func() time.Time  // of signatures

	values map[string]string // what Values returns, once Settle was called
}

// Settle works out what calls are filled in with, once for many calls. After it
// the connection must not be changed, and may be used by many at a time.
func (c *Connection) Settle() { c.values = c.Values() }

// settled is Values for those who only read.
func (c *Connection) settled() map[string]string {
	if c.values != nil {
		return c.values
	}
	return c.Values()
}

// Values is all that texts of the app's file may speak of.
func (c *Connection) Values() map[string]string {
	out := map[string]string{"client.id": c.Client.ID, "client.secret": c.Client.Secret}
	for name, v := range c.App.Vars {
		switch {
		case v.From == "const":
			out["var."+name] = v.Value
		case v.Default != "":
			out["var."+name] = v.Default
		case v.Optional:
			out["var."+name] = ""
		}
	}
	for k, v := range c.Client.Fields {
		if c.App.Vars[k].From == "client" {
			out["var."+k] = v
		} else {
			out["client."+k] = v
		}
	}
	for k, v := range c.Vars {
		if v != "" {
			out["var."+k] = v
		}
	}
	for k, v := range c.Inputs {
		out["input."+k] = v
	}
	for k, v := range c.Tokens {
		out["token."+k] = v
	}
	for k, v := range c.Answer {
		out["callback."+k] = v
	}
	if user, ok := c.Inputs["username"]; ok {
		out["basic"] = base64.StdEncoding.EncodeToString([]byte(user + ":" + c.Inputs["password"]))
	}
	for name, text := range c.App.Hosts.Production() {
		if host, err := catalog.Expand(text, out); err == nil {
			out["host."+name] = host
		}
	}
	return out
}

func expandAll(texts, values map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(texts))
	for k, text := range texts {
		v, err := catalog.Expand(text, values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		if v != "" || text == "" {
			out[k] = v // what was to be left out when empty is
		}
	}
	return out, nil
}
