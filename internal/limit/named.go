package limit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// The limits that are published, by their names.
const (
	ConnectTokens = "connect_tokens"
	Accounts      = "accounts"
	Components    = "components"
	Actions       = "actions"
	Proxy         = "proxy"
)

// Named is a published limit.
type Named struct {
	Name, Title string
	PerUser     bool // or of a project
	Default     Rate // that servers ship with
}

// Published are all of them, in the order in which they are shown.
var Published = []Named{
	{ConnectTokens, "Connect tokens", true, Rate{100, time.Minute}},
	{Accounts, "Reading and deleting accounts", false, Rate{2000, 5 * time.Minute}},
	{Components, "Reading components", false, Rate{3000, 5 * time.Minute}},
	{Actions, "Running actions, and questions about their props", false, Rate{2000, 5 * time.Minute}},
	{Proxy, "Calls through the proxy", false, Rate{1000, 5 * time.Minute}},
}

// ErrRate is returned for a text that is no rate.
var ErrRate = fault.New(fault.Invalid, "rate", "A rate is a number of requests and a window of a second to a day, such as 1000/5m, or none.").At("rate")

// None is the text of the zero Rate.
const None = "none"

// The most that a rate may say.
const (
	mostRequests = 1_000_000
	mostWindow   = 24 * time.Hour
)

// ParseRate reads requests/window, or none.
func ParseRate(text string) (Rate, error) {
	if text == None {
		return Rate{}, nil
	}
	count, window, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	d, derr := time.ParseDuration(window)
	if err != nil || derr != nil || n < 1 || n > mostRequests || d < time.Second || d > mostWindow {
		return Rate{}, ErrRate
	}
	return Rate{Requests: n, Window: d}, nil
}

// String is the text that ParseRate reads.
func (r Rate) String() string {
	if r.Requests <= 0 {
		return None
	}
	return fmt.Sprintf("%d/%ds", r.Requests, int(r.Window.Seconds()))
}

// MarshalText writes a rate as its text.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads it again.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

// Below reports whether a rate lets less through than another. No limit is below none.
func (r Rate) Below(o Rate) bool {
	if r.Requests <= 0 || o.Requests <= 0 {
		return r.Requests > 0
	}
	return float64(r.Requests)/r.Window.Seconds() < float64(o.Requests)/o.Window.Seconds()
}
