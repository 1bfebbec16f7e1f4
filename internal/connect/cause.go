package connect

import (
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Cause is the family of a failure, for which the hosted page has words of its
// own in each language.
type Cause string

// The causes.
const (
	Expired   Cause = "expired"   // the link or the session is no good any more
	Setup     Cause = "setup"     // the customer has to mend it
	Denied    Cause = "denied"    // the user did not allow it, or not all of it
	Provider  Cause = "provider"  // the app did not do its part
	Input     Cause = "input"     // what the user typed in or chose
	Gone      Cause = "gone"      // the connection that was meant is not there any more, or is not this user's
	Limit     Cause = "limit"     // there are as many as there may be
	Cancelled Cause = "cancelled" // the user gave up
	Trouble   Cause = "trouble"   // ours, or nobody knows
)

// causes of codes. What is not here is told by the kind of the fault.
var causes = map[string]Cause{
	"token_expired": Expired, "connect_token_invalid": Expired, "connect_session_expired": Expired,
	"app_not_found": Setup, "no_oauth_app": Setup, "oauth_app_not_found": Setup, "oauth_app_method": Setup, "oauth_app_suspended": Setup, "auth_method": Setup,
	"other_app": Setup, "scope_profile": Setup, "not_key_based": Setup, "permission": Setup,
	"oauth_denied": Denied, "scopes_refused": Denied,
	"oauth_exchange_failed": Provider, "provider_not_ready": Provider, "upstream_unreachable": Provider, "installation_pending": Provider,
	"test_request_failed": Input, "other_identity": Input,
	"account_not_found": Gone, "user_limit": Limit, "user_cancelled": Cancelled, "connection_failed": Trouble,
}

// CauseOf returns the family of a failure.
func CauseOf(f *fault.Error) Cause {
	switch cause, known := causes[f.Code]; {
	case known:
		return cause
	case strings.HasPrefix(f.Code, "app_override"):
		return Setup
	case f.Kind == fault.RateLimited:
		return Limit
	case f.Kind == fault.Unavailable, f.Kind == fault.Timeout:
		return Provider
	case f.Kind == fault.Internal:
		return Trouble
	default:
		return Input
	}
}

// Retry reports whether the same try may help, as things are.
func (c Cause) Retry(f *fault.Error) bool {
	switch c {
	case Expired:
		return f.Code == ErrSession.Code
	case Setup, Gone:
		return false
	case Limit:
		return f.Kind == fault.RateLimited
	default:
		return true
	}
}
