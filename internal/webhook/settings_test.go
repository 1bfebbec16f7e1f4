package webhook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// A lone star is everything but what is told of the platform itself, which is
// heard of by its name or by its beginning.
func TestHears(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		patterns  []string
		eventType string
		want      bool
	}{
		"everything":                    {[]string{"*"}, event.AccountDead, true},
		"everything, of the platform":   {[]string{"*"}, event.EndpointFailing, false},
		"everything, of a type unheard": {[]string{"*"}, "x", true},
		"a name":                        {[]string{event.AccountDead}, event.AccountDead, true},
		"another name":                  {[]string{event.AccountDead}, event.AccountDeleted, false},
		"a name of the platform":        {[]string{event.EndpointFailing}, event.EndpointFailing, true},
		"a beginning":                   {[]string{"ACCOUNT_*"}, event.AccountDead, true},
		"another beginning":             {[]string{"ACCOUNT_*"}, event.OAuthAppSuspended, false},
		"a beginning of the platform":   {[]string{"ENDPOINT_*"}, event.EndpointDisabled, true},
		"one of several":                {[]string{"ACCOUNT_*", event.TriggerEmitted}, event.TriggerEmitted, true},
		"a star is no pattern inside":   {[]string{"A*D"}, event.AccountDead, false},
		"nothing":                       {nil, event.AccountDead, false},
	}
	for name, tt := range tests {
		if got := webhook.Hears(tt.patterns, tt.eventType); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Settings are checked at their edges, and say by their code which is at fault.
func TestSettingsCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*webhook.Settings)
		code   string // "" = all is well
	}{
		"the usual":                    {func(*webhook.Settings) {}, ""},
		"the longest description":      {func(s *webhook.Settings) { s.Description = strings.Repeat("ü", 500) }, ""},
		"one over it":                  {func(s *webhook.Settings) { s.Description = strings.Repeat("ü", 501) }, "description"},
		"no types":                     {func(s *webhook.Settings) { s.EventTypes = nil }, "event_types"},
		"a type of nobody":             {func(s *webhook.Settings) { s.EventTypes = []string{"*", "ACCOUNT_LOST"} }, "event_types"},
		"a beginning of nothing":       {func(s *webhook.Settings) { s.EventTypes = []string{"LOST_*"} }, "event_types"},
		"a beginning":                  {func(s *webhook.Settings) { s.EventTypes = []string{"ENDPOINT_*"} }, ""},
		"a payload of nobody":          {func(s *webhook.Settings) { s.Payload = "xml" }, "payload"},
		"no signature":                 {func(s *webhook.Settings) { s.Signatures = nil }, "signatures"},
		"a signature of nobody":        {func(s *webhook.Settings) { s.Signatures = []webhook.Scheme{"md5"} }, "signatures"},
		"one signature":                {func(s *webhook.Settings) { s.Signatures = []webhook.Scheme{webhook.Standard} }, ""},
		"the shortest timeout":         {func(s *webhook.Settings) { s.TimeoutMs = 1000 }, ""},
		"under it":                     {func(s *webhook.Settings) { s.TimeoutMs = 999 }, "timeout_ms"},
		"the longest timeout":          {func(s *webhook.Settings) { s.TimeoutMs = 30_000 }, ""},
		"over it":                      {func(s *webhook.Settings) { s.TimeoutMs = 30_001 }, "timeout_ms"},
		"one at once":                  {func(s *webhook.Settings) { s.Concurrency = 1 }, ""},
		"none at once":                 {func(s *webhook.Settings) { s.Concurrency = 0 }, "concurrency"},
		"64 at once":                   {func(s *webhook.Settings) { s.Concurrency = 64 }, ""},
		"65 at once":                   {func(s *webhook.Settings) { s.Concurrency = 65 }, "concurrency"},
		"an order":                     {func(s *webhook.Settings) { s.Ordering, s.OnExhausted = webhook.BySubject, webhook.Skip }, ""},
		"an order of nobody":           {func(s *webhook.Settings) { s.Ordering = "time" }, "ordering"},
		"an order by a field":          {func(s *webhook.Settings) { s.Ordering, s.OrderingPath = webhook.ByField, "/body/id" }, ""},
		"a field without a place":      {func(s *webhook.Settings) { s.Ordering = webhook.ByField }, "ordering_path"},
		"a place that is no pointer":   {func(s *webhook.Settings) { s.Ordering, s.OrderingPath = webhook.ByField, "body.id" }, "ordering_path"},
		"a place that is too long":     {func(s *webhook.Settings) { s.Ordering, s.OrderingPath = webhook.ByField, "/"+strings.Repeat("x", 200) }, "ordering_path"},
		"a place without a field":      {func(s *webhook.Settings) { s.Ordering, s.OrderingPath = webhook.ByUser, "/body/id" }, "ordering_path"},
		"no waits":                     {func(s *webhook.Settings) { s.RetryWaits = []int{} }, ""},
		"a policy of nobody":           {func(s *webhook.Settings) { s.OnExhausted = "wait" }, "on_exhausted"},
		"a rate":                       {func(s *webhook.Settings) { s.Rate, s.Burst = 0.01, 1 }, ""},
		"a rate below":                 {func(s *webhook.Settings) { s.Rate, s.Burst = 0.001, 1 }, "rate_per_second"},
		"a rate above":                 {func(s *webhook.Settings) { s.Rate, s.Burst = 10_001, 1 }, "rate_per_second"},
		"a rate below nothing":         {func(s *webhook.Settings) { s.Rate, s.Burst = -1, 1 }, "rate_per_second"},
		"a rate without a burst":       {func(s *webhook.Settings) { s.Rate = 1 }, "burst"},
		"a burst without a rate":       {func(s *webhook.Settings) { s.Burst = 1 }, "burst"},
		"waits":                        {func(s *webhook.Settings) { s.RetryWaits = []int{1, 259_200} }, ""},
		"a wait of nothing":            {func(s *webhook.Settings) { s.RetryWaits = []int{0} }, "retry_waits"},
		"a wait over three days":       {func(s *webhook.Settings) { s.RetryWaits = []int{259_201} }, "retry_waits"},
		"a wait that runs over":        {func(s *webhook.Settings) { s.RetryWaits = []int{1 << 62} }, "retry_waits"},
		"waits of more than a week":    {func(s *webhook.Settings) { s.RetryWaits = []int{259_200, 259_200, 259_200} }, "retry_waits"},
		"more waits than are ever any": {func(s *webhook.Settings) { s.RetryWaits = make([]int, 21) }, "retry_waits"},
	}
	for name, tt := range tests {
		s := webhook.Defaults()
		tt.change(&s)
		switch err := s.Check(); {
		case tt.code == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.code != "" && (err == nil || fault.Of(err).Code != tt.code):
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestOwnHeaders(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 21 {
		many["x-"+strings.Repeat("a", i+1)] = "v"
	}
	tests := map[string]struct {
		headers map[string]string
		ok      bool
	}{
		"none":                     {nil, true},
		"a key":                    {map[string]string{"authorization": "Bearer x", "x-api-key": "y"}, true},
		"a cookie":                 {map[string]string{"Cookie": "a=b"}, true},
		"one too many":             {many, false},
		"an empty value":           {map[string]string{"x-a": ""}, false},
		"a line break":             {map[string]string{"x-a": "b\r\nx-c: d"}, false},
		"a character of no header": {map[string]string{"x-a": "ü"}, false},
		"a name with a space":      {map[string]string{"x a": "b"}, false},
		"no name":                  {map[string]string{"": "b"}, false},
		"a value too long":         {map[string]string{"x-a": strings.Repeat("a", 4001)}, false},
		"the mask":                 {map[string]string{"x-a": webhook.Mask}, false},
		"host":                     {map[string]string{"HOST": "b"}, false},
		"length":                   {map[string]string{"content-length": "3"}, false},
		"type":                     {map[string]string{"content-type": "text/xml"}, false},
		"encoding":                 {map[string]string{"transfer-encoding": "chunked"}, false},
		"ours":                     {map[string]string{"webhook-signature": "v1,x"}, false},
		"ours, too":                {map[string]string{"x-pd-signature": "x"}, false},
		"hops":                     {map[string]string{"x-patchbay-hops": "0"}, false},
		"of proxies":               {map[string]string{"proxy-authorization": "x"}, false},
		"of whom it comes":         {map[string]string{"x-forwarded-for": "10.0.0.1"}, false},
	}
	for name, tt := range tests {
		if err := webhook.CheckHeaders(tt.headers); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A bucket fills with time, up to its burst; a clock that goes back takes nothing.
func TestBucket(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tests := map[string]struct {
		tokens float64
		passed time.Duration
		want   float64
		rest   time.Duration
	}{
		"nothing yet":          {0, 0, 0, 500 * time.Millisecond},
		"one":                  {0, 500 * time.Millisecond, 1, 100 * time.Millisecond},
		"full":                 {0, time.Hour, 4, 0},
		"less than nothing":    {-2, time.Second, 0, 500 * time.Millisecond},
		"a clock that is back": {3, -time.Hour, 3, 100 * time.Millisecond},
	}
	for name, tt := range tests {
		at := now.Add(-tt.passed)
		e := webhook.Endpoint{Settings: webhook.Settings{Rate: 2, Burst: 4}, Tokens: tt.tokens, TokensAt: &at}
		if got, rest := e.InBucket(now), e.Rest(now); got != tt.want || rest != tt.rest {
			t.Errorf("%s: %g and %s, want %g and %s", name, got, rest, tt.want, tt.rest)
		}
	}
}
