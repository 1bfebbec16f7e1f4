package webhook

import (
	"fmt"
	"log/slog"
	"math/bits"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// A breaker stands before each endpoint. It opens when five sends in a row
// failed, or half of the last twenty, or when the receiver asks for a pause;
// then nothing is sent. When its time is over one delivery tries, without
// using up an attempt. That it succeeds closes the breaker, and the receiver
// gets one delivery at a time, then two, four, and as many as before.

// Breaker is whether an endpoint is sent to.
type Breaker string

// The states of a breaker. One that is open, and whose time is over, lets one
// delivery through.
const (
	Closed Breaker = "closed"
	Open   Breaker = "open"
)

// Why an endpoint was disabled.
const (
	ReasonGone    = "gone"    // its receiver answered 410
	ReasonFailing = "failing" // nothing arrived for days
)

const (
	inARow    = 5
	window    = 20
	pauseMin  = 30 * time.Second
	pauseMax  = 5 * time.Minute
	givenUpIn = 5 * 24 * time.Hour // without one success, and
	givenUpAt = 20                 // at least so many failures
)

// Status is how an endpoint is, in a word: active, paused or disabled.
func (e *Endpoint) Status() string {
	switch {
	case e.DisabledAt != nil:
		return "disabled"
	case e.Breaker == Open:
		return "paused"
	default:
		return "active"
	}
}

// BreakerState is how the breaker stands now: closed, open or half_open.
func (e *Endpoint) BreakerState(now time.Time) string {
	if e.Breaker == Open && !e.blocked(now) {
		return "half_open"
	}
	return string(e.Breaker)
}

// blocked reports whether nothing may be sent at this moment.
func (e *Endpoint) blocked(now time.Time) bool {
	return e.OpenUntil != nil && now.Before(*e.OpenUntil)
}

// probing reports whether one delivery is to find out how the receiver is.
func (e *Endpoint) probing() bool { return e.Breaker == Open }

// width is how many deliveries may be under way.
func (e *Endpoint) width() int {
	if e.probing() {
		return 1
	}
	return e.Room
}

// hear takes the outcomes of one claim into account.
func (e *Endpoint) hear(outcomes []outcome, now time.Time) {
	good, probe := 0, false
	var pause time.Duration
	for i := range outcomes {
		o := &outcomes[i]
		failed := o.State != Delivered
		e.Recent = e.Recent<<1&(1<<window-1) | bit(failed)
		e.RecentCount = min(e.RecentCount+1, window)
		if !failed {
			good++
			continue
		}
		e.Failures++
		probe = probe || o.probe
		if o.Status != nil && (*o.Status == http.StatusTooManyRequests || *o.Status == http.StatusServiceUnavailable) {
			pause = max(pause, o.wish)
		}
	}
	switch {
	case good > 0:
		e.FailingSince, e.Failures, e.LastSuccessAt = nil, 0, &now
	case e.FailingSince == nil:
		e.FailingSince = &now
	}
	switch {
	case e.probing() && good > 0:
		e.Breaker, e.OpenUntil, e.OpenLevel, e.Recent, e.RecentCount, e.Room = Closed, nil, 0, 0, 0, 1
	case e.probing() && !probe: // these were under way when it opened
	case e.probing() || pause > 0 || e.tripped():
		e.open(now, pause)
	case good == len(outcomes):
		e.Room = min(e.Room*2, e.Concurrency)
	}
}

func (e *Endpoint) tripped() bool {
	const last = 1<<inARow - 1
	return e.RecentCount >= inARow && e.Recent&last == last || e.RecentCount == window && bits.OnesCount(uint(e.Recent)) >= window/2
}

func (e *Endpoint) open(now time.Time, pause time.Duration) {
	if pause == 0 {
		pause = min(pauseMin<<min(e.OpenLevel, 8), pauseMax)
		pause = time.Duration(float64(pause) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // jitter, not a secret
	}
	until := now.Add(pause)
	e.Breaker, e.OpenUntil, e.OpenLevel = Open, &until, e.OpenLevel+1
}

// renewed forgets what was known of the receiver: its address was set anew.
func renewed(url string, now time.Time) map[string]any {
	return map[string]any{
		"url": url, "updated_at": now, "disabled_at": nil, "disabled_reason": nil, "breaker": Closed, "open_until": nil, "open_level": 0,
		"recent": 0, "recent_count": 0, "room": gorm.Expr("concurrency"), "failing_since": nil, "failures": 0, "warned": 0,
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// judge writes down what the outcomes say of a locked endpoint, and tells of it:
// it returns the endpoints that hear. One whose receiver says that it is no more,
// or that failed for days, is disabled: its deliveries wait until it is enabled.
func (s *Service) judge(b *db.Batch, scope tenant.Scope, e *Endpoint, outcomes []outcome, now time.Time) ([]string, error) {
	outcomes = slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return o.ours })
	if len(outcomes) == 0 {
		return nil, nil
	}
	before := *e
	e.hear(outcomes, now)
	why := ""
	for _, o := range outcomes {
		if o.Status != nil && *o.Status == http.StatusGone {
			why = ReasonGone
		}
	}
	if why == "" && e.FailingSince != nil && e.Failures >= givenUpAt && now.Sub(*e.FailingSince) >= givenUpIn {
		why = ReasonFailing
	}
	if why != "" && e.DisabledAt == nil {
		e.DisabledAt, e.DisabledReason = &now, &why
		slog.Warn("webhook disabled", "endpoint", e.ID, "reason", why)
	}
	if before.Breaker != e.Breaker {
		s.Metrics.Breakers.WithLabelValues(string(e.Breaker)).Inc()
	}
	if before.LastSuccessAt != nil && e.LastSuccessAt != nil && now.Sub(*before.LastSuccessAt) < time.Second {
		e.LastSuccessAt = before.LastSuccessAt // exact enough, and a row that is not written anew for each send
	}
	news := e.news(&before, now)
	given := slices.ContainsFunc(outcomes, func(o outcome) bool { return o.State == Exhausted })
	changed := !reflect.DeepEqual(before, *e)
	if !changed && !given {
		return nil, nil
	}
	tx, err := b.Gorm()
	if err != nil {
		return nil, err
	}
	if changed {
		if err := remember(tx, e); err != nil {
			return nil, err
		}
	}
	if len(news) == 0 && !given {
		return nil, nil
	}
	return s.announce(tx, scope, e, news, outcomes, now)
}

func remember(tx *gorm.DB, e *Endpoint) error {
	err := tx.Model(e).Select("Breaker", "OpenUntil", "OpenLevel", "Recent", "RecentCount", "Room", "FailingSince", "Failures", "LastSuccessAt", "Warned", "Told", "DisabledAt", "DisabledReason").UpdateColumns(e).Error
	if err != nil {
		return fmt.Errorf("update webhook: %w", err)
	}
	return nil
}
